// KEYS, SCAN and RANDOMKEY: commands that walk over the slots of a database.
//
// They hold one slot's lock at a time, so they show no point in time: a key that moves between
// slots (RENAME) while a walk is under way may be seen twice or not at all. A key that is there
// throughout is seen by SCAN at least once.
//
// SCAN's cursor is a place in the order of slots, and within a slot in the order of hashes:
//
//   | 0 0 | slot, 14 bits | position, 48 bits (storage/keyspace/table.h) |
//
// 0 is both the start and the end. Neither depends on what else the node holds or did, so a cursor
// stays good for as long as the client likes.
#pragma once

#include "net/base/spin_lock.h"
#include "node/command.h"
#include "node/node.h"
#include "node/worker.h"

namespace holdfast {

void KeysCommand(CommandContext& context);
void RandomKeyCommand(CommandContext& context);
void ScanCommand(CommandContext& context);

// The lock of one slot, unless the world is stopped: then nobody else is there to be kept out. What
// is done under it is logged before it is released.
class SlotGuard {
 public:
  SlotGuard(CommandContext& context, Slot slot)
      : execution_(context.worker.execution),
        lock_(context.world_stopped ? nullptr : &context.node.keyspace().lock(slot)) {
    if (lock_ != nullptr) lock_->Lock();
  }
  ~SlotGuard() {
    if (lock_ == nullptr) return;
    execution_.LogEffects();
    lock_->Unlock();
  }
  SlotGuard(const SlotGuard&) = delete;
  SlotGuard& operator=(const SlotGuard&) = delete;

 private:
  Execution& execution_;
  SpinLock* const lock_;
};

}  // namespace holdfast
