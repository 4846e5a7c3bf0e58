#include "net/posix/termination.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "net/base/check.h"

namespace holdfast {
namespace {

std::atomic<int> signal_pipe{-1};

void Relay(int signal) {
  const int saved_errno = errno;
  const char number = static_cast<char>(signal);
  // A full pipe holds enough news of the same kind already.
  [[maybe_unused]] const ssize_t written = write(signal_pipe.load(), &number, 1);
  errno = saved_errno;
}

}  // namespace

Termination::Termination(absl::AnyInvocable<void(int signal)> handler)
    : handler_(std::move(handler)) {
  int ends[2];
  CHECK_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  read_end_ = UniqueFd(ends[0]);
  write_end_ = UniqueFd(ends[1]);
  int nobody = -1;
  CHECK(signal_pipe.compare_exchange_strong(nobody, write_end_.get()));
  struct sigaction action {};
  action.sa_handler = &Relay;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  CHECK_EQ(sigaction(SIGTERM, &action, &previous_term_), 0);
  CHECK_EQ(sigaction(SIGINT, &action, &previous_int_), 0);
}

Termination::~Termination() {
  sigaction(SIGTERM, &previous_term_, nullptr);
  sigaction(SIGINT, &previous_int_, nullptr);
  signal_pipe.store(-1);
}

void Termination::Deliver() {
  char number;
  while (read(read_end_.get(), &number, 1) == 1) handler_(number);
}

}  // namespace holdfast
