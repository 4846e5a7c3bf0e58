#include "net/posix/socket_stream.h"

#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "net/posix/posix_loop.h"

namespace holdfast {
namespace {

// Attach takes any Connection; those of this process's runtime are all of one class.
SocketConnection& Downcast(Connection& connection) {
  return static_cast<SocketConnection&>(connection);
}

}  // namespace

SocketStream::SocketStream(PosixLoop& loop, std::unique_ptr<Connection> connection,
                           StreamHandler& handler)
    : loop_(loop),
      handler_(handler),
      fd_(std::move(Downcast(*connection).fd_)),
      peer_(std::move(Downcast(*connection).peer_)),
      local_(std::move(Downcast(*connection).local_)) {}

void SocketStream::Send(Buffer bytes) {
  if (!is_open() || bytes.empty()) return;
  queue_.Push(std::move(bytes));
  if (queue_.bytes() > limits::kDrainNoticeBytes) OweDrainNotice();
  Touch();
}

void SocketStream::SetReceiving(bool on) {
  if (receiving_ == on) return;
  receiving_ = on;
  Touch();
}

void SocketStream::Close(CloseMode mode) {
  if (mode == CloseMode::kReset) {
    const linger none{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &none, sizeof(none));
  }
  if (mode != CloseMode::kAfterSend) return Abort();
  if (is_open()) phase_ = Phase::kFlushing;
  Touch();
}

void SocketStream::Touch() {
  if (touched_) return;
  touched_ = true;
  loop_.touched_.push_back(this);
}

void SocketStream::Abort() {
  phase_ = Phase::kAborting;
  Touch();
}

void SocketStream::Fail(absl::Status reason) {
  if (reason_.ok()) reason_ = std::move(reason);
  Abort();
}

void SocketStream::PeerClosed() { Close(CloseMode::kAfterSend); }

void SocketStream::GiveDrainNotice() {
  if (!drain_notice_owed_ || !is_open() || !queue_.empty()) return;
  drain_notice_owed_ = false;
  handler_.OnSendDrained();
}

void SocketStream::LimitPatience() {
  if (phase_ != Phase::kFlushing || patience_ != TimerId()) return;
  unsent_when_patience_began_ = queue_.bytes();
  patience_ = loop_.RunAfter(loop_.services_.close_patience, [this] {
    patience_ = TimerId();
    if (queue_.bytes() < unsent_when_patience_began_) return LimitPatience();
    Fail(absl::DeadlineExceededError(
        absl::StrCat("peer ", peer_.ToString(), " does not take the last bytes sent to it")));
  });
}

void SocketStream::Finish() {
  if (touched_) return;  // a callback of this Settle put it on the list again: next turn
  if (patience_ != TimerId()) loop_.Cancel(patience_);
  if (phase_ == Phase::kFlushing) DiscardArrived(fd_.get());
  phase_ = Phase::kAborting;
  touched_ = true;  // nothing that OnClosed does puts the dying stream on the list again
  const std::unique_ptr<SocketStream> self = loop_.RemoveStream(*this);
  handler_.OnClosed(reason_);
}

}  // namespace holdfast
