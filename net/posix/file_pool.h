// FilePool: a few threads that make the system calls which may block (files, name look-ups), so
// that no loop does.
//
//   loop thread:  Run(loop, work, done) --> queue --> pool thread: work() --> loop.Post(done)
//
// Threads start with the first job. Jobs run in any order. Destroying the pool finishes the queue:
// what a caller started happens; whether its completion still runs is the loop's affair. The queue
// is bounded by what the callers have in flight.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "net/runtime/event_loop.h"

namespace holdfast {

class FilePool {
 public:
  explicit FilePool(int threads) : thread_count_(threads) {}
  ~FilePool();

  // Runs work() on a thread of the pool and then done(result) on the loop, which must outlive the
  // pool. Any thread.
  template <typename Work, typename Done>
  void Run(EventLoop& loop, Work work, Done done) {
    Enqueue([&loop, work = std::move(work), done = std::move(done)]() mutable {
      loop.Post([result = work(), done = std::move(done)]() mutable { done(std::move(result)); });
    });
  }

 private:
  void Enqueue(Task job);
  void Serve(int index);

  const int thread_count_;
  std::mutex mutex_;
  std::condition_variable job_arrived_;
  std::deque<Task> jobs_;             // under mutex_
  bool stopping_ = false;             // under mutex_
  std::vector<std::thread> threads_;  // under mutex_, until stopping_
};

}  // namespace holdfast
