// FileCall: one file operation on its way through a ring.
//
// Prepare fills in the next request of the operation; Finish gets its result and says whether
// another request has to follow, as after a short write. Interrupted requests are repeated.
#pragma once

#include <cerrno>
#include <memory>
#include <utility>

#include "net/uring/uring_loop.h"

namespace holdfast {

class FileCall : public UringOperation {
 public:
  explicit FileCall(UringLoop& loop) : loop_(loop) {}

  // Hands the call to its loop and starts it.
  static void Start(std::unique_ptr<FileCall> call) {
    UringLoop& loop = call->loop_;
    loop.Own(std::move(call)).Submit();
  }

  void Complete(int result, bool) final {
    if (result == -EINTR || result == -EAGAIN) return Submit();
    if (Finish(result) == After::kMore) return Submit();
    loop_.Retire(*this);
  }

 protected:
  enum class After { kDone, kMore };
  virtual void Prepare(io_uring_sqe* sqe) = 0;
  virtual After Finish(int result) = 0;
  UringLoop& loop() { return loop_; }

 private:
  void Submit() { Prepare(loop_.Request(*this)); }

  UringLoop& loop_;
};

}  // namespace holdfast
