#include "cluster/core/replica.h"

#include <algorithm>

#include "net/base/planted_bug.h"

namespace holdfast {
namespace {

// The next epoch, led by us.
GroupConfiguration Promotion(const Footing& base) {
  GroupConfiguration next = base.view.group;
  next.epoch.value += 1;
  next.primary = base.self;
  return next;
}

// Members take their turns in the order of their identities.
int64_t RankOf(const Footing& base) {
  int64_t rank = 0;
  for (Identity member : base.view.group.in_sync) {
    if (member == base.self) break;
    if (member != base.view.group.primary) ++rank;
  }
  return rank;
}

}  // namespace

void Replica::Tick(Turn& turn) {
  following.Tick(turn);
  const Footing& base = turn.base;
  const Timing& timing = base.options.timing;
  if (base.view.group.status != GroupStatus::kActive || base.leave_request != 0) return;
  const bool duel = BUG("duelling-promotions-without-back-off");
  const Nanos stagger{duel ? 0 : RankOf(base) * timing.stagger.value};
  const Nanos silence_ends = following.heard + timing.Grace();
  const Nanos turn_begins = primary_dead ? std::min(*primary_dead, silence_ends) : silence_ends;
  if (turn.now <= turn_begins + stagger || !base.register_use.IsIdle(turn.now)) return;
  GroupConfiguration next = Promotion(base);
  Erase(next.in_sync, base.view.group.primary);
  turn.Suggest(std::move(next));
}

void Replica::Released(Turn& turn, const Release& release) {
  const Footing& base = turn.base;
  if (release.tail != base.tail || !following.IsAttached() || !base.register_use.IsIdle(turn.now)) {
    return;
  }
  turn.Suggest(Promotion(base));
}

void Replica::Reported(Turn& turn, Identity from) {
  const Identity primary = turn.base.view.group.primary;
  if (from.node != primary.node || from == primary || primary_dead) return;
  primary_dead = turn.now;
}

}  // namespace holdfast
