// Connecting with epoll.
#pragma once

#include <utility>
#include <vector>

#include "net/epoll/epoll_loop.h"
#include "net/posix/connector.h"

namespace holdfast {

class EpollConnector : public EpollDescriptor, public Connector {
 public:
  EpollConnector(EpollLoop& loop, std::vector<SocketAddress> addresses, ConnectHandler done)
      : Connector(std::move(addresses), std::move(done), SocketMode::kNonBlocking), loop_(loop) {}

  void OnReady(uint32_t events) override;

 protected:
  int Begin(int fd, const SocketAddress& to) override;
  void Retire() override { loop_.Retire(*this); }

 private:
  EpollLoop& loop_;
};

}  // namespace holdfast
