#include "net/epoll/epoll_connector.h"

#include <sys/socket.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "net/base/status.h"

namespace holdfast {

void EpollConnector::TryNext(absl::Status error) {
  while (next_ < addresses_.size()) {
    ++next_;
    error = Begin();
    if (error.ok()) return;
  }
  loop_.Retire(*this);
  done_(std::move(error));
}

absl::Status EpollConnector::Begin() {
  ASSIGN_OR_RETURN(fd_, OpenForConnect(current(), SocketMode::kNonBlocking));
  const bool connected = connect(fd_.get(), current().get(), current().length) == 0;
  if (!connected && errno != EINPROGRESS) return Explain(errno);
  // An attempt that has already succeeded is writable, so its event comes like any other.
  return loop_.Watch(fd_.get(), *this);
}

void EpollConnector::OnReady(uint32_t) {
  if (!fd_.is_open()) return;
  int error = 0;
  socklen_t length = sizeof(error);
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) return TryNext(Explain(error));
  Succeed();
}

void EpollConnector::Succeed() {
  // The socket's next owner registers it anew.
  loop_.Unwatch(fd_.get());
  loop_.Retire(*this);
  done_(AdoptConnected(std::move(fd_), current()));
}

absl::Status EpollConnector::Explain(int error) const {
  return ErrnoStatus(error, absl::StrCat("connect to ", current().ToAddress().ToString()));
}

}  // namespace holdfast
