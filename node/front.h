// Front: what a client of this node has asked the primary for and has no answer to yet.
//
//   requests   [ sent ........ | not sent ...... ]
//               ^ answered next  ^ waits for a way to the primary
//
// All of them are kept as bytes until they are answered, so that they can be sent again. What
// becomes of them:
//
//   answered                    the reply goes to the client
//   refused by the other node   nothing unanswered was executed: all of it is sent again
//   way broken                  a write may have been executed: INDETERMINATE. Reads are sent
//   again,
//                               unless a write stands behind them in the same pipeline, whose
//                               effect they must not see: TRYAGAIN
//   not sent for too long       CLUSTERDOWN: certainly not executed
//
// 1. Replies leave in the order of the requests, one each.
// 2. Requests go by one way at a time: by another one only once those sent by the first are
// settled.
// 3. A write is never sent again if it may have been executed.
// 4. An EXEC that relies on a WATCH is not sent to a session that knows nothing of it; it is
//    answered nil.
//
// It performs no I/O and knows no time but what it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "net/base/types.h"
#include "node/forward_items.h"

namespace holdfast {

class Front {
 public:
  struct Request {
    size_t bytes = 0;
    uint64_t number = 0;  // of its first command, counted over the client's connection
    uint32_t count = 1;   // commands; the client sees the reply to the last one only
    bool writes = false;
    bool watches = false;      // a WATCH
    bool conditional = false;  // an EXEC after a WATCH
    bool silent = false;       // the client wants no reply
    Nanos since;               // monotonic
  };
  // How a request ends that the primary does not answer.
  enum class Fate : uint8_t {
    kUnknown,     // a write that may have been executed
    kMayBeAsked,  // a read that was not shown: the client may ask again
    kNotDone,     // certainly not executed
    kNil,         // an EXEC whose WATCH is lost
  };
  // Called for requests that have a reply to get.
  using Conclude = absl::FunctionRef<void(Fate)>;

  bool busy() const { return requests() > 0; }
  size_t requests() const { return requests_.size() - oldest_; }
  size_t bytes() const { return bytes_.size() - start_; }
  bool has_unsent() const { return sent_ < requests(); }
  // The way by which what is sent and unanswered went; 0: nothing is.
  uint64_t way() const { return sent_ == 0 ? 0 : way_; }

  // The way on whose other end the client has a session; 0: nowhere.
  uint64_t open_way() const { return open_way_; }
  void set_open_way(uint64_t way) { open_way_ = way; }
  // Which of the client's sessions that is; a new one begins.
  uint32_t session() const { return session_; }
  uint32_t NextSession() { return ++session_; }

  // Whether keys are watched at the primary, and that is still so if requests go by `way`.
  bool watching() const { return watching_; }
  bool WatchHolds(uint64_t way) const { return watching_ && watch_way_ == way && open_way_ == way; }
  void ForgetWatch() { watching_ = false, watch_way_ = 0; }

  // The request's bytes follow in the buffer that is returned; how many is said before any other
  // call.
  Buffer& Add(const Request& request);
  void SizeLast(size_t bytes) { requests_.back().bytes = bytes; }
  // Hands over what has not been sent, as requests in as few items as possible.
  void Send(uint64_t way, uint64_t client, absl::FunctionRef<void(const ForwardItem&)> send);
  // Whole replies to what was sent. Those that the client is to see are handed on, in order.
  absl::Status TakeReplies(absl::string_view replies,
                           absl::FunctionRef<void(absl::string_view)> hand_on);
  // The session at the other end has ended in good order: nothing unanswered was executed.
  void Refused(Conclude conclude);
  // The way has ended, nobody knows how far it got.
  void Broken(Conclude conclude);
  // What has not been sent since `before` or longer is given up.
  void GiveUp(Nanos before, Conclude conclude);

 private:
  void Pop();
  void End(Fate fate, Conclude conclude);
  void Unsend(Conclude conclude);

  const Request& Oldest() const { return requests_[oldest_]; }

  // Memory is kept from one pipeline to the next.
  std::vector<Request> requests_;  // from oldest_ on
  size_t oldest_ = 0;
  Buffer bytes_;      // of all of them
  size_t start_ = 0;  // where the oldest begins
  size_t sent_ = 0;   // requests
  size_t sent_bytes_ = 0;
  uint32_t replies_ = 0;  // to the oldest request, which has several commands
  uint64_t way_ = 0;
  uint64_t open_way_ = 0;
  uint32_t session_ = 0;
  bool watching_ = false;
  uint64_t watch_way_ = 0;
};

}  // namespace holdfast
