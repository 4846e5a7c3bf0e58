// PosixLoop: what the loops of both production runtimes have in common: the order of a turn, the
// tasks, the timers, and the streams.
//
//   turn:  sleep in the kernel -> events -> posted tasks -> settle touched streams -> due timers
//
// 1. The loop sleeps only when no task, no touched stream and no due timer waits.
// 2. A stream is destroyed while streams are settled, never while events are handled, so an event
//    never names a dead stream.
// 3. The clock is read once per turn (twice when a timer ran), and not at all without timers.
//
// After Run has returned nothing runs any more: streams that are still attached are closed without
// an OnClosed when the loop is destroyed, and until then calls on them are allowed and do nothing.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "net/posix/file_pool.h"
#include "net/posix/socket_stream.h"
#include "net/posix/system.h"
#include "net/posix/task_queue.h"
#include "net/posix/timer_heap.h"
#include "net/runtime/event_loop.h"
#include "net/runtime/logger.h"

namespace holdfast {

// What a runtime lends to each of its loops.
struct LoopServices {
  Logger& logger;
  FilePool& files;
  Nanos close_patience;
};

class PosixLoop : public EventLoop {
 public:
  explicit PosixLoop(const LoopServices& services) : services_(services) {}
  ~PosixLoop() override;

  void Post(Task task) final { tasks_.Post(std::move(task)); }
  TimerId RunAfter(Nanos delay, Task task) final;
  bool Cancel(TimerId timer) final { return timers_.Cancel(timer); }
  void Connect(const Address& address, ConnectHandler done) final;

  // Takes turns on the calling thread until Stop.
  void Run();
  // Any thread.
  void Stop();
  // Runs the task on the loop each time the descriptor becomes readable, until the loop ends.
  virtual void WatchReadable(int fd, Task on_readable) = 0;

 protected:
  // Sleeps for at most `timeout` (zero: not at all; negative: without limit) or until something
  // happens, then handles the events.
  virtual void Wait(Nanos timeout) = 0;
  virtual void Begin() {}
  // Leaves nothing of this loop's memory in the kernel's hands.
  virtual void End() = 0;
  // Tries the addresses in turn; there is at least one.
  virtual void ConnectToAny(std::vector<SocketAddress> addresses, ConnectHandler done) = 0;

  Stream& AddStream(std::unique_ptr<SocketStream> stream);
  const LoopServices& services() const { return services_; }
  int wake_descriptor() const { return tasks_.wake_descriptor(); }

 private:
  friend class SocketStream;

  std::unique_ptr<SocketStream> RemoveStream(SocketStream& stream);
  void Sleep();
  void SettleStreams();
  void RunDueTimers();

  const LoopServices services_;
  const SystemClock clock_;
  std::atomic<bool> stopping_{false};
  TaskQueue tasks_;
  TimerHeap timers_;
  Nanos now_;  // as of the end of the last RunDueTimers, if timers are pending
  std::vector<std::unique_ptr<SocketStream>> streams_;
  std::vector<SocketStream*> touched_;   // Settle is due, each once
  std::vector<SocketStream*> settling_;  // the list in hand; keeps its capacity
};

}  // namespace holdfast
