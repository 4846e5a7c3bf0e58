// DueTimes: how soon something is due in each slot, for whoever waits for it.
//
//   slots   | 0 | 70 | 0 | ... |     one time per slot: nothing in it is due before
//   groups  |       70         |     one for kSlotsPerGroup of them
//
// Who has a slot's lock notes new deadlines; one thread, which needs no lock, asks where something
// may be due. It looks at a group's slots only when the group's time has come, so that a node with
// nothing to do looks at a hundred numbers and not at sixteen thousand.
//
// 1. A slot's time is never later than its soonest deadline, a group's never later than those of
//    its slots. Both may be earlier.
// 2. Lowering writes the slot first and then looks at the group; raising a group's time forgets it
//    first and then looks at the slots, all of it sequentially consistent: whichever comes second
//    sees the other.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "net/base/types.h"
#include "storage/types/key_slot.h"

namespace holdfast {

class DueTimes {
 public:
  // Under the slot's lock: something is due at `deadline`.
  void Lower(Slot slot, Millis deadline);
  // Under the slot's lock: this is the soonest deadline.
  void Set(Slot slot, std::optional<Millis> soonest);
  std::optional<Millis> Get(Slot slot) const;
  // The first slot, from `from` on, in which something may be due at `now`. One thread at a time.
  std::optional<Slot> FirstDue(Slot from, Millis now);

 private:
  static constexpr int kSlotsPerGroup = 128;
  // Milliseconds; 0: nothing.
  using Time = std::atomic<int64_t>;

  static void LowerTo(Time& time, int64_t value);

  std::array<Time, kSlotCount> slots_{};
  std::array<Time, kSlotCount / kSlotsPerGroup> groups_{};
};

}  // namespace holdfast
