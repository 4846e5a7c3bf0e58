#include "net/uring/ring.h"

#include <cerrno>

#include "net/base/check.h"
#include "net/posix/system.h"

namespace holdfast {
namespace {

// What entering the kernel may report without anything being wrong: time is up, a signal, or no
// memory for a request just now, which then stays queued.
bool IsPassing(int result) {
  return result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN ||
         result == -ENOMEM;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ring>> Ring::Create(RingSize size) {
  auto ring = std::unique_ptr<Ring>(new Ring());
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  params.cq_entries = size.completions;
  const int result = io_uring_queue_init_params(size.submissions, &ring->ring_, &params);
  if (result < 0) {
    ring->ring_.ring_fd = -1;
    return ErrnoStatus(-result, "set up an io_uring (needs Linux 6.1)");
  }
  return ring;
}

Ring::~Ring() {
  if (ring_.ring_fd >= 0) io_uring_queue_exit(&ring_);
}

void Ring::Enable() {
  // liburing 2.3 declares io_uring_enable_rings but does not export it.
  CHECK_EQ(io_uring_register(static_cast<unsigned>(ring_.ring_fd), IORING_REGISTER_ENABLE_RINGS,
                             nullptr, 0),
           0);
  // Saves looking up the ring's descriptor in every Enter; a kernel that refuses it loses nothing.
  io_uring_register_ring_fd(&ring_);
}

void Ring::Disable() {
  // The registration belongs to the thread, so it cannot be left to the destructor.
  if (ring_.enter_ring_fd != ring_.ring_fd) io_uring_unregister_ring_fd(&ring_);
}

io_uring_sqe* Ring::Next(CompletionKind kind, const void* target) {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    Submit();
    sqe = io_uring_get_sqe(&ring_);
  }
  sqe->user_data = UserData(kind, target);
  return sqe;
}

void Ring::Submit() { CHECK(IsPassing(io_uring_submit(&ring_))); }

void Ring::Enter(Nanos timeout) {
  int result;
  if (timeout.value == 0) {
    result = io_uring_submit_and_get_events(&ring_);
  } else if (timeout.value < 0) {
    result = io_uring_submit_and_wait(&ring_, 1);
  } else {
    __kernel_timespec time{.tv_sec = timeout.value / 1'000'000'000,
                           .tv_nsec = timeout.value % 1'000'000'000};
    io_uring_cqe* first;
    result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &time, nullptr);
  }
  CHECK(IsPassing(result));
}

}  // namespace holdfast
