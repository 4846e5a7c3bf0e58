// The production runtime on epoll: works on every Linux. Its files are served by a small pool of
// threads.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "net/posix/posix_runtime.h"

namespace holdfast {

absl::StatusOr<std::unique_ptr<ThreadedRuntime>> MakeEpollRuntime(
    const ThreadedRuntimeOptions& options);

}  // namespace holdfast
