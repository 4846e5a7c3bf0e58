#include "storage/keyspace/due_times.h"

#include <algorithm>

namespace holdfast {
namespace {

bool Sooner(int64_t time, int64_t known) { return known == 0 || time < known; }

// 0 means nothing.
int64_t Stored(Millis deadline) { return std::max<int64_t>(deadline.value, 1); }

}  // namespace

void DueTimes::LowerTo(Time& time, int64_t value) {
  int64_t known = time.load();
  while (Sooner(value, known) && !time.compare_exchange_weak(known, value)) {
  }
}

void DueTimes::Lower(Slot slot, Millis deadline) {
  const int64_t time = Stored(deadline);
  if (!Sooner(time, slots_[slot.value].load(std::memory_order_relaxed))) return;
  slots_[slot.value].store(time);
  LowerTo(groups_[slot.value / kSlotsPerGroup], time);
}

void DueTimes::Set(Slot slot, std::optional<Millis> soonest) {
  slots_[slot.value].store(soonest ? Stored(*soonest) : 0, std::memory_order_relaxed);
}

std::optional<Millis> DueTimes::Get(Slot slot) const {
  const int64_t time = slots_[slot.value].load(std::memory_order_relaxed);
  if (time == 0) return std::nullopt;
  return Millis{time};
}

std::optional<Slot> DueTimes::FirstDue(Slot from, Millis now) {
  for (int slot = from.value; slot < kSlotCount;) {
    Time& group = groups_[static_cast<size_t>(slot / kSlotsPerGroup)];
    const int group_begin = slot - slot % kSlotsPerGroup;
    const int group_end = group_begin + kSlotsPerGroup;
    if (Sooner(now.value + 1, group.load(std::memory_order_relaxed))) {
      slot = group_end;
      continue;
    }
    for (; slot < group_end; ++slot) {
      const int64_t time = slots_[static_cast<size_t>(slot)].load(std::memory_order_relaxed);
      if (time != 0 && time <= now.value) return Slot{static_cast<uint16_t>(slot)};
    }
    group.store(0);
    int64_t soonest = 0;
    for (int i = group_begin; i < group_end; ++i) {
      const int64_t time = slots_[static_cast<size_t>(i)].load();
      if (time != 0 && Sooner(time, soonest)) soonest = time;
    }
    if (soonest != 0) LowerTo(group, soonest);
  }
  return std::nullopt;
}

}  // namespace holdfast
