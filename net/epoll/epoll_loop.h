// EpollLoop: a loop that waits in epoll.
//
// Every descriptor is registered once, edge-triggered, for everything it will ever wait for, so no
// epoll_ctl follows when receiving is switched off or a send comes up short: whoever does not act
// on an edge remembers it. An event carries a pointer whose lowest bit tells the two kinds apart:
//
//   ...0  EpollStream, the hot path, called directly
//   ...1  EpollDescriptor: listeners, connects under way, the wake-up eventfd
//
// 1. All streams receive into one buffer, whose bytes the handler consumes within OnReceive.
// 2. A retired descriptor is destroyed after the events of the turn, which may still name it.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>
#include <vector>

#include "net/base/limits.h"
#include "net/posix/pool_disk.h"
#include "net/posix/posix_loop.h"
#include "net/posix/unique_fd.h"

namespace holdfast {

// Something other than a stream that waits for events.
class EpollDescriptor {
 public:
  virtual ~EpollDescriptor() = default;
  virtual void OnReady(uint32_t events) = 0;
};

class EpollStream;

class EpollLoop : public PosixLoop {
 public:
  static absl::StatusOr<std::unique_ptr<PosixLoop>> Make(const LoopServices& services);

  absl::StatusOr<std::unique_ptr<Listener>> Listen(const Address& address,
                                                   const ListenOptions& options,
                                                   AcceptHandler on_accept) override;
  Stream& Attach(std::unique_ptr<Connection> connection, StreamHandler& handler) override;
  Disk& disk() override { return disk_; }
  void WatchReadable(int fd, Task on_readable) override;

  absl::Status Watch(int fd, EpollStream& stream);
  absl::Status Watch(int fd, EpollDescriptor& descriptor);
  void Unwatch(int fd);
  // Keeps the descriptor until it retires or the loop ends.
  void Own(std::unique_ptr<EpollDescriptor> descriptor);
  void Retire(EpollDescriptor& descriptor);

  static constexpr size_t kReceiveRoom = 4 * limits::kReceiveBufferSize;
  char* receive_room() { return receive_room_.get(); }

 protected:
  void Wait(Nanos timeout) override;
  void End() override {}
  void ConnectToAny(std::vector<SocketAddress> addresses, ConnectHandler done) override;

 private:
  EpollLoop(const LoopServices& services, UniqueFd epoll);
  absl::Status Register(int fd, uint32_t events, uintptr_t target);

  const UniqueFd epoll_;
  PoolDisk disk_;
  const std::unique_ptr<char[]> receive_room_;
  std::array<epoll_event, limits::kEventsPerTurn> events_;
  std::vector<std::unique_ptr<EpollDescriptor>> descriptors_;
  std::vector<std::unique_ptr<EpollDescriptor>> retired_;
};

}  // namespace holdfast
