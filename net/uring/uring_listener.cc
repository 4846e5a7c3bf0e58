#include "net/uring/uring_listener.h"

#include <sys/socket.h>

namespace holdfast {

void UringAcceptor::Arm() {
  io_uring_prep_multishot_accept(loop_.Request(*this), fd(), nullptr, nullptr, SOCK_CLOEXEC);
  in_flight_ = true;
}

void UringAcceptor::Complete(int result, bool is_last) {
  in_flight_ = !is_last;
  UniqueFd accepted(result);
  if (!is_open()) {
    // Closed while this completion was on its way.
    if (is_last) loop_.Retire(*this);
    return;
  }
  if (accepted.is_open()) {
    Accepted(std::move(accepted));
  } else if (!MayRetry(-result)) {
    return;
  }
  if (is_open() && !in_flight_) Arm();
}

void UringAcceptor::Close() {
  // The accept in flight keeps the socket alive; shutting it down frees the address at once.
  shutdown(fd(), SHUT_RDWR);
  CloseSocket();
  if (in_flight_) {
    loop_.CancelRequest(*this);
  } else {
    loop_.Retire(*this);
  }
}

}  // namespace holdfast
