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

namespace holdfast {

void KeysCommand(CommandContext& context);
void RandomKeyCommand(CommandContext& context);
void ScanCommand(CommandContext& context);

// The lock of one slot, unless the world is stopped: then nobody else is there to be kept out.
class SlotGuard {
 public:
  SlotGuard(CommandContext& context, Slot slot)
      : lock_(context.world_stopped ? nullptr : &context.keyspace.lock(slot)) {
    if (lock_ != nullptr) lock_->Lock();
  }
  ~SlotGuard() {
    if (lock_ != nullptr) lock_->Unlock();
  }
  SlotGuard(const SlotGuard&) = delete;
  SlotGuard& operator=(const SlotGuard&) = delete;

 private:
  SpinLock* const lock_;
};

}  // namespace holdfast
