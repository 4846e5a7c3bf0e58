#include "tools/kvctl/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "net/base/check.h"
#include "net/posix/system.h"

namespace holdfast::kvctl {
namespace {

std::atomic<bool> interrupted = false;
int pipe_ends[2] = {-1, -1};

void OnSignal(int) {
  const int error_before = errno;
  interrupted.store(true);
  const char byte = 0;
  // A full pipe is readable already.
  [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &byte, 1);
  errno = error_before;
}

}  // namespace

void WatchForInterrupt() {
  CHECK(pipe_ends[0] < 0);
  CHECK(pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) == 0);
  struct sigaction action = {};
  action.sa_handler = &OnSignal;
  for (const int number : {SIGINT, SIGTERM}) {
    CHECK(sigaction(number, &action, nullptr) == 0);
  }
  // A node that hangs up is an error of that connection, not the end of the program.
  CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

bool Interrupted() { return interrupted.load(); }

void NoticeInterrupt() {
  char bytes[64];
  while (read(pipe_ends[0], bytes, sizeof(bytes)) > 0) {
  }
  interrupted.store(false);
}

int InterruptDescriptor() { return pipe_ends[0]; }

bool PauseFor(Nanos span) {
  const SystemClock clock;
  const Nanos end = clock.Monotonic() + span;
  while (!Interrupted()) {
    const Nanos left = end - clock.Monotonic();
    if (left.value <= 0) return true;
    pollfd waited = {InterruptDescriptor(), POLLIN, 0};
    poll(&waited, 1, static_cast<int>(std::min<int64_t>(ToMillis(left).value + 1, 60'000)));
  }
  return false;
}

}  // namespace holdfast::kvctl
