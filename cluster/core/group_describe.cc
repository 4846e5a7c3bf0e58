#include "absl/strings/str_cat.h"
#include "cluster/core/group.h"

namespace holdfast {
namespace {

Nanos LeaseLeft(Nanos until, Nanos now) { return until > now ? until - now : Nanos{}; }

std::string DescribeOpenChange(const Footing& base) {
  const RegisterUse& use = base.register_use;
  if (!use.proposal) return "";
  const bool known = use.stage == RegisterUse::Stage::kProposing;
  if (use.proposal->status == GroupStatus::kLost) return "declaring the group lost";
  return absl::StrCat(use.proposal->epoch > base.view.group.epoch ? "a promotion" : "a change",
                      " of the in-sync set is ", known ? "under way" : "of unknown outcome");
}

// Members of the set whose nodes have yet to say what they recovered.
std::string MissingReports(const Learner& learner, const Footing& base) {
  std::string missing;
  for (Identity member : base.view.group.in_sync) {
    bool reported = member.node == base.self.node;
    for (const Reported& report : learner.reports) reported |= report.from.node == member.node;
    if (!reported) absl::StrAppend(&missing, missing.empty() ? "" : " ", member.ToString());
  }
  return missing;
}

}  // namespace

GroupReport Group::Describe(Nanos now) const {
  const GroupConfiguration& group = base_.view.group;
  GroupReport report{.version = base_.view.version,
                     .epoch = group.epoch,
                     .primary = group.primary,
                     .in_sync = group.in_sync,
                     .tail = base_.tail.lsn,
                     .commit = base_.commit,
                     .acknowledgeable = acknowledgeable(),
                     .applied = base_.applied,
                     .change_open = base_.register_use.proposal.has_value(),
                     .proposed = base_.register_use.proposal};
  report.reason = DescribeOpenChange(base_);
  report.condition = base_.view.version == 0              ? GroupCondition::kUnknown
                     : group.status == GroupStatus::kLost ? GroupCondition::kLost
                                                          : GroupCondition::kLed;
  if (report.condition == GroupCondition::kLost && report.reason.empty()) {
    report.reason = "no member in sync kept its data; an operator decides what to recover";
  }
  if (const auto* primary = std::get_if<Primary>(&role_)) {
    report.role = GroupRole::kPrimary;
    report.handing_over = primary->handover().IsOpen();
    report.released = primary->handover().stage == Handover::Stage::kReleased;
    report.lease_left = LeaseLeft(ServeUntil(), now);
    for (const Peer& peer : primary->peers()) {
      report.peers.push_back({.identity = peer.identity,
                              .in_sync = Contains(group.in_sync, peer.identity),
                              .attached = peer.session != 0,
                              .syncing = peer.stage == Peer::Stage::kSyncing,
                              .silent = now - peer.answered > base_.options.timing.suspect,
                              .session = peer.session,
                              .held = peer.held,
                              .synced = peer.on_disk,
                              .lease_left = LeaseLeft(peer.granted_until, now)});
    }
    return report;
  }
  const auto* replica = std::get_if<Replica>(&role_);
  const auto* learner = std::get_if<Learner>(&role_);
  const Following& follows = replica != nullptr ? replica->following : learner->following;
  if (replica != nullptr) report.role = GroupRole::kReplica;
  report.attached = follows.IsAttached();
  report.syncing = follows.syncing;
  report.session = follows.session;
  report.since_heard = now - follows.heard;
  const bool unled = !follows.has_heard || report.since_heard > base_.options.timing.Patience();
  if (learner != nullptr && unled && report.condition == GroupCondition::kLed) {
    report.condition = GroupCondition::kWaiting;
    const std::string missing = MissingReports(*learner, base_);
    if (!missing.empty()) {
      report.reason = absl::StrCat("no word yet of ", missing);
    } else if (report.reason.empty()) {
      report.reason = "all members have said what they kept; who leads is decided within a grace";
    }
  }
  return report;
}

}  // namespace holdfast
