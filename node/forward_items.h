// What nodes say to each other for clients that are connected to one and served by another.
//
//   front (a client's own node)                        primary
//     open    state                  -->   a session for the client, in place of any it had
//     state   state                  -->   what has changed since
//     requests  RESP, numbered       -->
//     close                          -->   the client has gone
//                                    <--   replies  RESP, whole ones
//                                    <--   ended    nothing that is unanswered was executed; or:
//                                    cut
//
//   byte  size
//      0     1  kind
//      1     8  the client, as its front calls it
//      9     8  number of the first request, counted over the client's connection; ended: 1 if left
//               in good order, 0 if cut
//     17     4  how many requests; open, replies, ended: which of the client's sessions by this way
//     21     4  n
//     25     n  RESP, or a state
//
// Numbers are little endian. A frame is any number of items, of any clients.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "net/base/types.h"
#include "net/resp/writer.h"
#include "net/runtime/stream.h"
#include "node/config/settings.h"

namespace holdfast {

struct ForwardItem {
  enum class Kind : uint8_t {
    kOpen = 1,
    kState = 2,
    kRequests = 3,
    kClose = 4,
    kReplies = 5,
    kEnded = 6,
  };
  Kind kind = Kind::kRequests;
  uint64_t client = 0;
  uint64_t number = 0;
  uint32_t count = 0;
  absl::string_view bytes;
};

inline constexpr size_t kForwardItemHeaderBytes = 25;

void AppendItem(const ForwardItem& item, Buffer& out);
// Takes an item off the front of `bytes`, into which the result points.
absl::StatusOr<ForwardItem> TakeItem(absl::string_view& bytes);

// What the primary has to know of a client, beside its requests.
struct ClientState {
  DatabaseId database;
  Protocol protocol = Protocol::kResp2;
  Durability durability = Durability::kReplicated;
  bool no_touch = false;
  bool wrote = false;  // on this connection, wherever it was served
  int descriptor = 0;
  Address peer;
  Address local;
  std::string name;
  std::string library_name;
  std::string library_version;
};

Buffer EncodeState(const ClientState& state);
absl::StatusOr<ClientState> DecodeState(absl::string_view bytes);

}  // namespace holdfast
