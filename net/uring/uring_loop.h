// UringLoop: a loop whose every request to the kernel travels through one io_uring.
//
//   turn:  Enter: submit what was prepared, sleep --> completions --> settle sends
//          posted tasks --> settle streams (prepares requests) --> due timers
//
// A turn is one system call, whatever number of streams received and sent in it.
//
// A send is submitted with MSG_DONTWAIT | MSG_WAITALL: it is carried out inside Enter, as far as
// the socket has room. It asks for silence on success, so that a turn whose sends all succeed is
// not woken by them; one that came up short completes in any case. Hence
//
// 1. after an Enter that submitted everything, a stream's tried bytes are gone unless a completion
//    of that Enter says otherwise, and the kernel holds no send buffer across a turn;
// 2. objects named by requests in flight live until the last completion of each; in_flight_ counts
//    these requests.
//
// When the loop ends it cancels all requests and waits for their completions; a file operation then
// in flight may or may not take place.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "net/base/limits.h"
#include "net/posix/posix_loop.h"
#include "net/uring/receive_buffers.h"
#include "net/uring/ring.h"
#include "net/uring/uring_disk.h"

namespace holdfast {

class UringLoop;
class UringStream;

// Something other than a stream that has requests in flight. The loop owns it.
class UringOperation {
 public:
  virtual ~UringOperation() = default;
  // `is_last`: the request has ended; otherwise more completions of it follow.
  virtual void Complete(int result, bool is_last) = 0;
  // In place of Complete once the loop has ended: lets go of what the result stands for.
  virtual void Discard(int) {}

 private:
  friend class UringLoop;
  size_t place_ = 0;  // in the loop's table
};

// A message of several buffers, until it is submitted.
struct GatheredSend {
  msghdr message;
  std::array<iovec, limits::kPiecesPerSend> pieces;
};

class UringLoop : public PosixLoop {
 public:
  static absl::StatusOr<std::unique_ptr<PosixLoop>> Make(const LoopServices& services);
  ~UringLoop() override;

  absl::StatusOr<std::unique_ptr<Listener>> Listen(const Address& address,
                                                   const ListenOptions& options,
                                                   AcceptHandler on_accept) override;
  Stream& Attach(std::unique_ptr<Connection> connection, StreamHandler& handler) override;
  Disk& disk() override { return disk_; }
  void WatchReadable(int fd, Task on_readable) override;

  // Adds an operation that will have requests in flight; it lives until Retire.
  template <typename Operation>
  Operation& Own(std::unique_ptr<Operation> operation) {
    Operation& owned = *operation;
    AddOperation(std::move(operation));
    return owned;
  }
  // The operation has nothing in flight; it is destroyed at the end of the turn.
  void Retire(UringOperation& operation);

  // The next request to fill in. Its last completion must be awaited before the target dies.
  io_uring_sqe* Request(CompletionKind kind, UringStream& target);
  io_uring_sqe* Request(UringOperation& target);
  // Cancels a request, if it is still in flight; its last completion comes all the same.
  void CancelRequest(CompletionKind kind, UringStream& target);
  void CancelRequest(UringOperation& target);
  // Prepares to send the pieces; SettleSend of the stream follows.
  enum class OnSuccess { kStaySilent, kWakeUp };
  void TrySend(UringStream& stream, absl::Span<const iovec> pieces, OnSuccess on_success);

  ReceiveBuffers& receive_buffers() { return *receive_buffers_; }
  FilePool& files() { return services().files; }
  bool has_ended() const { return has_ended_; }

 protected:
  void Wait(Nanos timeout) override;
  void Begin() override { ring_->Enable(); }
  void End() override;
  void ConnectToAny(std::vector<SocketAddress> addresses, ConnectHandler done) override;

 private:
  UringLoop(const LoopServices& services, std::unique_ptr<Ring> ring,
            std::unique_ptr<ReceiveBuffers> receive_buffers);
  void AddOperation(std::unique_ptr<UringOperation> operation);
  void CancelRequest(uint64_t user_data);
  void Dispatch(const io_uring_cqe& completion);
  void Discard(const io_uring_cqe& completion);
  void SettleSends();
  GatheredSend* NextGatheredSend();

  const std::unique_ptr<ReceiveBuffers> receive_buffers_;
  const std::unique_ptr<Ring> ring_;  // after the buffers: the kernel lets go of them first
  UringDisk disk_;
  int64_t in_flight_ = 0;
  bool has_ended_ = false;
  std::vector<UringStream*> tried_;  // streams with a send in this turn's submission
  std::array<GatheredSend, 32> gathered_;
  size_t gathered_used_ = 0;  // since the last submission
  std::vector<std::unique_ptr<UringOperation>> operations_;
  std::vector<std::unique_ptr<UringOperation>> retired_;
};

}  // namespace holdfast
