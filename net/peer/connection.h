// PeerConnection: an open connection to another node: handshake, then frames both ways.
//
//   stream bytes -> FrameParser -> Handshake ... up ... -> PeerHandler::OnFrame
//   Send -> one buffer per frame, or header and payload apart -> stream
//
// Links and servers own connections and hand them to a PeerHandler while they are up.
//
// 1. OnUp comes at most once, and frames only between it and OnDown.
// 2. A handler hears OnDown for every OnUp, unless it ended the connection itself or destroyed its
//    link or server. No callback comes inside a call of the handler's.
// 3. The first error ends the connection: the peer is told why with a REFUSE frame as far as that
//    can still be sent, and nothing that arrives later has an effect.
// 4. The send queue takes no frame while it holds send_queue_bytes_max or more: a refused frame is
//    the caller's, nothing is dropped in silence.
// 5. Dropping a PeerConnectionPtr is allowed at any time, also inside a callback: the object stays
//    with its loop until the stream has closed, and calls nobody any more.
#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "net/base/buffer.h"
#include "net/base/limits.h"
#include "net/peer/frame.h"
#include "net/peer/handshake.h"
#include "net/peer/peer.h"
#include "net/runtime/entropy.h"
#include "net/runtime/event_loop.h"

namespace holdfast {

class PeerConnection;

// What happens on the connections of a link or of a server, told on their loop's thread.
class PeerHandler {
 public:
  virtual ~PeerHandler() = default;
  // The peer has proved who it is: connection.session().
  virtual void OnUp(PeerConnection& connection) = 0;
  // The payload dies with the call. An error (a type that is not known, bytes that make no sense)
  // ends the connection; OnDown follows.
  virtual absl::Status OnFrame(PeerConnection& connection, const Frame& frame) = 0;
  // Everything sent so far has left; comes whenever a Send was refused for want of room.
  virtual void OnDrained(PeerConnection& connection) = 0;
  // The connection is over; it sends nothing any more and is gone when this returns.
  virtual void OnDown(PeerConnection& connection, const absl::Status& reason) = 0;
};

struct PeerConnectionOptions {
  Nanos handshake_timeout = Milliseconds(limits::kPeerHandshakeMillisDefault);
  size_t frame_bytes_max = limits::kPeerFrameBytesMax;  // payload of a received frame
  size_t send_queue_bytes_max = limits::kPeerSendQueueBytesDefault;
};

class PeerConnection final : public StreamHandler {
 public:
  // Whoever made the connection. Here OnDown comes for failed handshakes too.
  class Owner : public PeerHandler {
   public:
    // The peer has proved itself and is about to be told the same of us. An error refuses it.
    virtual absl::Status Admit(const PeerSession&) { return absl::OkStatus(); }
  };
  struct Retire {
    void operator()(PeerConnection* connection) const;
  };
  using Ptr = std::unique_ptr<PeerConnection, Retire>;

  // Attaches the connection and begins the handshake; `handshake.nonce` is drawn here. `owner` and
  // `self` must outlive the result.
  static Ptr Open(EventLoop& loop, Entropy& entropy, const PeerSelf& self, Owner& owner,
                  std::unique_ptr<Connection> connection, Handshake::Options handshake,
                  const PeerConnectionOptions& options);

  bool up() const { return up_; }
  // Has been up; it may have ended since.
  bool proved() const { return proved_; }
  // Once proved.
  const PeerSession& session() const { return handshake_.session(); }
  const Address& remote() const { return remote_; }

  // Whether Send would take a frame now.
  bool CanSend() const { return up_ && unsent_bytes() < options_.send_queue_bytes_max; }
  // Received so far, whole frames or not.
  uint64_t received_bytes() const { return received_bytes_; }
  bool in_frame() const { return parser_.bytes_kept() > 0; }
  size_t unsent_bytes() const { return stream_ == nullptr ? 0 : stream_->unsent_bytes(); }
  // Queues a frame of a type from kFirstChannelFrame on. False, and no effect, if CanSend() is.
  bool Send(FrameType type, absl::Span<const absl::string_view> payload);
  bool Send(FrameType type, absl::string_view payload) {
    return Send(type, absl::MakeConstSpan(&payload, 1));
  }
  // Without copying a large payload. A payload that is not taken is lost: ask CanSend() first.
  bool Send(FrameType type, Buffer payload);
  // While off the peer is slowed down by its own socket buffer; frames that are already here still
  // come.
  void SetReceiving(bool on);

  // The owner's: tells the peer why, sends what is queued and closes. No callback follows.
  void End(const absl::Status& reason);
  // The owner's, of a peer that is not heard: what has not reached it by now never does. No
  // callback follows.
  void Drop();

  void OnReceive(absl::string_view bytes) override;
  void OnSendDrained() override;
  void OnClosed(const absl::Status& reason) override;

 private:
  friend std::default_delete<PeerConnection>;
  PeerConnection(EventLoop& loop, const PeerSelf& self, Owner& owner,
                 const Handshake::Options& handshake, const PeerConnectionOptions& options);
  ~PeerConnection() override = default;

  absl::Status Take(const Frame& frame);
  absl::Status TakeHandshake(const Frame& frame);
  void Fail(const absl::Status& reason);
  void Linger();

  EventLoop& loop_;
  Owner* owner_;  // null: it is over, nobody is to hear of it any more
  const PeerConnectionOptions options_;
  Handshake handshake_;
  FrameParser parser_{limits::kPeerHandshakeFrameBytesMax};
  uint64_t received_bytes_ = 0;
  Stream* stream_ = nullptr;  // null once closed
  Address remote_;
  TimerId timer_;  // of the handshake
  bool up_ = false;
  bool proved_ = false;
  bool refused_by_peer_ = false;
};

using PeerConnectionPtr = PeerConnection::Ptr;

}  // namespace holdfast
