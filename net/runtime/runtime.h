// Runtime: the outside world on one page.
//
// A node is built on a Runtime and touches nothing else: no clock, no random number, no thread, no
// socket, no file. net/uring and net/epoll implement it on Linux; sim implements it from a seed.
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "net/runtime/clock.h"
#include "net/runtime/entropy.h"
#include "net/runtime/event_loop.h"
#include "net/runtime/logger.h"

namespace holdfast {

class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual const Clock& clock() const = 0;
  virtual Entropy& entropy() = 0;
  virtual Logger& logger() = 0;
  // What the loops wait on: "io_uring", "epoll"; for INFO.
  virtual absl::string_view io_name() const = 0;
  virtual int loop_count() const = 0;
  // 0 <= index < loop_count(); the loop runs on a thread of its own in production.
  virtual EventLoop& loop(int index) = 0;
  // Bytes of physical memory the process occupies, and what the machine has; for INFO.
  virtual uint64_t resident_bytes() const = 0;
  virtual uint64_t machine_memory_bytes() const = 0;
  // Seconds of CPU time used by the process, in user and kernel mode; for INFO.
  struct CpuTime {
    double user_seconds = 0;
    double system_seconds = 0;
  };
  virtual CpuTime cpu_time() const = 0;
  virtual int process_id() const = 0;
};

// A Runtime that owns real threads.
class ThreadedRuntime : public Runtime {
 public:
  // Runs every loop, loop 0 on the calling thread, until Stop has been called and all loops have
  // left their current callback.
  virtual void Run() = 0;
  // Any thread.
  virtual void Stop() = 0;
  // Runs the handler on loop 0 when the process gets SIGTERM or SIGINT (the signal's number). At
  // most one handler; set before Run.
  virtual void OnTerminate(absl::AnyInvocable<void(int signal)> handler) = 0;
};

}  // namespace holdfast
