// TimerHeap: the pending timers of one loop, earliest first.
//
// A binary heap of slot numbers over a table of slots. A slot knows its place in the heap, so a
// cancelled timer leaves at once and its task is freed with it.
//
//   heap_   [ 4 | 0 | 7 | ... ]          ordered by (deadline, sequence)
//   slots_  [ 0: task, place 1 | 1: free | ... | 4: task, place 0 | ... ]
//   TimerId = generation << 32 | slot + 1
//
// 1. Timers with one deadline run in the order they were added.
// 2. A slot's generation grows when its timer leaves, so an old TimerId never names a new timer.
//
// It reads no clock; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "net/base/types.h"
#include "net/runtime/event_loop.h"

namespace holdfast {

class TimerHeap {
 public:
  TimerId Add(Nanos deadline, Task task);
  // False if the timer is no longer pending.
  bool Cancel(TimerId timer);
  // The earliest deadline; the heap is not empty.
  Nanos next_deadline() const { return slots_[heap_[0]].deadline; }
  bool empty() const { return heap_.empty(); }
  // Removes the earliest timer if its deadline is at or before `now`.
  std::optional<Task> TakeDue(Nanos now);

 private:
  struct TimerSlot {
    Nanos deadline;
    uint64_t sequence = 0;
    uint32_t generation = 1;
    uint32_t place = 0;  // in heap_, while pending
    bool pending = false;
    Task task;
  };

  bool Before(uint32_t left, uint32_t right) const;
  void Place(size_t place, uint32_t slot);
  void SiftUp(size_t place);
  void SiftDown(size_t place);
  Task Remove(uint32_t slot);

  std::vector<TimerSlot> slots_;
  std::vector<uint32_t> free_slots_;
  std::vector<uint32_t> heap_;
  uint64_t next_sequence_ = 0;
};

}  // namespace holdfast
