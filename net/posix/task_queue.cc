#include "net/posix/task_queue.h"

#include <sys/eventfd.h>

#include <utility>

#include "net/base/check.h"

namespace holdfast {

TaskQueue::TaskQueue() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { CHECK(wake_.is_open()); }

void TaskQueue::Post(Task task) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  Wake();
}

void TaskQueue::Wake() {
  if (state_.exchange(kTasks) != kAsleep) return;
  // The counter would overflow only after 2^64 wake-ups, so this cannot fail.
  CHECK_EQ(eventfd_write(wake_.get(), 1), 0);
}

bool TaskQueue::BeginSleep() {
  int expected = kAwake;
  return state_.compare_exchange_strong(expected, kAsleep);
}

void TaskQueue::EndSleep() {
  int expected = kAsleep;
  state_.compare_exchange_strong(expected, kAwake);
}

void TaskQueue::Drain() {
  if (!has_tasks()) return;
  // Before the swap: a task pushed after it raises the state again.
  state_.exchange(kAwake);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    running_.swap(tasks_);
  }
  for (Task& task : running_) task();
  running_.clear();
}

}  // namespace holdfast
