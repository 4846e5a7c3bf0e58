#include "net/posix/connector.h"

#include "absl/strings/str_cat.h"
#include "net/base/status.h"
#include "net/posix/system.h"

namespace holdfast {

void Connector::TryNext(absl::Status error) {
  while (next_ < addresses_.size()) {
    ++next_;
    error = BeginCurrent();
    if (error.ok()) return;
  }
  fd_.Close();
  Retire();
  done_(std::move(error));
}

absl::Status Connector::BeginCurrent() {
  ASSIGN_OR_RETURN(UniqueFd opened, OpenForConnect(current(), mode_));
  fd_ = std::move(opened);
  const int error = Begin(fd_.get(), current());
  return error == 0 ? absl::OkStatus() : Explain(error);
}

void Connector::Completed(int error) {
  if (error != 0) return TryNext(Explain(error));
  Retire();
  done_(AdoptConnected(std::move(fd_), current()));
}

absl::Status Connector::Explain(int error) const {
  return ErrnoStatus(error, absl::StrCat("connect to ", current().ToAddress().ToString()));
}

}  // namespace holdfast
