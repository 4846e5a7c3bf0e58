#include "cluster/driver/voter_change.h"

#include <algorithm>

#include "net/base/limits.h"
#include "net/base/planted_bug.h"

namespace holdfast {
namespace {

Nanos DrawBelow(Nanos bound, uint64_t random) {
  return {static_cast<int64_t>(random % static_cast<uint64_t>(bound.value))};
}

}  // namespace

bool VoterChangeHeir::Tick(const ClusterConfiguration& known, bool leads, Nanos now,
                           uint64_t random) {
  if (BUG("joint-voters-are-left-alone")) return false;
  if (known.voters != voters_ || known.next_voters != next_voters_) {
    voters_ = known.voters;
    next_voters_ = known.next_voters;
    seen_ = now;
    turn_ = now + Nanos{2 * kPatience.value} + DrawBelow(kPatience, random);
    attempts_ = 0;
  }
  if (next_voters_.empty() || busy_) return false;
  const Nanos first = leads ? seen_ + kPatience : turn_;
  if (now < (attempts_ == 0 ? first : again_)) return false;
  const Nanos wait{kPatience.value << std::min(attempts_, limits::kRegisterDoublingsMax)};
  again_ = now + wait + DrawBelow(wait, random);
  ++attempts_;
  busy_ = true;
  return true;
}

}  // namespace holdfast
