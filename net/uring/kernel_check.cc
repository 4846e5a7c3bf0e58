#include "net/uring/kernel_check.h"

#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "net/base/status.h"
#include "net/posix/system.h"
#include "net/posix/unique_fd.h"
#include "net/uring/receive_buffers.h"
#include "net/uring/ring.h"

namespace holdfast {
namespace {

struct SocketPair {
  UniqueFd left;
  UniqueFd right;
};

absl::StatusOr<SocketPair> MakePair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoStatus(errno, "make a pair of sockets");
  }
  return SocketPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A multishot receive must deliver into a buffer of the group and go on.
absl::Status CheckReceive(Ring& ring, ReceiveBuffers& buffers, const SocketPair& sockets) {
  io_uring_sqe* const sqe = ring.Next(CompletionKind::kReceive, nullptr);
  io_uring_prep_recv_multishot(sqe, sockets.right.get(), nullptr, 0, 0);
  io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
  sqe->buf_group = ReceiveBuffers::kGroup;
  if (send(sockets.left.get(), "x", 1, MSG_NOSIGNAL) != 1) return ErrnoStatus(errno, "send");
  ring.Enter({-1});
  bool delivered = false;
  ring.Reap([&](const io_uring_cqe& completion) {
    if (completion.res != 1) return;
    const auto buffer = static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    delivered = (completion.flags & IORING_CQE_F_MORE) &&
                (completion.flags & IORING_CQE_F_BUFFER) && buffers.View(buffer, 1) == "x";
  });
  if (delivered) return absl::OkStatus();
  return absl::UnimplementedError("io_uring here has no multishot receive (needs Linux 6.0)");
}

// A whole send must stay silent and one larger than the socket's room must tell what it took.
absl::Status CheckSend(Ring& ring, const SocketPair& sockets) {
  const std::string bytes(4 << 20, 'x');
  int completions = 0;
  int taken = 0;
  for (const size_t length : {size_t{1}, bytes.size()}) {
    io_uring_sqe* const sqe = ring.Next(CompletionKind::kSend, nullptr);
    io_uring_prep_send(sqe, sockets.right.get(), bytes.data(), length,
                       MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL);
    io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
  }
  ring.Enter({0});
  ring.Reap([&](const io_uring_cqe& completion) {
    ++completions;
    taken = completion.res;
  });
  if (completions == 1 && taken > 0 && static_cast<size_t>(taken) < bytes.size()) {
    return absl::OkStatus();
  }
  return absl::UnimplementedError("io_uring here does not report short sends as expected");
}

}  // namespace

absl::Status CheckKernel() {
  ASSIGN_OR_RETURN(const auto ring, Ring::Create({.submissions = 8, .completions = 16}));
  ASSIGN_OR_RETURN(const auto buffers,
                   ReceiveBuffers::Create(ring->raw(), {.at_start = 2, .most = 2}));
  ASSIGN_OR_RETURN(const SocketPair sockets, MakePair());
  ASSIGN_OR_RETURN(const SocketPair more_sockets, MakePair());
  ring->Enable();
  absl::Status result = CheckReceive(*ring, *buffers, sockets);
  if (result.ok()) result = CheckSend(*ring, more_sockets);
  ring->Disable();
  return result;
}

}  // namespace holdfast
