// The production runtime on io_uring: one ring per loop, for sockets and files alike.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "net/posix/posix_runtime.h"

namespace holdfast {

// Fails, naming what is missing, where the kernel is older than Linux 6.1 or forbids io_uring.
absl::StatusOr<std::unique_ptr<ThreadedRuntime>> MakeUringRuntime(
    const ThreadedRuntimeOptions& options);

}  // namespace holdfast
