#include "net/posix/acceptor.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"

namespace holdfast {

void Acceptor::Accepted(UniqueFd fd) {
  complained_ = false;
  on_accept_(socket_->Adopt(std::move(fd)));
}

bool Acceptor::MayRetry(int error) {
  // Everything else that accept(2) may report concerns the one connection that it failed on.
  if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM) return true;
  if (!complained_) {
    complained_ = true;
    logger_.Write(LogLevel::kWarning,
                  absl::StrCat("Cannot accept connections on ", local().ToString(),
                               " for now: ", std::strerror(error)));
  }
  ResumeAfter(Milliseconds(limits::kAcceptPauseMillis));
  return false;
}

void Acceptor::ResumeAfter(Nanos delay) {
  if (pause_ != TimerId()) return;
  pause_ = loop_.RunAfter(delay, [this] {
    pause_ = TimerId();
    Resume();
  });
}

void Acceptor::CloseSocket() {
  if (pause_ != TimerId()) loop_.Cancel(pause_);
  pause_ = TimerId();
  socket_.reset();
}

}  // namespace holdfast
