#include "net/uring/uring_runtime.h"

#include "net/base/status.h"
#include "net/uring/kernel_check.h"
#include "net/uring/uring_loop.h"

namespace holdfast {

absl::StatusOr<std::unique_ptr<ThreadedRuntime>> MakeUringRuntime(
    const ThreadedRuntimeOptions& options) {
  RETURN_IF_ERROR(CheckKernel());
  return PosixRuntime::Make("io_uring", options, &UringLoop::Make);
}

}  // namespace holdfast
