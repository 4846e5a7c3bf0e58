// An event loop: one thread's share of the outside world.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "net/base/types.h"
#include "net/runtime/disk.h"
#include "net/runtime/stream.h"

namespace holdfast {

using Task = absl::AnyInvocable<void()>;

// Names a pending timer of one loop; 0 names none.
struct TimerId {
  uint64_t value = 0;
  bool operator==(const TimerId&) const = default;
};

class EventLoop {
 public:
  virtual ~EventLoop() = default;

  // Runs the task on this loop's thread, after the current callback. Any thread; tasks posted by
  // one thread run in the order posted.
  virtual void Post(Task task) = 0;

  // The rest on this loop's thread only.

  // Runs the task once, `delay` from now or later by the granularity of the loop (at most 1 ms).
  virtual TimerId RunAfter(Nanos delay, Task task) = 0;
  // The task will not run; false if it has already run or was cancelled.
  virtual bool Cancel(TimerId timer) = 0;

  // Binds and listens at once; the error names the address. ALREADY_EXISTS: another socket has it;
  // UNAVAILABLE: this machine does not.
  virtual absl::StatusOr<std::unique_ptr<Listener>> Listen(const Address& address,
                                                           const ListenOptions& options,
                                                           AcceptHandler on_accept) = 0;
  virtual void Connect(const Address& address, ConnectHandler done) = 0;
  // Starts to watch a connection. The handler must outlive its OnClosed; the returned Stream is
  // valid until then.
  virtual Stream& Attach(std::unique_ptr<Connection> connection, StreamHandler& handler) = 0;

  virtual Disk& disk() = 0;
};

}  // namespace holdfast
