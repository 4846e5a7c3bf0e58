#include "net/epoll/epoll_listener.h"

#include <sys/socket.h>

#include <cerrno>

#include "net/base/limits.h"

namespace holdfast {

void EpollAcceptor::Close() {
  CloseSocket();
  loop_.Retire(*this);
}

void EpollAcceptor::AcceptSome() {
  // An event of this turn may come after Close.
  for (int i = 0; i < limits::kAcceptsPerTurn && is_open(); ++i) {
    UniqueFd accepted(accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (accepted.is_open()) {
      Accepted(std::move(accepted));
    } else if (errno == EAGAIN || !MayRetry(errno)) {
      return;
    }
  }
  // No further edge comes for the connections that wait already.
  if (is_open()) ResumeAfter({0});
}

}  // namespace holdfast
