#include "net/epoll/epoll_connector.h"

#include <sys/socket.h>

#include <cerrno>

namespace holdfast {

int EpollConnector::Begin(int fd, const SocketAddress& to) {
  if (connect(fd, to.get(), to.length) != 0 && errno != EINPROGRESS) return errno;
  // An attempt that has already succeeded is writable, so its event comes like any other.
  return loop_.Watch(fd, *this).ok() ? 0 : ENOMEM;
}

void EpollConnector::OnReady(uint32_t) {
  if (!is_trying()) return;
  int error = 0;
  socklen_t length = sizeof(error);
  if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  // The socket's next owner registers it anew.
  if (error == 0) loop_.Unwatch(fd());
  Completed(error);
}

}  // namespace holdfast
