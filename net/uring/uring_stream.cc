#include "net/uring/uring_stream.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "net/base/check.h"

namespace holdfast {
namespace {

constexpr size_t kTriedBytesMax = size_t{1} << 30;

}  // namespace

UringStream::UringStream(UringLoop& loop, std::unique_ptr<Connection> connection,
                         StreamHandler& handler)
    : SocketStream(loop, std::move(connection), handler), loop_(loop) {
  Touch();
}

size_t UringStream::unsent_bytes() const {
  const size_t queued = SocketStream::unsent_bytes();
  return tried_ ? queued - std::min(queued, tried_bytes_) : queued;
}

void UringStream::OnReceived(int result, uint32_t flags) {
  if ((flags & IORING_CQE_F_MORE) == 0) {
    receive_in_flight_ = false;
    receive_cancelled_ = false;
    Touch();  // unless this was the end, Settle asks again
  }
  if (result > 0) {
    CHECK(flags & IORING_CQE_F_BUFFER);
    const auto buffer = static_cast<uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT);
    TakeBytes(loop_.receive_buffers().View(buffer, static_cast<size_t>(result)));
    loop_.receive_buffers().Return(buffer);
  } else if (result == 0) {
    EndOfInput();
  } else if (result == -ENOBUFS) {
    loop_.receive_buffers().Starve();
  } else if (result != -ECANCELED && result != -EINTR) {
    Fail(ErrnoStatus(-result, "receive"));
  }
}

void UringStream::TakeBytes(absl::string_view bytes) {
  if (!is_open()) return;
  if (wants_bytes() && held_.empty()) return handler().OnReceive(bytes);
  held_.Append(bytes);
  StopReceiving();
}

void UringStream::EndOfInput() {
  if (held_.empty()) return PeerClosed();
  end_is_held_ = true;
}

void UringStream::DeliverHeld() {
  if (held_.empty() || !wants_bytes()) return;
  const Buffer bytes = std::move(held_);
  handler().OnReceive(bytes.view());
  if (end_is_held_) PeerClosed();
}

void UringStream::KeepReceiving() {
  if (receive_in_flight_ || !is_open() || !held_.empty()) return;
  io_uring_sqe* const sqe = loop_.Request(CompletionKind::kReceive, *this);
  io_uring_prep_recv_multishot(sqe, descriptor(), nullptr, 0, 0);
  io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
  sqe->buf_group = ReceiveBuffers::kGroup;
  receive_in_flight_ = true;
}

void UringStream::StopReceiving() {
  if (!receive_in_flight_ || receive_cancelled_) return;
  loop_.CancelRequest(CompletionKind::kReceive, *this);
  receive_cancelled_ = true;
}

void UringStream::TrySend() {
  if (tried_ || refused_ || !may_send()) return;
  std::array<iovec, limits::kPiecesPerSend> pieces;
  size_t count = queue().Describe(pieces.data(), pieces.size());
  size_t bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    pieces[i].iov_len = std::min(pieces[i].iov_len, kTriedBytesMax - bytes);
    bytes += pieces[i].iov_len;
    if (bytes == kTriedBytesMax) count = i + 1;
  }
  tried_bytes_ = bytes;
  tried_ = true;
  // The loop must not sleep on a success after which this stream has something to do.
  const bool is_all = is_open() && bytes == queue().bytes() && !owes_drain_notice();
  loop_.TrySend(*this, {pieces.data(), count},
                is_all ? UringLoop::OnSuccess::kStaySilent : UringLoop::OnSuccess::kWakeUp);
}

void UringStream::OnSent(int result) {
  CHECK(tried_);
  const bool no_room = result >= 0 || result == -EAGAIN || result == -EINTR;
  if (!no_room) Fail(ErrnoStatus(-result, "send"));
  const size_t taken = static_cast<size_t>(std::max(result, 0));
  CHECK(taken <= tried_bytes_);
  refused_ = taken < tried_bytes_;
  if (refused_) OweDrainNotice();
  tried_bytes_ = taken;
}

void UringStream::SettleSend() {
  CHECK(tried_);
  tried_ = false;
  queue().Consume(tried_bytes_);
  if (!queue().empty() || owes_drain_notice() || !is_open()) Touch();
}

void UringStream::AwaitRoom() {
  if (!refused_ || poll_in_flight_ || !may_send()) return;
  io_uring_prep_poll_add(loop_.Request(CompletionKind::kWritable, *this), descriptor(), POLLOUT);
  poll_in_flight_ = true;
  LimitPatience();
}

void UringStream::OnWritable() {
  poll_in_flight_ = false;
  refused_ = false;
  Touch();
}

void UringStream::Settle() {
  DeliverHeld();
  KeepReceiving();
  TrySend();
  AwaitRoom();
  GiveDrainNotice();
  if (is_finished()) Wind();
}

void UringStream::Wind() {
  if (tried_) return;
  StopReceiving();
  if (poll_in_flight_ && !poll_cancelled_) {
    loop_.CancelRequest(CompletionKind::kWritable, *this);
    poll_cancelled_ = true;
  }
  if (!receive_in_flight_ && !poll_in_flight_) Finish();
}

}  // namespace holdfast
