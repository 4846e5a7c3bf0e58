// TouchedSlots: which slots a record changes, so that they remember its LSN.
#pragma once

#include "absl/container/inlined_vector.h"
#include "net/base/planted_bug.h"
#include "net/base/types.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast {

class TouchedSlots {
 public:
  void Add(Slot slot) {
    if (!slots_.empty() && slots_.back() == slot) return;
    several_ |= !slots_.empty();
    slots_.push_back(slot);
  }
  void AddAll() { all_ = true; }
  void Clear() {
    slots_.clear();
    several_ = false;
    all_ = false;
  }

  bool empty() const { return slots_.empty() && !all_; }
  // Whether records before and behind this one must not be applied beside it.
  bool is_barrier() const { return all_ || several_; }
  // Notes the record's LSN where it belongs. Needs the locks of the slots, or the world.
  void Mark(Keyspace& keyspace, Lsn lsn) const {
    if (all_ && !BUG("flushall-without-a-floor-lsn")) keyspace.RaiseLsnFloor(lsn);
    for (const Slot slot : slots_) keyspace.set_last_lsn(slot, lsn);
  }

 private:
  absl::InlinedVector<Slot, 8> slots_;  // one may stand here more than once
  bool several_ = false;
  bool all_ = false;
};

}  // namespace holdfast
