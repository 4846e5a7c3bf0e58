#include "sim/sim_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/resp/reply_value.h"
#include "sim/hash.h"
#include "sim/sim_network.h"
#include "sim/thread_scope.h"

namespace holdfast {
namespace {
// From the end of a callback to the system call that sends what it produced.
constexpr Nanos kFlushDelayMax = Microseconds(5);
// From a short write, or a partial delivery, to the next attempt.
constexpr Nanos kRetryDelayMax = Microseconds(50);
// A peer that takes nothing of the last bytes for so long does not get them.
constexpr Nanos kClosePatience = Milliseconds(limits::kClosePatienceMillis);
}  // namespace

SimSocket::SimSocket(SimNetwork& network, Options options)
    : network_(network),
      kernel_(network.kernel_),
      options_(std::move(options)),
      pauses_(kernel_.draws("socket pauses", options_.id)),
      latency_(kernel_.draws("latency", options_.id)),
      short_writes_(kernel_.draws("short writes", options_.id)),
      prefixes_(kernel_.draws("prefixes", options_.id)),
      faults_(kernel_.draws("socket faults", options_.id)) {}

void SimSocket::Send(Buffer bytes) {
  ThreadScope::CheckOn(thread_);
  if (ending_ != Ending::kNone || bytes.empty()) return;
  if (unsent_.empty()) {
    unsent_ = std::move(bytes);
  } else {
    unsent_.Append(bytes.view());
  }
  drain_owed_ |= unsent_.size() > limits::kDrainNoticeBytes;
  ScheduleFlush(pauses_.Between(Nanos{}, kFlushDelayMax));
}

void SimSocket::SetReceiving(bool on) {
  ThreadScope::CheckOn(thread_);
  receiving_ = on;
  if (on) ScheduleDeliver(pauses_.Between(Nanos{}, kFlushDelayMax));
}

void SimSocket::Close(CloseMode mode) {
  ThreadScope::CheckOn(thread_);
  if (ending_ == Ending::kDecided) return;
  if (mode == CloseMode::kAfterSend && !dead_) {
    if (ending_ == Ending::kAfterSend) return;
    EndAfterSend();
    return;
  }
  Abandon();
  End(absl::OkStatus());
}

void SimSocket::EndAfterSend() {
  ending_ = Ending::kAfterSend;
  // What has arrived by now is thrown away, so that the kernel ends the stream and does not reset
  // it.
  arrived_.Release();
  ScheduleFlush(pauses_.Between(Nanos{}, kFlushDelayMax));
  LimitPatience();
}

void SimSocket::LimitPatience() {
  kernel_.Schedule(kClosePatience, actor(), "close patience",
                   [&network = network_, id = id(), unsent = unsent_.size()] {
                     SimSocket* socket = network.Find(id);
                     if (socket == nullptr || socket->ending_ != Ending::kAfterSend) return;
                     if (socket->unsent_.size() < unsent) return socket->LimitPatience();
                     socket->Abandon();
                     socket->End(absl::DeadlineExceededError("peer does not take the last bytes"));
                   });
}

void SimSocket::Abandon() {
  if (ending_ == Ending::kDecided) return;
  ending_ = Ending::kDecided;
  // Unread or unsent bytes make the kernel send a reset instead of an end of stream.
  const bool clean = unsent_.empty() && arrived_.empty();
  unsent_.Release();
  if (dead_) return;
  if (clean) {
    network_.Transmit(*this, {.end_of_stream = true});
  } else {
    network_.TransmitReset(*this);
  }
}

void SimSocket::Attach(const void* thread, StreamHandler& handler) {
  CHECK(handler_ == nullptr);
  thread_ = thread;
  handler_ = &handler;
  ScheduleDeliver(pauses_.Between(Nanos{}, kFlushDelayMax));
}

void SimSocket::Arrive(Segment segment) {
  if (ending_ != Ending::kNone || dead_) return;
  arrived_.Append(segment.bytes.view());
  peer_ended_ |= segment.end_of_stream;
  ScheduleDeliver(pauses_.Between(Nanos{}, kFlushDelayMax));
}

void SimSocket::ArriveDead(absl::Status reason) {
  if (dead_ || ending_ == Ending::kDecided) return;
  dead_ = true;
  dead_reason_ = std::move(reason);
  // What had arrived may be lost with the connection.
  if (faults_.Chance(network_.profile_.reset_discards)) arrived_.Release();
  unsent_.Release();
  ScheduleDeliver(pauses_.Between(Nanos{}, kFlushDelayMax));
}

void SimSocket::ScheduleFlush(Nanos delay) {
  if (flush_scheduled_) return;
  flush_scheduled_ = true;
  kernel_.Schedule(delay, actor(), "flush", [&network = network_, id = id()] {
    if (SimSocket* socket = network.Find(id)) socket->Flush();
  });
}

size_t SimSocket::TakeCount() {
  const size_t window = network_.profile_.window_bytes;
  const size_t room = window - std::min(window, outstanding_);
  size_t count = std::min(unsent_.size(), room);
  if (count > 0 && short_writes_.Chance(network_.profile_.short_write)) {
    count = 1 + short_writes_.Below(count);
  }
  return count;
}

void SimSocket::Flush() {
  flush_scheduled_ = false;
  if (ending_ == Ending::kDecided || dead_) return;
  const size_t count = TakeCount();
  if (count > 0) {
    Segment segment;
    if (count == unsent_.size()) {
      segment.bytes = std::exchange(unsent_, Buffer());
    } else {
      segment.bytes.Append(unsent_.view().substr(0, count));
      unsent_.RemovePrefix(count);
    }
    outstanding_ += count;
    network_.Transmit(*this, std::move(segment));
  }
  if (!unsent_.empty()) {
    drain_owed_ = true;
    // Without room in the window, the peer's reading schedules the next attempt.
    if (outstanding_ < network_.profile_.window_bytes) {
      ScheduleFlush(pauses_.Between(Microseconds(1), kRetryDelayMax));
    }
    return;
  }
  if (ending_ == Ending::kAfterSend) {
    network_.Transmit(*this, {.end_of_stream = true});
    End(absl::OkStatus());
    return;
  }
  if (std::exchange(drain_owed_, false)) {
    ThreadScope on_thread(thread_);
    handler_->OnSendDrained();
  }
}

void SimSocket::ScheduleDeliver(Nanos delay) {
  if (deliver_scheduled_ || handler_ == nullptr || ending_ == Ending::kDecided) return;
  deliver_scheduled_ = true;
  kernel_.Schedule(delay, actor(), "deliver", [&network = network_, id = id()] {
    if (SimSocket* socket = network.Find(id)) socket->Deliver();
  });
}

void SimSocket::Deliver() {
  deliver_scheduled_ = false;
  if (ending_ == Ending::kDecided) return;
  if (dead_ && (arrived_.empty() || !receiving_ || ending_ != Ending::kNone)) {
    End(dead_reason_);
    return;
  }
  if (ending_ != Ending::kNone) return;
  // The end of the stream is news of its own, read after the last bytes, also while receiving is
  // off.
  if (arrived_.empty()) {
    // What is queued is still sent: the peer may have closed one direction only.
    if (peer_ended_) EndAfterSend();
    return;
  }
  if (!receiving_) return;
  Buffer bytes = std::exchange(arrived_, Buffer());
  if (prefixes_.Chance(network_.profile_.partial_delivery)) {
    const size_t prefix = 1 + prefixes_.Below(bytes.size());
    arrived_.Append(bytes.view().substr(prefix));
    bytes.Truncate(prefix);
  }
  kernel_.Observe(actor(), "receive", HashBytes(bytes.view()));
  if (kernel_.trace().recording()) {
    const std::string quoted = QuoteBytes(std::string(bytes.view()));
    kernel_.Note(actor(), absl::StrCat("socket ", id(), " <- ", quoted));
  }
  Consumed(bytes.size());
  {
    ThreadScope on_thread(thread_);
    handler_->OnReceive(bytes.view());
  }
  if (!arrived_.empty() || peer_ended_ || dead_) {
    ScheduleDeliver(pauses_.Between(Nanos{}, kRetryDelayMax));
  }
}

void SimSocket::Consumed(size_t count) {
  SimSocket* peer = network_.Find(PeerOf(id()));
  if (peer == nullptr) return;
  peer->outstanding_ -= std::min(peer->outstanding_, count);
  if (!peer->unsent_.empty()) peer->ScheduleFlush(network_.Latency(latency_));
}

void SimSocket::End(absl::Status reason) {
  CHECK(handler_ != nullptr);
  ending_ = Ending::kDecided;
  kernel_.Schedule(pauses_.Between(Nanos{}, kFlushDelayMax), actor(), "closed",
                   [&network = network_, id = id(), reason = std::move(reason)] {
                     SimSocket* socket = network.Find(id);
                     if (socket == nullptr) return;
                     StreamHandler* handler = std::exchange(socket->handler_, nullptr);
                     {
                       ThreadScope on_thread(socket->thread_);
                       handler->OnClosed(reason);
                     }
                     network.Forget(id);
                   });
}

}  // namespace holdfast
