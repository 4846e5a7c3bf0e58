#include "net/posix/file_pool.h"

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/posix/system.h"

namespace holdfast {

FilePool::~FilePool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  job_arrived_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void FilePool::Enqueue(Task job) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    CHECK(!stopping_);
    jobs_.push_back(std::move(job));
    if (threads_.empty()) {
      for (int i = 0; i < thread_count_; ++i) threads_.emplace_back([this, i] { Serve(i); });
    }
  }
  job_arrived_.notify_one();
}

void FilePool::Serve(int index) {
  NameThread(absl::StrCat("file-", index));
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    job_arrived_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Task job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace holdfast
