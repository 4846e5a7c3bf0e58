#include "net/peer/connection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"

namespace holdfast {
namespace {

// How often a connection that nobody owns any more looks whether its stream has closed.
constexpr Nanos kLingerCheck = Milliseconds(100);
// Larger payloads leave from where they are; smaller ones are cheaper to copy behind their header.
constexpr size_t kCopiedPayloadMax = 4 * 1024;

absl::Status DuringHandshake(const absl::Status& reason) {
  return absl::Status(reason.code(), absl::StrCat("handshake: ", reason.message()));
}

}  // namespace

PeerConnection::PeerConnection(EventLoop& loop, const PeerSelf& self, Owner& owner,
                               const Handshake::Options& handshake,
                               const PeerConnectionOptions& options)
    : loop_(loop), owner_(&owner), options_(options), handshake_(self, handshake) {
  // Below, a refused Send might wait for an OnDrained that nobody owes.
  CHECK_GT(options.send_queue_bytes_max, limits::kDrainNoticeBytes);
}

PeerConnection::Ptr PeerConnection::Open(EventLoop& loop, Entropy& entropy, const PeerSelf& self,
                                         Owner& owner, std::unique_ptr<Connection> connection,
                                         Handshake::Options handshake,
                                         const PeerConnectionOptions& options) {
  handshake.nonce = {entropy.Next(), entropy.Next()};
  Ptr made(new PeerConnection(loop, self, owner, handshake, options));
  made->remote_ = connection->peer();
  made->stream_ = &loop.Attach(std::move(connection), *made);
  made->timer_ = loop.RunAfter(options.handshake_timeout, [made = made.get()] {
    made->timer_ = {};
    made->Fail(absl::DeadlineExceededError("the peer took too long"));
  });
  if (handshake.side == Handshake::Side::kDialer) {
    Buffer hello;
    made->handshake_.Start(hello);
    made->stream_->Send(std::move(hello));
  }
  return made;
}

bool PeerConnection::Send(FrameType type, absl::Span<const absl::string_view> payload) {
  CHECK_GE(type, kFirstChannelFrame);
  if (!CanSend()) return false;
  Buffer bytes;
  AppendFrame(type, payload, bytes);
  stream_->Send(std::move(bytes));
  return true;
}

bool PeerConnection::Send(FrameType type, Buffer payload) {
  if (payload.size() <= kCopiedPayloadMax) return Send(type, payload.view());
  CHECK_GE(type, kFirstChannelFrame);
  if (!CanSend()) return false;
  const absl::string_view piece = payload.view();
  Buffer header;
  WriteFrameHeader(type, absl::MakeConstSpan(&piece, 1), header.Extend(kFrameHeaderBytes));
  stream_->Send(std::move(header));
  stream_->Send(std::move(payload));
  return true;
}

void PeerConnection::SetReceiving(bool on) {
  if (stream_ != nullptr) stream_->SetReceiving(on);
}

void PeerConnection::OnReceive(absl::string_view bytes) {
  received_bytes_ += bytes.size();
  while (owner_ != nullptr) {
    const absl::StatusOr<absl::optional<Frame>> frame = parser_.Next(bytes);
    if (!frame.ok()) return Fail(frame.status());
    if (!frame->has_value()) return;
    if (absl::Status status = Take(**frame); !status.ok()) return Fail(status);
  }
}

absl::Status PeerConnection::Take(const Frame& frame) {
  refused_by_peer_ = frame.type == kRefuseFrame;
  if (!up_) return TakeHandshake(frame);
  if (refused_by_peer_) return ReadRefusal(frame.payload);
  if (frame.type < kFirstChannelFrame) {
    return absl::InvalidArgumentError(
        absl::StrCat("frame of type ", frame.type, " after the handshake"));
  }
  return owner_->OnFrame(*this, frame);
}

absl::Status PeerConnection::TakeHandshake(const Frame& frame) {
  Buffer answer;
  absl::Status status = handshake_.OnFrame(frame, answer);
  if (status.ok() && handshake_.done()) status = owner_->Admit(handshake_.session());
  if (!status.ok()) return status;
  stream_->Send(std::move(answer));
  if (!handshake_.done()) return absl::OkStatus();
  loop_.Cancel(std::exchange(timer_, {}));
  parser_.set_payload_bytes_max(options_.frame_bytes_max);
  up_ = proved_ = true;
  owner_->OnUp(*this);
  return absl::OkStatus();
}

void PeerConnection::Fail(const absl::Status& reason) {
  if (owner_ == nullptr) return;
  const absl::Status told = proved_ ? reason : DuringHandshake(reason);
  Owner& owner = *owner_;
  if (refused_by_peer_) {
    // It has closed and listens no more.
    owner_ = nullptr;
    up_ = false;
    if (stream_ != nullptr) stream_->Close(CloseMode::kAbort);
  } else {
    End(reason);
  }
  owner.OnDown(*this, told);
}

void PeerConnection::End(const absl::Status& reason) {
  owner_ = nullptr;
  up_ = false;
  if (stream_ == nullptr) return;
  Buffer refusal;
  AppendRefusal(reason, refusal);
  stream_->Send(std::move(refusal));
  stream_->Close(CloseMode::kAfterSend);
}

void PeerConnection::Drop() {
  owner_ = nullptr;
  up_ = false;
  if (stream_ != nullptr) stream_->Close(CloseMode::kReset);
}

void PeerConnection::OnSendDrained() {
  if (up_) owner_->OnDrained(*this);
}

void PeerConnection::OnClosed(const absl::Status& reason) {
  stream_ = nullptr;
  Fail(reason.ok() ? absl::UnavailableError("the peer has closed the connection") : reason);
}

void PeerConnection::Retire::operator()(PeerConnection* connection) const {
  // Without an owner it has been closed already, and may still be sending its refusal.
  if (connection->owner_ != nullptr && connection->stream_ != nullptr) {
    connection->stream_->Close(CloseMode::kAbort);
  }
  connection->owner_ = nullptr;
  connection->up_ = false;
  if (connection->timer_ != TimerId{}) {
    connection->loop_.Cancel(std::exchange(connection->timer_, {}));
  }
  connection->Linger();
}

// The stream needs its handler until OnClosed, and a callback may be under way. So the loop's timer
// owns the object from here on.
void PeerConnection::Linger() {
  loop_.RunAfter(kLingerCheck, [self = std::unique_ptr<PeerConnection>(this)]() mutable {
    if (self->stream_ != nullptr) self.release()->Linger();
  });
}

}  // namespace holdfast
