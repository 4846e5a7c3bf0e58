// SocketClient: a Redis client that waits. One connection, bytes out, replies in.
//
// It is made for tests that talk to a server process: every wait has a deadline, and running into
// it is an error like a broken connection, so that a server that hangs fails a test instead of
// hanging it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "net/base/types.h"
#include "net/resp/reply_parser.h"
#include "net/resp/reply_value.h"

namespace holdfast {

// `arguments` as the array of bulks that clients send.
std::string EncodeRequest(absl::Span<const std::string> arguments);

class SocketClient {
 public:
  static constexpr Nanos kDefaultTimeout = Seconds(10);

  // 127.0.0.1.
  static absl::StatusOr<std::unique_ptr<SocketClient>> Connect(int port);
  ~SocketClient();
  SocketClient(const SocketClient&) = delete;
  SocketClient& operator=(const SocketClient&) = delete;

  // Sends all bytes. A connection that the server closed is no error here; reading shows it.
  absl::Status Send(absl::string_view bytes);
  // The next reply or push. nullopt: the server closed the connection between two replies.
  // DeadlineExceeded: nothing whole came in time; a later call may still get it.
  absl::StatusOr<absl::optional<ReplyValue>> Read(Nanos timeout = kDefaultTimeout);
  // Sends one request and reads one reply; a closed connection is an error.
  absl::StatusOr<ReplyValue> Call(const std::vector<std::string>& arguments);

 private:
  explicit SocketClient(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
  ReplyParser parser_;
};

}  // namespace holdfast
