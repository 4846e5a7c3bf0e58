#include "cluster/driver/visit.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cluster/driver/mesh.h"

namespace holdfast {
namespace {

// Owns itself until it has ended.
class Visit final : public PeerHandler {
 public:
  Visit(Runtime& runtime, EventLoop& loop, const PeerSelf& self, VisitQuestion question,
        absl::AnyInvocable<void(absl::StatusOr<VisitAnswer>)> done)
      : runtime_(runtime), loop_(loop), question_(std::move(question)), done_(std::move(done)) {
    timer_ = loop_.RunAfter(question_.timeout, [this] { GiveUp(); });
    link_ = std::make_unique<PeerLink>(
        runtime, loop, self, *this,
        PeerLinkOptions{.address = question_.to, .channel = PeerChannel::kVisit});
  }

  void OnUp(PeerConnection& connection) override {
    asked_ = runtime_.clock().Monotonic();
    connection.Send(question_.type, question_.payload);
  }
  absl::Status OnFrame(PeerConnection& connection, const Frame& frame) override {
    if (frame.type != question_.answer_type || !done_) return absl::OkStatus();
    End(VisitAnswer{.from = ToIdentity(connection.session().peer),
                    .cluster_id = connection.session().cluster_id,
                    .payload = std::string(frame.payload),
                    .round_trip = runtime_.clock().Monotonic() - asked_});
    return absl::OkStatus();
  }
  void OnDrained(PeerConnection&) override {}
  void OnDown(PeerConnection&, const absl::Status&) override {}

 private:
  void GiveUp() {
    timer_ = {};
    const absl::Status& failure = link_->last_failure();
    const std::string why = failure.ok() ? "no answer" : std::string(failure.message());
    End(absl::DeadlineExceededError(absl::StrCat(question_.to.ToString(), ": ", why, " within ",
                                                 ToMillis(question_.timeout).value, " ms")));
  }
  void End(absl::StatusOr<VisitAnswer> answer) {
    if (timer_.value != 0) loop_.Cancel(timer_);
    // The link may be in the middle of a call to us.
    loop_.Post([this, done = std::exchange(done_, nullptr), answer = std::move(answer)]() mutable {
      link_.reset();
      done(std::move(answer));
      delete this;
    });
  }

  Runtime& runtime_;
  EventLoop& loop_;
  const VisitQuestion question_;
  absl::AnyInvocable<void(absl::StatusOr<VisitAnswer>)> done_;
  std::unique_ptr<PeerLink> link_;
  TimerId timer_;
  Nanos asked_;
};

}  // namespace

void PayVisit(Runtime& runtime, EventLoop& loop, const PeerSelf& self, VisitQuestion question,
              absl::AnyInvocable<void(absl::StatusOr<VisitAnswer>)> done) {
  new Visit(runtime, loop, self, std::move(question), std::move(done));
}

}  // namespace holdfast
