// TaskQueue: how other threads reach a loop.
//
// Tasks are appended under a mutex; a word of state tells the loop that there are some and the
// posting thread whether the loop is asleep in the kernel, so that neither pays for the other while
// both are busy: a loop without tasks reads one atomic per turn, and the eventfd is written only to
// wake a sleeper.
//
//             Post: exchange(kTasks)                    Drain
//   kAwake ---------------------------> kTasks ----------------------> kAwake
//     |  BeginSleep                        ^
//     +-------------> kAsleep -------------+   whoever makes this step writes the eventfd
//                        |  EndSleep
//                        +---------------------------> kAwake
//
// 1. A task that was pushed is followed by a step to kTasks: it is run by this Drain or a later
//    one, and the loop does not sleep in between.
// 2. Tasks of one thread run in the order posted.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "net/posix/unique_fd.h"
#include "net/runtime/event_loop.h"

namespace holdfast {

class TaskQueue {
 public:
  TaskQueue();

  // Any thread.
  void Post(Task task);
  // Makes the loop leave its sleep and take one more turn. Any thread.
  void Wake();

  // The rest on the loop's thread.

  // Readable (edge) when the loop was woken; it is never read.
  int wake_descriptor() const { return wake_.get(); }
  // False if there are tasks to run first.
  bool BeginSleep();
  void EndSleep();
  bool has_tasks() const { return state_.load(std::memory_order_acquire) == kTasks; }
  // Runs the tasks posted so far, not those that they post.
  void Drain();

 private:
  enum State : int { kAwake, kAsleep, kTasks };

  const UniqueFd wake_;
  std::atomic<int> state_{kAwake};
  std::mutex mutex_;
  std::vector<Task> tasks_;    // under mutex_
  std::vector<Task> running_;  // the loop's own; keeps its capacity
};

}  // namespace holdfast
