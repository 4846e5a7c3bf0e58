// SocketStream: the half of a Stream that does not depend on how the kernel is asked.
//
// The calls of a handler's owner (Send, SetReceiving, Close) and the events of the kernel only
// change this object's state and put it on the loop's list; once per turn the loop calls Settle,
// which brings the kernel in line with the state and runs the callbacks that are due. So all Sends
// of a turn leave together, and no callback ever runs inside a call of the owner.
//
//   kOpen --Close(kAfterSend), end of input--> kFlushing --all sent--+
//     |                                            |                 +--> OnClosed, destroyed
//     +------Close(kAbort), failure----------------+--> kAborting ---+
//
// 1. Bytes are handed to the handler only while kOpen and receiving is on.
// 2. Once kAborting, nothing more is given to the kernel; what is queued goes with the stream,
// since
//    the kernel may have been shown it already.
// 3. A peer that takes no byte for the loop's close patience while kFlushing is given up.
//
// It owns no receive buffer: an idle connection costs this object and its socket.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "net/posix/send_queue.h"
#include "net/posix/socket.h"
#include "net/runtime/event_loop.h"
#include "net/runtime/stream.h"

namespace holdfast {

class PosixLoop;

class SocketStream : public Stream {
 public:
  SocketStream(PosixLoop& loop, std::unique_ptr<Connection> connection, StreamHandler& handler);

  void Send(Buffer bytes) final;
  size_t unsent_bytes() const override { return is_aborting() ? 0 : queue_.bytes(); }
  void SetReceiving(bool on) final;
  void Close(CloseMode mode) final;
  const Address& peer() const final { return peer_; }
  const Address& local() const final { return local_; }
  int descriptor() const final { return fd_.get(); }

  // Called by the loop once per turn in which the stream was touched. May destroy the stream.
  virtual void Settle() = 0;

 protected:
  bool is_open() const { return phase_ == Phase::kOpen; }
  bool wants_bytes() const { return is_open() && receiving_; }
  bool may_send() const { return !is_aborting() && !queue_.empty(); }
  bool is_finished() const {
    return is_aborting() || (phase_ == Phase::kFlushing && queue_.empty());
  }
  SendQueue& queue() { return queue_; }
  const SendQueue& queue() const { return queue_; }
  StreamHandler& handler() { return handler_; }

  // Makes the loop call Settle in this turn, or in the next if it is settling already.
  void Touch();
  // The connection is broken; the first reason is the one reported.
  void Fail(absl::Status reason);
  // The peer will send no more: what is queued is still sent.
  void PeerClosed();
  // The kernel has refused bytes: the handler is told when all are gone.
  void OweDrainNotice() { drain_notice_owed_ = true; }
  bool owes_drain_notice() const { return drain_notice_owed_; }
  void GiveDrainNotice();
  // Guards rule 3; to be called when a flushing stream has to wait for its peer.
  void LimitPatience();
  // The last act of a Settle: reports the end to the handler and destroys the stream, of which the
  // kernel holds nothing any more.
  void Finish();

 private:
  friend class PosixLoop;
  enum class Phase : uint8_t { kOpen, kFlushing, kAborting };

  bool is_aborting() const { return phase_ == Phase::kAborting; }
  void Abort();

  PosixLoop& loop_;
  StreamHandler& handler_;
  UniqueFd fd_;
  Phase phase_ = Phase::kOpen;
  bool receiving_ = true;
  bool touched_ = false;
  bool drain_notice_owed_ = false;
  uint32_t place_ = 0;  // in the loop's table
  SendQueue queue_;
  absl::Status reason_;
  TimerId patience_;
  size_t unsent_when_patience_began_ = 0;
  const Address peer_;
  const Address local_;
};

}  // namespace holdfast
