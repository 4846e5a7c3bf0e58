// Acceptor: a listening socket at work, whichever way the kernel is asked to accept.
//
// When descriptors or memory have run out, every attempt fails at once and the waiting connection
// stays in the backlog: the acceptor then pauses instead of spinning, and says so once until an
// accept has worked again.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "net/posix/socket.h"
#include "net/runtime/event_loop.h"
#include "net/runtime/logger.h"

namespace holdfast {

class Acceptor {
 public:
  Acceptor(EventLoop& loop, Logger& logger, ListeningSocket socket, AcceptHandler on_accept)
      : loop_(loop),
        logger_(logger),
        socket_(std::move(socket)),
        on_accept_(std::move(on_accept)) {}
  virtual ~Acceptor() = default;

  const Address& local() const { return socket_->local(); }

 protected:
  bool is_open() const { return socket_.has_value(); }
  int fd() const { return socket_->fd(); }
  void Accepted(UniqueFd fd);
  // True if the next attempt may follow at once; otherwise Resume will be called.
  bool MayRetry(int error);
  virtual void Resume() = 0;
  void ResumeAfter(Nanos delay);
  // Stops listening now. The object itself may still be needed by events on their way.
  void CloseSocket();

 private:
  EventLoop& loop_;
  Logger& logger_;
  std::optional<ListeningSocket> socket_;
  AcceptHandler on_accept_;
  TimerId pause_;
  bool complained_ = false;
};

}  // namespace holdfast
