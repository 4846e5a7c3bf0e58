#include "cluster/core/learner.h"

#include <algorithm>
#include <utility>

#include "net/base/planted_bug.h"

namespace holdfast {
namespace {

bool IsHigher(const LogPosition& left, const LogPosition& right) {
  if (BUG("lucky-node-leads-after-a-restart")) return true;
  return std::pair(left.epoch, left.lsn) > std::pair(right.epoch, right.lsn);
}

}  // namespace

bool Learner::HearsPrimary(const Turn& turn) const {
  return following.has_heard && turn.now - following.heard <= turn.base.options.timing.Grace();
}

void Learner::Heard(Turn& turn, Identity from, const Report& report) {
  auto same_node = [&](const Reported& known) { return known.from.node == from.node; };
  std::erase_if(reports, same_node);
  auto place = std::find_if(reports.begin(), reports.end(),
                            [&](const Reported& known) { return known.from.node > from.node; });
  reports.insert(place, {from, report.recovery, turn.now});
}

void Learner::Tick(Turn& turn) {
  following.Tick(turn);
  const Footing& base = turn.base;
  const Timing& timing = base.options.timing;
  if (BUG("former-member-elected") && following.has_heard && !HearsPrimary(turn) &&
      base.tail.lsn.value != 0 && base.register_use.IsIdle(turn.now)) {
    GroupConfiguration next = base.view.group;
    next.epoch.value += 1;
    Erase(next.in_sync, next.primary);
    next.primary = base.self;
    Insert(next.in_sync, base.self);
    return turn.Suggest(std::move(next));
  }
  if (base.view.version == 0 || HearsPrimary(turn)) return;
  std::erase_if(reports,
                [&](const Reported& report) { return turn.now - report.at > timing.Patience(); });
  if (turn.now - reported >= timing.heartbeat) {
    reported = turn.now;
    for (Identity peer : base.contacts) turn.Tell(peer, Report{base.recovery});
  }
  ConsiderLeading(turn);
}

// What the member's node recovered, if its present incarnation is another one.
const Recovery* Learner::RecoveryOf(const Turn& turn, Identity member) const {
  if (member.node == turn.base.self.node) {
    return member == turn.base.self ? nullptr : &turn.base.recovery;
  }
  for (const Reported& report : reports) {
    if (report.from.node == member.node && report.from != member) return &report.recovery;
  }
  return nullptr;
}

void Learner::ConsiderLeading(Turn& turn) {
  const Footing& base = turn.base;
  const GroupConfiguration& group = base.view.group;
  if (group.status != GroupStatus::kActive || !base.register_use.IsIdle(turn.now)) return;
  if (MemberOf(group.in_sync, base.self.node) == Identity{}) return;
  const bool early = turn.now - turn.base.started <= base.options.timing.grace;
  if (early && !BUG("restart-leads-before-its-earlier-incarnations-grace")) return;

  const Recovery* best = nullptr;
  NodeId best_node;
  bool all_reported = true;
  bool complete = false;
  for (Identity member : group.in_sync) {
    const Recovery* recovery = RecoveryOf(turn, member);
    if (recovery == nullptr) {
      all_reported = false;
      continue;
    }
    const bool its_own = recovery->SpeaksFor(member.incarnation) ||
                         (!recovery->lives.empty() && BUG("recovered-log-speaks-for-every-life"));
    if (!its_own) continue;
    if (recovery->complete_for == member.incarnation) complete = true;
    if (best == nullptr || IsHigher(recovery->tail, best->tail)) {
      best = recovery;
      best_node = member.node;
    }
  }
  if (!all_reported && !complete && !BUG("restart-waits-for-nobody")) return;
  if (best == nullptr && BUG("lost-group-starts-empty")) best_node = base.self.node;
  GroupConfiguration next = group;
  if (best_node == NodeId{}) {
    next.status = GroupStatus::kLost;
  } else if (best_node == base.self.node) {
    next.epoch.value += 1;
    next.primary = base.self;
    next.in_sync = {base.self};
  } else {
    return;
  }
  turn.Suggest(std::move(next));
}

void Learner::Recover(Turn& turn, const holdfast::Recover& wanted) {
  Footing& base = turn.base;
  const Timing& timing = base.options.timing;
  if (HearsPrimary(turn)) return turn.Answer(wanted.request, "the group has a primary");
  if (following.syncing) return turn.Answer(wanted.request, "this node's copy is incomplete");
  if (base.view.version == 0) return turn.Answer(wanted.request, "no configuration is known here");
  if (turn.now - base.started <= timing.grace) {
    return turn.Answer(wanted.request, "an earlier lease may still run; try again in a second");
  }
  if (!base.register_use.IsIdle(turn.now)) {
    return turn.Answer(wanted.request, "another change is under way");
  }
  base.recovery_request = wanted.request;
  GroupConfiguration next = base.view.group;
  next.epoch.value += 1;
  next.primary = base.self;
  next.in_sync = {base.self};
  next.status = GroupStatus::kActive;
  turn.Suggest(std::move(next));
}

}  // namespace holdfast
