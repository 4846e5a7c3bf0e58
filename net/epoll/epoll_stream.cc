#include "net/epoll/epoll_stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

namespace holdfast {

void EpollStream::Start() {
  absl::Status watched = loop_.Watch(descriptor(), *this);
  if (!watched.ok()) Fail(std::move(watched));
}

void EpollStream::OnReady(uint32_t events) {
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = true;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
  if ((events & EPOLLOUT) && !writable_) {
    writable_ = true;
    Touch();
  }
  if (!readable_) return;
  if (wants_bytes()) {
    Receive();
  } else if (hung_up_) {
    LookForEnd();
  }
}

void EpollStream::LookForEnd() {
  char byte;
  const ssize_t got = recv(descriptor(), &byte, 1, MSG_PEEK);
  if (got == 0) return PeerClosed();
  if (got < 0 && errno != EAGAIN && errno != EINTR) Fail(ErrnoStatus(errno, "receive"));
}

void EpollStream::Receive() {
  char* const room = loop_.receive_room();
  for (int i = 0; i < limits::kTransfersPerTurn; ++i) {
    const ssize_t got = recv(descriptor(), room, EpollLoop::kReceiveRoom, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      readable_ = false;
      if (errno != EAGAIN) Fail(ErrnoStatus(errno, "receive"));
      return;
    }
    if (got == 0) {
      readable_ = false;
      return PeerClosed();
    }
    handler().OnReceive({room, static_cast<size_t>(got)});
    if (!wants_bytes()) return;
    if (static_cast<size_t>(got) < EpollLoop::kReceiveRoom && !hung_up_) {
      readable_ = false;
      return;
    }
  }
  Touch();
}

ssize_t EpollStream::SendOnce() {
  std::array<iovec, limits::kPiecesPerSend> pieces;
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = queue().Describe(pieces.data(), pieces.size());
  return sendmsg(descriptor(), &message, MSG_NOSIGNAL);
}

void EpollStream::Flush() {
  for (int i = 0; i < limits::kTransfersPerTurn && writable_ && may_send(); ++i) {
    const ssize_t taken = SendOnce();
    if (taken >= 0) {
      queue().Consume(static_cast<size_t>(taken));
    } else if (errno == EAGAIN) {
      writable_ = false;
      OweDrainNotice();
    } else if (errno != EINTR) {
      return Fail(ErrnoStatus(errno, "send"));
    }
  }
  if (may_send()) {
    if (writable_) Touch();
    LimitPatience();
  }
}

void EpollStream::Settle() {
  if (readable_ && wants_bytes()) Receive();
  Flush();
  GiveDrainNotice();
  if (is_finished()) Finish();
}

}  // namespace holdfast
