// ReplyHolder: replies that are written and may not be seen yet.
//
// A reply that shows a write, its own or another's, waits until the log has committed that write: a
// failover could still undo it. Where no lease is trusted, a reply that shows data also waits until
// the group has confirmed that nobody else led meanwhile. Replies leave in order, so what follows a
// held reply waits with it.
//
//   batches   [ bytes | reply ends ..., each with the LSN it waits for ] ...
//
// A batch is what a session wrote in one turn. When all of it may go, its buffer goes as it is.
//
// 1. Release gives the longest prefix of replies that may be seen.
// 2. Fail answers everything that may not be seen with an error instead: nobody knows whether a
//    write took effect, while a read may simply be asked again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "cluster/core/identity.h"
#include "net/base/buffer.h"
#include "net/base/types.h"

namespace holdfast {

// One reply of a batch.
struct HeldReply {
  size_t end = 0;      // offset behind its last byte in the batch
  Lsn until;           // may be seen once this is committed; 0: at once
  uint64_t token = 0;  // and this confirmed; 0: needs none
  bool wrote = false;
  bool fsync = false;  // committed is not enough: it must be durable
};

// What has come true so far.
struct Visible {
  Lsn committed;
  Lsn durable;  // on the disks of all who count; not beyond what is committed
  uint64_t confirmed = 0;
  bool Shows(const HeldReply& reply) const {
    return reply.until <= (reply.fsync ? durable : committed) && reply.token <= confirmed;
  }
  bool operator==(const Visible&) const = default;
};

// What a held write is answered with when its fate is unknown, and a held read.
struct HeldErrors {
  absl::string_view write;  // e.g. "INDETERMINATE the commit timed out"
  absl::string_view read;
};

class ReplyHolder {
 public:
  bool empty() const { return batches_.empty(); }
  size_t bytes() const { return bytes_; }
  size_t replies() const { return replies_; }
  // When the oldest held batch was written; not empty.
  Nanos oldest() const { return batches_.front().since; }

  // Takes over a batch, which is not empty. `replies` cover all of `bytes`.
  void Hold(Buffer bytes, std::vector<HeldReply> replies, Nanos now);
  // Hands over what may be seen, in order, in as few buffers as there are batches.
  template <typename Send>
  void Release(const Visible& visible, Send send) {
    while (!batches_.empty()) {
      Buffer ready = Take(visible);
      if (ready.empty()) return;
      send(std::move(ready));
    }
  }
  // Answers what may not be seen with errors, and lets everything go. With `written_before`, only
  // what comes up to the last reply of a batch held since then or earlier.
  template <typename Send>
  void Fail(const Visible& visible, const HeldErrors& errors, Nanos written_before, Send send) {
    while (!batches_.empty() && batches_.front().since <= written_before) {
      Buffer ready = TakeFailed(visible, errors);
      if (!ready.empty()) send(std::move(ready));
    }
  }

 private:
  struct Batch {
    Buffer bytes;
    std::vector<HeldReply> replies;
    Nanos since;
    size_t next = 0;   // first reply that has not left
    size_t start = 0;  // its offset
  };
  // What may leave of the first batch; empty if nothing may.
  Buffer Take(const Visible& visible);
  Buffer TakeFailed(const Visible& visible, const HeldErrors& errors);
  void Drop();

  std::deque<Batch> batches_;
  size_t bytes_ = 0;
  size_t replies_ = 0;
};

}  // namespace holdfast
