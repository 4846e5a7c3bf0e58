#include "net/epoll/epoll_runtime.h"

#include "net/epoll/epoll_loop.h"

namespace holdfast {

absl::StatusOr<std::unique_ptr<ThreadedRuntime>> MakeEpollRuntime(
    const ThreadedRuntimeOptions& options) {
  return PosixRuntime::Make("epoll", options, &EpollLoop::Make);
}

}  // namespace holdfast
