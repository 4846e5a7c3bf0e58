// A connect under way with epoll: tries the addresses of a host in turn.
#pragma once

#include <utility>
#include <vector>

#include "net/epoll/epoll_loop.h"

namespace holdfast {

class EpollConnector : public EpollDescriptor {
 public:
  // There is at least one address.
  EpollConnector(EpollLoop& loop, std::vector<SocketAddress> addresses, ConnectHandler done)
      : loop_(loop), addresses_(std::move(addresses)), done_(std::move(done)) {}

  // Starts with the next address, or reports `error`, that of the last one, and retires.
  void TryNext(absl::Status error = absl::OkStatus());
  void OnReady(uint32_t events) override;

 private:
  const SocketAddress& current() const { return addresses_[next_ - 1]; }
  // OK if the attempt has begun, or succeeded.
  absl::Status Begin();
  absl::Status Explain(int error) const;
  void Succeed();

  EpollLoop& loop_;
  const std::vector<SocketAddress> addresses_;
  size_t next_ = 0;
  ConnectHandler done_;
  UniqueFd fd_;
};

}  // namespace holdfast
