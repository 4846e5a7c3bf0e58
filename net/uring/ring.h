// Ring: the submission and completion queues shared with the kernel, and what a completion means.
//
// The 64 bits that travel with each request are the address of the object it belongs to and, in
// the three lowest bits, what was asked:
//
//   kReceive    UringStream    multishot receive: many completions, the last without F_MORE
//   kWritable   UringStream    one-shot poll for room in the socket's send buffer
//   kSend       UringStream    a send that came up short; a whole one completes silently
//   kOperation  UringOperation anything else: accepts, connects, files, watched descriptors
//   kNobody     -              cancellations
//
// 1. The ring is used by one thread, from Enable to Disable (IORING_SETUP_SINGLE_ISSUER); before,
//    requests may be prepared but not submitted.
// 2. The kernel runs completion work only inside Enter (IORING_SETUP_DEFER_TASKRUN), so completions
//    do not appear while earlier ones are handled.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/base/types.h"

namespace holdfast {

enum class CompletionKind : uint64_t { kReceive, kWritable, kSend, kOperation, kNobody };
inline constexpr uint64_t kCompletionKindMask = 7;

inline uint64_t UserData(CompletionKind kind, const void* target) {
  return reinterpret_cast<uint64_t>(target) | static_cast<uint64_t>(kind);
}

inline CompletionKind KindOf(const io_uring_cqe& completion) {
  return static_cast<CompletionKind>(completion.user_data & kCompletionKindMask);
}
// The object the request belongs to, of the type that its kind says.
template <typename Target>
Target& TargetOf(const io_uring_cqe& completion) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how a pointer travels with a request.
  return *reinterpret_cast<Target*>(completion.user_data & ~kCompletionKindMask);
}

struct RingSize {
  unsigned submissions;
  unsigned completions;
};

class Ring {
 public:
  static absl::StatusOr<std::unique_ptr<Ring>> Create(RingSize size);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  void Enable();
  void Disable();

  // The next free request, to be filled in with an io_uring_prep_*. Submits those prepared so far
  // if the queue is full.
  io_uring_sqe* Next(CompletionKind kind, const void* target);
  // True if every request prepared so far has been taken by the kernel.
  bool all_submitted() const { return io_uring_sq_ready(&ring_) == 0; }
  void Submit();
  // Submits and sleeps until a completion is there, for at most `timeout` (zero: not at all;
  // negative: without limit).
  void Enter(Nanos timeout);

  // Calls visit(const io_uring_cqe&) for each completion, including those that overflowed the
  // queue, and then frees their places.
  template <typename Visit>
  void Reap(const Visit& visit) {
    for (;;) {
      unsigned head;
      unsigned count = 0;
      io_uring_cqe* completion;
      io_uring_for_each_cqe(&ring_, head, completion) {
        ++count;
        visit(*completion);
      }
      io_uring_cq_advance(&ring_, count);
      if (!io_uring_cq_has_overflow(&ring_)) return;
      io_uring_get_events(&ring_);
    }
  }

  io_uring* raw() { return &ring_; }

 private:
  Ring() = default;

  io_uring ring_{};
};

}  // namespace holdfast
