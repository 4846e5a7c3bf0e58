#include "net/uring/uring_loop.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "net/base/check.h"
#include "net/base/status.h"
#include "net/uring/uring_connector.h"
#include "net/uring/uring_listener.h"
#include "net/uring/uring_stream.h"

namespace holdfast {
namespace {

constexpr int kSendFlags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;

// Completes with each edge; an eventfd behind it needs no reading.
class Readable : public UringOperation {
 public:
  Readable(UringLoop& loop, int fd, Task on_readable)
      : loop_(loop), fd_(fd), on_readable_(std::move(on_readable)) {}

  void Arm() { io_uring_prep_poll_multishot(loop_.Request(*this), fd_, POLLIN); }
  void Complete(int, bool is_last) override {
    on_readable_();
    if (is_last) Arm();
  }

 private:
  UringLoop& loop_;
  const int fd_;
  Task on_readable_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PosixLoop>> UringLoop::Make(const LoopServices& services) {
  ASSIGN_OR_RETURN(std::unique_ptr<Ring> ring,
                   Ring::Create({.submissions = limits::kSubmissionEntries,
                                 .completions = limits::kCompletionEntries}));
  ASSIGN_OR_RETURN(std::unique_ptr<ReceiveBuffers> buffers,
                   ReceiveBuffers::Create(ring->raw(), {.at_start = limits::kReceiveBuffersAtStart,
                                                        .most = limits::kReceiveBuffersPerLoop}));
  auto loop =
      std::unique_ptr<UringLoop>(new UringLoop(services, std::move(ring), std::move(buffers)));
  // Waking up is all that the eventfd is for.
  loop->WatchReadable(loop->wake_descriptor(), [] {});
  return loop;
}

UringLoop::UringLoop(const LoopServices& services, std::unique_ptr<Ring> ring,
                     std::unique_ptr<ReceiveBuffers> receive_buffers)
    : PosixLoop(services),
      receive_buffers_(std::move(receive_buffers)),
      ring_(std::move(ring)),
      disk_(*this) {}

UringLoop::~UringLoop() = default;

void UringLoop::Wait(Nanos timeout) {
  ring_->Enter(timeout);
  ring_->Reap([this](const io_uring_cqe& completion) { Dispatch(completion); });
  receive_buffers_->Publish();
  // Otherwise a send may be among those not yet taken, and the next turn settles them all.
  if (ring_->all_submitted()) SettleSends();
  retired_.clear();
}

void UringLoop::Dispatch(const io_uring_cqe& completion) {
  const bool is_last = (completion.flags & IORING_CQE_F_MORE) == 0;
  switch (KindOf(completion)) {
    case CompletionKind::kReceive:
      in_flight_ -= is_last;
      return TargetOf<UringStream>(completion).OnReceived(completion.res, completion.flags);
    case CompletionKind::kWritable:
      in_flight_ -= is_last;
      return TargetOf<UringStream>(completion).OnWritable();
    case CompletionKind::kSend:
      return TargetOf<UringStream>(completion).OnSent(completion.res);
    case CompletionKind::kOperation:
      in_flight_ -= is_last;
      return TargetOf<UringOperation>(completion).Complete(completion.res, is_last);
    case CompletionKind::kNobody:
      return;
  }
}

void UringLoop::SettleSends() {
  for (UringStream* stream : tried_) stream->SettleSend();
  tried_.clear();
  gathered_used_ = 0;
}

io_uring_sqe* UringLoop::Request(CompletionKind kind, UringStream& target) {
  ++in_flight_;
  return ring_->Next(kind, &target);
}

io_uring_sqe* UringLoop::Request(UringOperation& target) {
  ++in_flight_;
  return ring_->Next(CompletionKind::kOperation, &target);
}

void UringLoop::CancelRequest(CompletionKind kind, UringStream& target) {
  CancelRequest(UserData(kind, &target));
}

void UringLoop::CancelRequest(UringOperation& target) {
  CancelRequest(UserData(CompletionKind::kOperation, &target));
}

void UringLoop::CancelRequest(uint64_t user_data) {
  if (has_ended_) return;
  io_uring_sqe* const sqe = ring_->Next(CompletionKind::kNobody, nullptr);
  io_uring_prep_cancel64(sqe, user_data, 0);
  io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
}

void UringLoop::TrySend(UringStream& stream, absl::Span<const iovec> pieces, OnSuccess on_success) {
  GatheredSend* const gathered = pieces.size() > 1 ? NextGatheredSend() : nullptr;
  io_uring_sqe* const sqe = ring_->Next(CompletionKind::kSend, &stream);
  if (gathered == nullptr) {
    CHECK_EQ(pieces.size(), size_t{1});
    io_uring_prep_send(sqe, stream.descriptor(), pieces[0].iov_base, pieces[0].iov_len, kSendFlags);
  } else {
    std::copy(pieces.begin(), pieces.end(), gathered->pieces.begin());
    gathered->message = {};
    gathered->message.msg_iov = gathered->pieces.data();
    gathered->message.msg_iovlen = pieces.size();
    io_uring_prep_sendmsg(sqe, stream.descriptor(), &gathered->message, kSendFlags);
  }
  if (on_success == OnSuccess::kStaySilent) io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
  tried_.push_back(&stream);
}

GatheredSend* UringLoop::NextGatheredSend() {
  if (gathered_used_ == gathered_.size()) {
    // The kernel copies a message when it takes the request.
    while (!ring_->all_submitted()) ring_->Submit();
    gathered_used_ = 0;
  }
  return &gathered_[gathered_used_++];
}

void UringLoop::AddOperation(std::unique_ptr<UringOperation> operation) {
  operation->place_ = operations_.size();
  operations_.push_back(std::move(operation));
}

void UringLoop::Retire(UringOperation& operation) {
  const size_t place = operation.place_;
  CHECK(operations_[place].get() == &operation);
  std::swap(operations_[place], operations_.back());
  operations_[place]->place_ = place;
  retired_.push_back(std::move(operations_.back()));
  operations_.pop_back();
}

void UringLoop::End() {
  has_ended_ = true;
  io_uring_sqe* const sqe = ring_->Next(CompletionKind::kNobody, nullptr);
  io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
  ring_->Enter({0});
  for (;;) {
    ring_->Reap([this](const io_uring_cqe& completion) { Discard(completion); });
    if (in_flight_ == 0) break;
    ring_->Enter({-1});
  }
  ring_->Disable();
}

void UringLoop::Discard(const io_uring_cqe& completion) {
  const CompletionKind kind = KindOf(completion);
  if (kind == CompletionKind::kNobody || kind == CompletionKind::kSend) return;
  if ((completion.flags & IORING_CQE_F_MORE) == 0) --in_flight_;
  if (kind != CompletionKind::kOperation) return;
  TargetOf<UringOperation>(completion).Discard(completion.res);
}

void UringLoop::WatchReadable(int fd, Task on_readable) {
  Own(std::make_unique<Readable>(*this, fd, std::move(on_readable))).Arm();
}

absl::StatusOr<std::unique_ptr<Listener>> UringLoop::Listen(const Address& address,
                                                            const ListenOptions& options,
                                                            AcceptHandler on_accept) {
  ASSIGN_OR_RETURN(ListeningSocket socket,
                   ListeningSocket::Open(address, options, SocketMode::kBlocking));
  UringAcceptor& acceptor = Own(std::make_unique<UringAcceptor>(
      *this, services().logger, std::move(socket), std::move(on_accept)));
  acceptor.Arm();
  return std::make_unique<UringListener>(acceptor);
}

Stream& UringLoop::Attach(std::unique_ptr<Connection> connection, StreamHandler& handler) {
  return AddStream(std::make_unique<UringStream>(*this, std::move(connection), handler));
}

void UringLoop::ConnectToAny(std::vector<SocketAddress> addresses, ConnectHandler done) {
  UringConnector& connector =
      Own(std::make_unique<UringConnector>(*this, std::move(addresses), std::move(done)));
  // A failure to begin is known at once, but no handler may run inside the caller's call.
  Post([&connector] { connector.TryNext(); });
}

}  // namespace holdfast
