#include "net/peer/link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"

namespace holdfast {

PeerLink::PeerLink(Runtime& runtime, EventLoop& loop, const PeerSelf& self, PeerHandler& handler,
                   const PeerLinkOptions& options)
    : runtime_(runtime),
      loop_(loop),
      self_(self),
      handler_(handler),
      options_(options),
      this_link_(std::make_shared<PeerLink*>(this)),
      backoff_(options.backoff_min) {
  CHECK(options.backoff_min > Nanos{} && options.backoff_min <= options.backoff_max);
  Dial();
}

PeerLink::~PeerLink() {
  *this_link_ = nullptr;
  StopTimer();
}

void PeerLink::Restart(const absl::Status& why) {
  CHECK(!why.ok());
  const PeerConnectionPtr ended = std::move(connection_);
  if (ended != nullptr) ended->Drop();
  DialLater(why);
}

void PeerLink::Dial() {
  if (dials_under_way_ >= limits::kPeerDialsMax) {
    return DialLater(absl::ResourceExhaustedError("earlier connects are still under way"));
  }
  // Rises from one link to the next for the same address, too.
  attempt_ = std::max(attempt_ + 1, static_cast<uint64_t>(runtime_.clock().Monotonic().value));
  connecting_ = true;
  ++dials_under_way_;
  SetTimer(options_.connect_timeout, &PeerLink::OnConnectTimeout);
  loop_.Connect(options_.address, [link = this_link_, attempt = attempt_](auto connection) {
    if (*link != nullptr) (*link)->OnConnected(attempt, std::move(connection));
  });
}

void PeerLink::OnConnected(uint64_t attempt,
                           absl::StatusOr<std::unique_ptr<Connection>> connection) {
  --dials_under_way_;
  if (!connecting_ || attempt != attempt_) return;
  if (!connection.ok()) return DialLater(connection.status());
  connecting_ = false;
  StopTimer();
  const Handshake::Options handshake = {.side = Handshake::Side::kDialer,
                                        .channel = options_.channel,
                                        .expected_node = options_.expected_node,
                                        .attempt = attempt_};
  connection_ = PeerConnection::Open(loop_, runtime_.entropy(), self_, *this,
                                     *std::move(connection), handshake, options_.connection);
}

void PeerLink::OnConnectTimeout() {
  DialLater(absl::DeadlineExceededError(
      absl::StrCat("no connection within ", ToMillis(options_.connect_timeout).value, " ms")));
}

void PeerLink::DialLater(const absl::Status& why) {
  // A peer that is away fails the same way again and again, which is worth one line.
  if (why != last_failure_) {
    runtime_.logger().Write(LogLevel::kNotice, absl::StrCat(Name(), ": ", why.message()));
    last_failure_ = why;
  }
  connecting_ = false;
  const auto half = static_cast<uint64_t>(backoff_.value) / 2;
  const uint64_t jitter = runtime_.entropy().Next() % (half + 1);
  SetTimer(Nanos{static_cast<int64_t>(half + jitter)}, &PeerLink::Dial);
  backoff_ = std::min(backoff_ + backoff_, options_.backoff_max);
}

void PeerLink::OnUp(PeerConnection& connection) {
  up_since_ = runtime_.clock().Monotonic();
  last_failure_ = absl::OkStatus();
  runtime_.logger().Write(LogLevel::kNotice,
                          absl::StrCat(Name(), ": up, node ", connection.session().peer.ToString(),
                                       ", protocol ", connection.session().protocol));
  handler_.OnUp(connection);
}

absl::Status PeerLink::OnFrame(PeerConnection& connection, const Frame& frame) {
  return handler_.OnFrame(connection, frame);
}

void PeerLink::OnDrained(PeerConnection& connection) { handler_.OnDrained(connection); }

void PeerLink::OnDown(PeerConnection& connection, const absl::Status& reason) {
  // Alive until the handler has heard of it; the link need not be.
  const PeerConnectionPtr ended = std::move(connection_);
  CHECK(ended.get() == &connection);
  const bool was_up = connection.proved();
  if (was_up && runtime_.clock().Monotonic() - up_since_ >= options_.backoff_max) {
    backoff_ = options_.backoff_min;
  }
  DialLater(reason);
  if (was_up) handler_.OnDown(connection, reason);
}

void PeerLink::SetTimer(Nanos delay, void (PeerLink::*action)()) {
  StopTimer();
  timer_ = loop_.RunAfter(delay, [this, action] {
    timer_ = {};
    (this->*action)();
  });
}

void PeerLink::StopTimer() {
  if (timer_ != TimerId{}) loop_.Cancel(std::exchange(timer_, {}));
}

std::string PeerLink::Name() const {
  return absl::StrCat("peer link ", PeerChannelName(options_.channel), " to ",
                      options_.address.ToString());
}

}  // namespace holdfast
