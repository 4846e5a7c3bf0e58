// Kernel: virtual time, and the order in which things happen in it.
//
// Everything that will happen is an event in one heap: a time in nanoseconds, the actor it happens
// to, and a task. The kernel takes the earliest, moves the clock there and runs it. There are no
// ticks: time jumps, and two events a nanosecond apart are in an order that the seed can reverse.
//
//   heap    [ time | tie | slot ]      tie = a draw of the actor's own sub-stream
//   slots   [ actor | name | payload | task | generation ]
//
// 1. Time never falls. Events due at one instant run in the order of their ties, which the seed
// chose.
// 2. A task runs only while its actor lives in the incarnation that scheduled it. When an
// incarnation
//    ends, its events are destroyed without being run.
// 3. No task runs inside Schedule: whatever is started completes in a later event.
// 4. While an actor is paused its events wait; they keep their order.
// 5. Each event enters the trace before it runs, so that a crash inside it can be told by the
// trace.
//
// 6. With priorities on (Prioritise) each actor's events run late by a step for each actor that
//    stands above it; the actor under way falls to the bottom at a few chosen events. Orderings
//    that need one actor to be slow at one moment come up far more often than by chance (Burckhardt
//    and others, "A randomized scheduler with probabilistic guarantees of finding bugs", 2010).
//
// A task takes no time by itself. Who models work that does (a reading of the clock, a system call)
// spends it with Spend, and later events find the clock already past their time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "sim/draws.h"
#include "sim/trace.h"

namespace holdfast {

// Names a scheduled event; 0 names none.
struct EventId {
  uint64_t value = 0;
  bool operator==(const EventId&) const = default;
};

class Kernel {
 public:
  using Task = absl::AnyInvocable<void()>;

  explicit Kernel(uint64_t seed) : seed_(seed) {}
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  uint64_t seed() const { return seed_; }
  Nanos now() const { return now_; }
  Draws draws(absl::string_view component, uint64_t entity) const {
    return Draws(seed_, component, entity);
  }
  Trace& trace() { return trace_; }

  // A new actor, in incarnation 1. Ids count from 0.
  Actor AddActor();
  // Ends the incarnation: destroys what it scheduled and returns the next one. Actor::incarnation
  // of the argument must be the current one.
  Actor NextIncarnation(Actor actor);
  bool lives(Actor actor) const { return actors_[actor.id].incarnation == actor.incarnation; }
  // Holds back the actor's events until `until`, if that is later than an earlier pause's end.
  void Pause(uint32_t actor_id, Nanos until);

  // Schedules by priorities from now on. The change points fall on events before `events`.
  struct Priorities {
    Nanos step{};
    int change_points = 3;
    uint64_t events = 0;
  };
  void Prioritise(const Priorities& priorities);

  // Whose event is under way, or was last.
  Actor running() const { return running_; }

  // Runs the task `delay` >= 0 from now. `name` is a literal; it and `payload` go into the trace.
  // Events of an incarnation that has ended are dropped at once.
  EventId Schedule(Nanos delay, Actor actor, absl::string_view name, Task task,
                   uint64_t payload = 0);
  // The task will not run; false if it has run, was cancelled or was dropped.
  bool Cancel(EventId event);

  // Adds to the trace what an event turned out to contain.
  void Observe(Actor actor, absl::string_view name, uint64_t payload) {
    trace_.Add(now_, actor, name, payload);
  }
  void Note(Actor actor, absl::string_view text) { trace_.Note(now_, actor, text); }

  // Lets time pass inside the current event.
  void Spend(Nanos time) { now_ += time; }

  // Runs the next event; false if there is none.
  bool RunOne();
  // Runs all events due at or before `until`, which becomes the time.
  void RunUntil(Nanos until);
  // Events waiting.
  size_t pending() const { return heap_.size() - dead_; }

 private:
  struct HeapItem {
    Nanos at;
    uint64_t tie;
    uint32_t slot;
    uint32_t generation;
  };
  struct Event {
    Task task;
    absl::string_view name;
    uint64_t payload = 0;
    Actor actor;
    uint32_t generation = 1;  // of the event now in this slot
    bool live = false;
  };
  struct ActorState {
    uint32_t incarnation = 1;
    Nanos paused_until{};
    Nanos next_resume{};  // when the next event held back by a pause runs
    Nanos lag{};          // what its priority costs every event
    Draws ties;
  };

  static bool Later(const HeapItem& left, const HeapItem& right) {
    return left.at != right.at ? left.at > right.at : left.tie > right.tie;
  }
  void Push(const HeapItem& item);
  HeapItem Pop();
  Task Take(uint32_t slot);
  // Brings to the heap's top the event that runs next; false if there is none.
  bool Settle();
  void Compact();
  void LowerPriority(Actor actor);

  const uint64_t seed_;
  Nanos now_{};
  Trace trace_;
  std::vector<ActorState> actors_;
  std::vector<HeapItem> heap_;
  std::vector<Event> events_;
  std::vector<uint32_t> free_slots_;
  Actor running_;
  Nanos lag_step_{};
  Nanos lag_max_{};
  std::vector<uint64_t> change_points_;  // event counts, the next one last
  size_t dead_ = 0;                      // items in the heap whose event was cancelled or dropped
};

}  // namespace holdfast
