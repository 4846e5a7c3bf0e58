#include "net/posix/posix_loop.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "net/base/check.h"

namespace holdfast {

PosixLoop::~PosixLoop() = default;

TimerId PosixLoop::RunAfter(Nanos delay, Task task) {
  return timers_.Add(clock_.Monotonic() + delay, std::move(task));
}

void PosixLoop::Connect(const Address& address, ConnectHandler done) {
  auto numeric = ResolveToConnect(address, Lookup::kNumericOnly);
  if (numeric.ok()) return ConnectToAny(*std::move(numeric), std::move(done));
  // A name, or an address that can never work; both are answered later.
  services_.files.Run(
      *this, [address] { return ResolveToConnect(address, Lookup::kMayBlock); },
      [this, done = std::move(done)](absl::StatusOr<std::vector<SocketAddress>> found) mutable {
        if (!found.ok()) return done(found.status());
        ConnectToAny(*std::move(found), std::move(done));
      });
}

void PosixLoop::Run() {
  Begin();
  RunDueTimers();
  while (!stopping_.load(std::memory_order_relaxed)) {
    Sleep();
    tasks_.Drain();
    SettleStreams();
    RunDueTimers();
  }
  End();
}

void PosixLoop::Stop() {
  stopping_.store(true);
  tasks_.Wake();
}

void PosixLoop::Sleep() {
  Nanos timeout{-1};
  if (!timers_.empty()) timeout = std::max(Nanos{0}, timers_.next_deadline() - now_);
  if (!touched_.empty() || !tasks_.BeginSleep()) return Wait({0});
  Wait(timeout);
  tasks_.EndSleep();
}

void PosixLoop::SettleStreams() {
  settling_.swap(touched_);
  for (SocketStream* stream : settling_) {
    stream->touched_ = false;
    stream->Settle();
  }
  settling_.clear();
}

void PosixLoop::RunDueTimers() {
  if (timers_.empty()) return;
  now_ = clock_.Monotonic();
  std::optional<Task> due = timers_.TakeDue(now_);
  if (!due) return;
  for (; due; due = timers_.TakeDue(now_)) (*due)();
  now_ = clock_.Monotonic();
}

Stream& PosixLoop::AddStream(std::unique_ptr<SocketStream> stream) {
  SocketStream& added = *stream;
  added.place_ = static_cast<uint32_t>(streams_.size());
  streams_.push_back(std::move(stream));
  return added;
}

std::unique_ptr<SocketStream> PosixLoop::RemoveStream(SocketStream& stream) {
  const uint32_t place = stream.place_;
  CHECK(streams_[place].get() == &stream);
  std::swap(streams_[place], streams_.back());
  streams_[place]->place_ = place;
  std::unique_ptr<SocketStream> removed = std::move(streams_.back());
  streams_.pop_back();
  return removed;
}

}  // namespace holdfast
