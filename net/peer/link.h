// PeerLink: the wish to be connected to one address, on one channel.
//
//          .------------------ back-off <----------------------------.
//          v                                                          |
//   dial: connect -> handshake -> up (OnUp, frames, OnDown) -> broken or refused
//
// 1. At most one connection at a time; what arrives on an earlier one, however late, is dropped.
// 2. Whatever fails, the link dials again, for as long as it lives. Between two dials it waits
//    between half the back-off and all of it, at random. The back-off doubles from backoff_min to
//    backoff_max and starts over once a connection has lasted for backoff_max.
// 3. Nothing is queued while the link is not up: Send returns false.
// 4. A connect that never completes is given up after connect_timeout, but the kernel may hold on
//    to it for longer: at most limits::kPeerDialsMax are under way.
//
// A link does not notice a peer that has gone silent: its owner sends heartbeats, and calls Restart
// when they stay unanswered. Everything happens on the loop's thread. A link may be destroyed
// inside a callback of its own.
#pragma once

#include <memory>

#include "net/peer/connection.h"
#include "net/runtime/runtime.h"

namespace holdfast {

struct PeerLinkOptions {
  Address address;
  PeerChannel channel = PeerChannel::kControl;
  uint64_t expected_node = 0;  // refuse to talk to any other; 0: whoever it is
  Nanos connect_timeout = Milliseconds(limits::kPeerConnectMillisDefault);
  Nanos backoff_min = Milliseconds(limits::kPeerBackoffMillisMin);
  Nanos backoff_max = Milliseconds(limits::kPeerBackoffMillisMax);
  PeerConnectionOptions connection;
};

class PeerLink final : private PeerConnection::Owner {
 public:
  // Dials at once. `self` and `handler` must outlive the link.
  PeerLink(Runtime& runtime, EventLoop& loop, const PeerSelf& self, PeerHandler& handler,
           const PeerLinkOptions& options);
  ~PeerLink() override;
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;

  const PeerLinkOptions& options() const { return options_; }
  bool up() const { return connection_ != nullptr && connection_->up(); }
  // The connection in use; null unless up.
  PeerConnection* connection() { return up() ? connection_.get() : nullptr; }

  // As PeerConnection's; nothing can be sent unless up.
  bool CanSend() const { return up() && connection_->CanSend(); }
  bool Send(FrameType type, absl::Span<const absl::string_view> payload) {
    return up() && connection_->Send(type, payload);
  }
  bool Send(FrameType type, absl::string_view payload) {
    return up() && connection_->Send(type, payload);
  }
  bool Send(FrameType type, Buffer payload) {
    return up() && connection_->Send(type, std::move(payload));
  }

  // Drops what there is and dials again after the back-off. No OnDown comes for it. What was sent
  // and has not arrived by now never does: whoever is told that it is lost can rely on that.
  void Restart(const absl::Status& why);

  // Why the last dial or connection failed; OK if none has since the link came up.
  const absl::Status& last_failure() const { return last_failure_; }

 private:
  absl::Status OnFrame(PeerConnection& connection, const Frame& frame) override;
  void OnUp(PeerConnection& connection) override;
  void OnDrained(PeerConnection& connection) override;
  void OnDown(PeerConnection& connection, const absl::Status& reason) override;

  void Dial();
  void OnConnected(uint64_t attempt, absl::StatusOr<std::unique_ptr<Connection>> connection);
  void DialLater(const absl::Status& why);
  void SetTimer(Nanos delay, void (PeerLink::*action)());
  void StopTimer();
  void OnConnectTimeout();
  std::string Name() const;

  Runtime& runtime_;
  EventLoop& loop_;
  const PeerSelf& self_;
  PeerHandler& handler_;
  const PeerLinkOptions options_;
  // Connects under way hold it too, and find null in it once the link is gone.
  const std::shared_ptr<PeerLink*> this_link_;
  PeerConnectionPtr connection_;
  uint64_t attempt_ = 0;
  bool connecting_ = false;  // attempt_ has not completed
  int dials_under_way_ = 0;
  Nanos backoff_;
  Nanos up_since_{};
  TimerId timer_;  // of the connect or of the back-off
  absl::Status last_failure_;
};

}  // namespace holdfast
