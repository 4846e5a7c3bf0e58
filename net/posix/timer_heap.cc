#include "net/posix/timer_heap.h"

#include <tuple>
#include <utility>

#include "net/base/check.h"

namespace holdfast {

TimerId TimerHeap::Add(Nanos deadline, Task task) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  TimerSlot& slot = slots_[index];
  slot.deadline = deadline;
  slot.sequence = next_sequence_++;
  slot.pending = true;
  slot.task = std::move(task);
  heap_.push_back(index);
  SiftUp(heap_.size() - 1);
  return {(uint64_t{slot.generation} << 32) | (uint64_t{index} + 1)};
}

bool TimerHeap::Cancel(TimerId timer) {
  const uint64_t number = timer.value & 0xffffffffu;
  if (number == 0 || number > slots_.size()) return false;
  const uint32_t index = static_cast<uint32_t>(number - 1);
  const TimerSlot& slot = slots_[index];
  if (!slot.pending || slot.generation != timer.value >> 32) return false;
  Remove(index);
  return true;
}

std::optional<Task> TimerHeap::TakeDue(Nanos now) {
  if (empty() || next_deadline() > now) return std::nullopt;
  return Remove(heap_[0]);
}

bool TimerHeap::Before(uint32_t left, uint32_t right) const {
  const TimerSlot& a = slots_[left];
  const TimerSlot& b = slots_[right];
  return std::tie(a.deadline, a.sequence) < std::tie(b.deadline, b.sequence);
}

void TimerHeap::Place(size_t place, uint32_t slot) {
  heap_[place] = slot;
  slots_[slot].place = static_cast<uint32_t>(place);
}

void TimerHeap::SiftUp(size_t place) {
  const uint32_t slot = heap_[place];
  while (place > 0) {
    const size_t parent = (place - 1) / 2;
    if (!Before(slot, heap_[parent])) break;
    Place(place, heap_[parent]);
    place = parent;
  }
  Place(place, slot);
}

void TimerHeap::SiftDown(size_t place) {
  const uint32_t slot = heap_[place];
  for (;;) {
    size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && Before(heap_[child + 1], heap_[child])) ++child;
    if (!Before(heap_[child], slot)) break;
    Place(place, heap_[child]);
    place = child;
  }
  Place(place, slot);
}

Task TimerHeap::Remove(uint32_t index) {
  TimerSlot& slot = slots_[index];
  CHECK(slot.pending);
  const size_t place = slot.place;
  const uint32_t last = heap_.back();
  heap_.pop_back();
  if (last != index) {
    Place(place, last);
    SiftUp(place);
    SiftDown(slots_[last].place);
  }
  slot.pending = false;
  ++slot.generation;
  free_slots_.push_back(index);
  return std::exchange(slot.task, Task());
}

}  // namespace holdfast
