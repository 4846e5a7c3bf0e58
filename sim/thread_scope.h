// ThreadScope: which simulated thread the current event runs on.
//
// The simulator runs every event loop on one thread, so a call from the wrong loop would go
// unnoticed. Each loop opens a scope around its callbacks, and what belongs to a loop checks it.
// Outside any scope (while a process is torn down) everything is allowed.
#pragma once

#include "net/base/check.h"

namespace holdfast {

class ThreadScope {
 public:
  // `thread` is any address that stands for the loop.
  explicit ThreadScope(const void* thread) : outer_(current_) { current_ = thread; }
  ~ThreadScope() { current_ = outer_; }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

  static void CheckOn(const void* thread) {
    CHECK(current_ == nullptr || thread == nullptr || current_ == thread);
  }

 private:
  const void* outer_;
  static inline const void* current_ = nullptr;
};

}  // namespace holdfast
