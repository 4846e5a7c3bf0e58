// Accepting connections with epoll.
#pragma once

#include <utility>

#include "net/epoll/epoll_loop.h"
#include "net/posix/acceptor.h"

namespace holdfast {

class EpollAcceptor : public EpollDescriptor, public Acceptor {
 public:
  EpollAcceptor(EpollLoop& loop, Logger& logger, ListeningSocket socket, AcceptHandler on_accept)
      : Acceptor(loop, logger, std::move(socket), std::move(on_accept)), loop_(loop) {}

  void OnReady(uint32_t) override { AcceptSome(); }
  void Close();

 protected:
  void Resume() override { AcceptSome(); }

 private:
  void AcceptSome();

  EpollLoop& loop_;
};

class EpollListener : public Listener {
 public:
  explicit EpollListener(EpollAcceptor& acceptor) : acceptor_(acceptor) {}
  ~EpollListener() override { acceptor_.Close(); }
  const Address& local() const override { return acceptor_.local(); }

 private:
  EpollAcceptor& acceptor_;
};

}  // namespace holdfast
