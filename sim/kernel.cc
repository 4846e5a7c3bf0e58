#include "sim/kernel.h"

#include <algorithm>
#include <utility>

#include "net/base/check.h"
#include "sim/step_guard.h"

namespace holdfast {
namespace {
// Cancelled items are swept out of the heap once they are this many and outnumber the others.
constexpr size_t kDeadItemsMin = 64;
}  // namespace

Kernel::~Kernel() {
  // A task may own things that cancel others when they die; by then no event may be half destroyed.
  for (uint32_t slot = 0; slot < events_.size(); ++slot) {
    if (events_[slot].live) Take(slot);
  }
}

Actor Kernel::AddActor() {
  const uint32_t id = static_cast<uint32_t>(actors_.size());
  actors_.push_back({.ties = draws("tie", id)});
  return {.id = id, .incarnation = 1};
}

Actor Kernel::NextIncarnation(Actor actor) {
  CHECK(lives(actor));
  ++actors_[actor.id].incarnation;
  actors_[actor.id].paused_until = Nanos{};
  for (uint32_t slot = 0; slot < events_.size(); ++slot) {
    if (!events_[slot].live || events_[slot].actor != actor) continue;
    Take(slot);
    ++dead_;
  }
  return {.id = actor.id, .incarnation = actors_[actor.id].incarnation};
}

void Kernel::Pause(uint32_t actor_id, Nanos until) {
  ActorState& state = actors_[actor_id];
  state.paused_until = std::max(state.paused_until, until);
}

void Kernel::Prioritise(const Priorities& priorities) {
  Draws order = draws("priorities", 0);
  lag_step_ = priorities.step;
  std::vector<int64_t> ranks;
  for (size_t rank = 0; rank < actors_.size(); ++rank) {
    const size_t place = order.Below(ranks.size() + 1);
    ranks.insert(ranks.begin() + static_cast<int64_t>(place), static_cast<int64_t>(rank));
  }
  for (size_t actor = 0; actor < actors_.size(); ++actor) {
    actors_[actor].lag = Nanos{lag_step_.value * ranks[actor]};
    lag_max_ = std::max(lag_max_, actors_[actor].lag);
  }
  for (int i = 0; i < priorities.change_points; ++i) {
    change_points_.push_back(trace_.event_count() + order.Below(priorities.events));
  }
  std::sort(change_points_.rbegin(), change_points_.rend());
}

void Kernel::LowerPriority(Actor actor) {
  lag_max_ += lag_step_;
  actors_[actor.id].lag = lag_max_;
}

EventId Kernel::Schedule(Nanos delay, Actor actor, absl::string_view name, Task task,
                         uint64_t payload) {
  CHECK_GE(delay.value, 0);
  if (!lives(actor)) return {};
  uint32_t slot;
  if (free_slots_.empty()) {
    slot = static_cast<uint32_t>(events_.size());
    events_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  Event& event = events_[slot];
  event.task = std::move(task);
  event.name = name;
  event.payload = payload;
  event.actor = actor;
  event.live = true;
  ActorState& state = actors_[actor.id];
  Push({now_ + delay + state.lag, state.ties.Next(), slot, event.generation});
  return {uint64_t{event.generation} << 32 | slot};
}

bool Kernel::Cancel(EventId event) {
  const uint32_t slot = static_cast<uint32_t>(event.value);
  const uint32_t generation = static_cast<uint32_t>(event.value >> 32);
  if (slot >= events_.size() || events_[slot].generation != generation || !events_[slot].live) {
    return false;
  }
  Take(slot);
  ++dead_;
  if (dead_ > kDeadItemsMin && dead_ > heap_.size() / 2) Compact();
  return true;
}

bool Kernel::RunOne() {
  if (!Settle()) return false;
  const HeapItem item = Pop();
  const Event& event = events_[item.slot];
  now_ = std::max(now_, item.at);
  trace_.Add(now_, event.actor, event.name, event.payload);
  running_ = event.actor;
  if (!change_points_.empty() && trace_.event_count() >= change_points_.back()) {
    change_points_.pop_back();
    LowerPriority(running_);
  }
  Task task = Take(item.slot);
  StepGuard inside_step;
  task();
  task = nullptr;
  return true;
}

void Kernel::RunUntil(Nanos until) {
  while (Settle() && heap_.front().at <= until) RunOne();
  now_ = std::max(now_, until);
}

void Kernel::Push(const HeapItem& item) {
  heap_.push_back(item);
  std::push_heap(heap_.begin(), heap_.end(), Later);
}

Kernel::HeapItem Kernel::Pop() {
  std::pop_heap(heap_.begin(), heap_.end(), Later);
  const HeapItem item = heap_.back();
  heap_.pop_back();
  return item;
}

Kernel::Task Kernel::Take(uint32_t slot) {
  Event& event = events_[slot];
  Task task = std::move(event.task);
  event.task = nullptr;
  event.live = false;
  ++event.generation;
  free_slots_.push_back(slot);
  return task;
}

bool Kernel::Settle() {
  while (!heap_.empty()) {
    const HeapItem& top = heap_.front();
    const Event& event = events_[top.slot];
    if (event.generation != top.generation) {
      Pop();
      --dead_;
      continue;
    }
    ActorState& actor = actors_[event.actor.id];
    if (top.at >= actor.paused_until) return true;
    // Held back by a pause: a nanosecond apart, so that ties do not reorder what was in order.
    HeapItem held = Pop();
    held.at = std::max(actor.paused_until, actor.next_resume);
    actor.next_resume = held.at + Nanos{1};
    Push(held);
  }
  return false;
}

void Kernel::Compact() {
  std::erase_if(heap_, [this](const HeapItem& item) {
    return events_[item.slot].generation != item.generation;
  });
  std::make_heap(heap_.begin(), heap_.end(), Later);
  dead_ = 0;
}

}  // namespace holdfast
