// ReplyParser: bytes from a server -> ReplyValue trees, RESP2 and RESP3 alike.
//
// Bytes are fed in pieces cut anywhere; whole replies come out in order. Aggregates under way stand
// on a stack, outermost first, each with the number of elements it still waits for:
//
//   *2\r\n  $3\r\nfoo\r\n  *3\r\n  :1\r\n  :2\r\n          stack: [array, 1 left] [array, 1 left]
//
// 1. A frame is taken off the bytes when it is whole, so that each is parsed once.
// 2. Nesting is bounded by limits::kReplyDepthMax, a bulk by limits::kBulkMaxDefault, and memory by
//    the bytes received: announced counts allocate nothing.
// 3. After an error every further call returns the same error: the stream's framing is lost.
//
// An attribute frame becomes ReplyValue::attributes of the value behind it. Streamed strings and
// aggregates of RESP3 ("$?", "*?"), which no Redis sends, are refused. It is made for clients,
// tests and tools, and builds strings and vectors freely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "net/base/limits.h"
#include "net/resp/reply_value.h"

namespace holdfast {

class ReplyParser {
 public:
  void Feed(absl::string_view bytes);
  // The next whole reply; nullopt if more bytes are needed; InvalidArgument on bytes that are not
  // RESP.
  absl::StatusOr<absl::optional<ReplyValue>> Next();
  // Part of a reply has been fed and not returned.
  bool mid_reply() const {
    return position_ < bytes_.size() || !open_.empty() || !attributes_.empty();
  }

 private:
  // A frame as it was read, and the aggregate it opens: elements_left more values belong to it.
  struct Frame {
    ReplyValue value;
    size_t elements_left = 0;
    bool is_attribute = false;
  };
  using MaybeFrame = absl::StatusOr<absl::optional<Frame>>;
  using MaybeReply = absl::StatusOr<absl::optional<ReplyValue>>;

  MaybeReply NextReply();
  MaybeFrame TakeFrame();
  MaybeFrame TakeBulk(char type, absl::string_view length_text, size_t payload_position);
  absl::optional<ReplyValue> Complete(Frame frame);

  std::string bytes_;
  size_t position_ = 0;  // of the first byte not parsed
  size_t searched_ = 0;  // bytes from position_ that hold no line end
  std::vector<Frame> open_;
  std::vector<ReplyValue> attributes_;  // of the value that the next frame begins
  absl::Status failure_;
};

// Parses exactly one reply that fills `bytes`.
absl::StatusOr<ReplyValue> ParseReply(absl::string_view bytes);

}  // namespace holdfast
