// SimSocket: one end of a simulated connection, and the Stream a program holds of it.
//
//   Send -> unsent | flush event | -> segments -> (wire) -> arrived | deliver event | -> OnReceive
//
// `unsent` is the program's; a flush hands a prefix of it to the kernel, as a short write would, as
// long as the window has room. Segments cross the wire with delays of their own. What has arrived
// waits in the receiver's kernel until a deliver event shows a prefix of it to the handler.
//
// 1. The contract is net/runtime/stream.h's; no callback runs inside a call.
// 2. At most one flush and one deliver event are scheduled per socket.
// 3. Once `ending_` is set nothing is received or sent any more, except, for a close after sending,
//    what is still unsent.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "net/base/buffer.h"
#include "net/runtime/stream.h"
#include "sim/kernel.h"

namespace holdfast {

class SimNetwork;

struct HostId {
  uint32_t value = 0;
  bool operator==(const HostId&) const = default;
};

// The other end's id differs in the last bit.
using SocketId = uint64_t;
constexpr SocketId PeerOf(SocketId socket) { return socket ^ 1; }

class SimSocket final : public Stream {
 public:
  struct Segment {
    Buffer bytes;
    bool end_of_stream = false;
  };
  struct Options {
    SocketId id = 0;
    Actor actor;
    HostId host;
    HostId peer_host;
    Address local;
    Address peer;
  };
  SimSocket(SimNetwork& network, Options options);

  // Stream.
  void Send(Buffer bytes) override;
  size_t unsent_bytes() const override { return unsent_.size(); }
  void SetReceiving(bool on) override;
  void Close(CloseMode mode) override;
  const Address& peer() const override { return options_.peer; }
  const Address& local() const override { return options_.local; }
  int descriptor() const override { return static_cast<int>(options_.id); }

  // The rest is the network's.
  SocketId id() const { return options_.id; }
  Actor actor() const { return options_.actor; }
  HostId host() const { return options_.host; }
  HostId peer_host() const { return options_.peer_host; }
  bool attached() const { return handler_ != nullptr; }

  void Attach(const void* thread, StreamHandler& handler);
  // The wire brings bytes, the peer's end of stream, or news that the connection is dead.
  void Arrive(Segment segment);
  void ArriveDead(absl::Status reason);
  // Nobody will read what comes for it: answer with a reset.
  bool deaf() const { return ending_ == Ending::kDecided; }
  // Closes what no program holds (an unattached connection, a process that ended).
  void Abandon();

 private:
  friend class SimNetwork;

  enum class Ending {
    kNone,
    kAfterSend,  // by us, once everything is sent
    kDecided,    // closed; what is left to do is to tell the handler, if there is one
  };

  void ScheduleFlush(Nanos delay);
  void Flush();
  void ScheduleDeliver(Nanos delay);
  void Deliver();
  void Consumed(size_t count);
  void EndAfterSend();
  void LimitPatience();
  void End(absl::Status reason);
  size_t TakeCount();

  SimNetwork& network_;
  Kernel& kernel_;
  const Options options_;
  // One sub-stream per kind of decision, so that switching one off leaves the others as they were.
  Draws pauses_;
  Draws latency_;
  Draws short_writes_;
  Draws prefixes_;
  Draws faults_;
  const void* thread_ = nullptr;
  StreamHandler* handler_ = nullptr;

  // Outgoing.
  Buffer unsent_;
  bool flush_scheduled_ = false;
  bool drain_owed_ = false;
  size_t outstanding_ = 0;          // bytes the kernel took and the peer's program has not
  Nanos line_free_{};               // when the bandwidth cap lets the next byte go
  std::deque<Segment> parked_;      // held back by a blocked link
  std::optional<uint64_t> garble_;  // which bit of the next segment is flipped
  bool broken_ = false;             // nothing crosses the connection any more

  // Incoming.
  Buffer arrived_;
  bool receiving_ = true;
  bool deliver_scheduled_ = false;
  bool peer_ended_ = false;
  bool dead_ = false;
  absl::Status dead_reason_;

  Ending ending_ = Ending::kNone;
};

}  // namespace holdfast
