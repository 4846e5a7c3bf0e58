// ReplyHolder: replies that are written and may not be seen yet.
//
// A reply that shows a write, its own or another's, waits until the log has committed that write: a
// failover could still undo it. Replies leave in order, so what follows a held reply waits with it.
//
//   batches   [ bytes | reply ends ..., each with the LSN it waits for ] ...
//
// A batch is what a session wrote in one turn. When all of it may go, its buffer goes as it is.
//
// 1. Release gives the longest prefix of replies whose LSNs are committed.
// 2. Fail answers everything that is not committed with an error instead: nobody knows whether a
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
  size_t end = 0;  // offset behind its last byte in the batch
  Lsn until;       // may be seen once this is committed; 0: at once
  bool wrote = false;
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
  // The LSN that the first held reply waits for; not empty.
  Lsn first_until() const { return batches_.front().replies[batches_.front().next].until; }

  // Takes over a batch, which is not empty. `replies` cover all of `bytes`.
  void Hold(Buffer bytes, std::vector<HeldReply> replies, Nanos now);
  // Hands over what may be seen, in order, in as few buffers as there are batches.
  template <typename Send>
  void Release(Lsn committed, Send send) {
    while (!batches_.empty()) {
      Buffer ready = Take(committed);
      if (ready.empty()) return;
      send(std::move(ready));
    }
  }
  // Answers what is not committed with errors, and lets everything go. With `written_before`, only
  // what comes up to the last reply of a batch held since then or earlier.
  template <typename Send>
  void Fail(Lsn committed, const HeldErrors& errors, Nanos written_before, Send send) {
    while (!batches_.empty() && batches_.front().since <= written_before) {
      Buffer ready = TakeFailed(committed, errors);
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
  Buffer Take(Lsn committed);
  Buffer TakeFailed(Lsn committed, const HeldErrors& errors);
  void Drop();

  std::deque<Batch> batches_;
  size_t bytes_ = 0;
  size_t replies_ = 0;
};

}  // namespace holdfast
