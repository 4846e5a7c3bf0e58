#include "cluster/core/group.h"

#include <algorithm>
#include <utility>

#include "net/base/check.h"
#include "net/base/planted_bug.h"
#include "net/base/witness.h"

namespace holdfast {

Group::Group(const GroupOptions& options, const GroupStart& start, Nanos now) {
  CHECK(options.timing.IsSound());
  CHECK_LE(start.applied, start.tail.lsn);
  base_.self = start.self;
  base_.options = options;
  base_.started = now;
  base_.last_tick = now;
  base_.recovery = start.recovery;
  base_.tail = start.tail;
  base_.applied = start.applied;
  base_.commit = start.commit;
  base_.synced = start.tail.lsn;
  std::get<Learner>(role_).following.heard = now;
}

void Group::Step(const Input& input, Nanos now, const LogView& log, Outputs& out) {
  Turn turn{base_, now, log, out};
  std::visit([&](const auto& alternative) { On(turn, alternative); }, input);
  NoteServing(turn);
}

const Following* Group::following() const {
  if (const auto* replica = std::get_if<Replica>(&role_)) return &replica->following;
  if (const auto* learner = std::get_if<Learner>(&role_)) return &learner->following;
  return nullptr;
}

Following* Group::following() { return const_cast<Following*>(std::as_const(*this).following()); }

// ---- roles ----

void Group::Learn(Turn& turn, const GroupView& view) {
  if (view.version <= base_.view.version) return;
  const GroupConfiguration before = std::exchange(base_.view, view).group;
  if (auto* learner = std::get_if<Learner>(&role_)) learner->reports.clear();
  if (before != view.group) {
    EnterRole(turn, before);
  } else if (auto* primary = std::get_if<Primary>(&role_)) {
    for (Identity peer : base_.contacts) primary->Met(turn, peer);
  }
}

void Group::EnterRole(Turn& turn, const GroupConfiguration& before) {
  const GroupConfiguration& group = base_.view.group;
  const bool active = group.status == GroupStatus::kActive;
  const bool leads = active && base_.IsPrimary(base_.self);
  auto* primary = std::get_if<Primary>(&role_);
  if (primary != nullptr && leads && group.epoch == before.epoch) {
    return primary->ViewChanged(turn, before);
  }
  if (primary != nullptr) {
    primary->Deposed(turn, base_.view);
    // Also if the next epoch is ours again: its log begins where this one's has ended.
    if (!leads || !BUG("next-reign-begun-before-the-last-is-wound-up")) {
      turn.Emit(StepDown{before.epoch});
    }
  }
  if (leads) {
    role_ = Primary(turn);
    return;
  }
  const bool member = BUG("incarnation-ignored")
                          ? MemberOf(group.in_sync, base_.self.node) != Identity{}
                          : Contains(group.in_sync, base_.self);
  Follow(turn, before, active && member);
}

void Group::Follow(Turn& turn, const GroupConfiguration& before, bool as_replica) {
  Following next;
  if (Following* previous = following()) {
    const bool removed = std::holds_alternative<Replica>(role_) && !as_replica;
    if (before.epoch != base_.view.group.epoch || removed) previous->Detach(turn);
    next = *previous;
    if (before.epoch != base_.view.group.epoch) next.has_heard = false;
  } else {
    ++base_.attempt;
  }
  next.heard = turn.now;
  next.moved = turn.now;
  if (as_replica) {
    role_ = Replica{next, std::nullopt};
    return;
  }
  role_ = Learner{next, {}, turn.now - base_.options.timing.heartbeat};
  if (base_.leave_request != 0) turn.Answer(std::exchange(base_.leave_request, 0));
}

void Group::NoteServing(Turn& turn) {
  const bool serves = turn.now < ServeUntil();
  if (serves == serving_) return;
  serving_ = serves;
  if (serves) return turn.Emit(StartServing{base_.view.group.epoch});
  StopReason reason = StopReason::kLease;
  const auto* primary = std::get_if<Primary>(&role_);
  if (base_.view.group.status == GroupStatus::kLost) {
    reason = StopReason::kLost;
  } else if (primary == nullptr || !primary->IsSettled(base_)) {
    const bool released =
        primary != nullptr && primary->handover().stage == Handover::Stage::kReleased;
    reason = released ? StopReason::kReleased : StopReason::kDeposed;
  }
  turn.Emit(StopServing{reason});
}

Nanos Group::ServeUntil() const {
  const auto* primary = std::get_if<Primary>(&role_);
  return primary == nullptr ? Nanos{INT64_MIN} : primary->ServeUntil(base_);
}

Handover::Stage Group::handover_stage() const {
  const auto* primary = std::get_if<Primary>(&role_);
  return primary == nullptr ? Handover::Stage::kNone : primary->handover().stage;
}

bool Group::MayWrite() const {
  const auto* primary = std::get_if<Primary>(&role_);
  return primary != nullptr && primary->MayWrite(base_);
}

bool Group::IsReadable() const {
  const Following* follows = following();
  if (follows == nullptr || follows->syncing) return false;
  return base_.applied <= base_.commit || BUG("undone-state-read-on-a-deposed-primary");
}

Lsn Group::acknowledgeable() const {
  const auto* primary = std::get_if<Primary>(&role_);
  return primary == nullptr ? base_.commit : primary->acknowledgeable();
}

// ---- time and the register ----

void Group::On(Turn& turn, const Tick& tick) {
  base_.random = tick.random;
  RegisterUse& use = base_.register_use;
  if (use.stage == RegisterUse::Stage::kUnresolved && turn.now >= use.not_before) {
    turn.AskRegister();
  }
  if (auto* primary = std::get_if<Primary>(&role_)) primary->Tick(turn, tick.log_time);
  if (auto* replica = std::get_if<Replica>(&role_)) replica->Tick(turn);
  if (auto* learner = std::get_if<Learner>(&role_)) learner->Tick(turn);
  if (base_.leave_request != 0 && !IsPrimary()) turn.Tell(base_.view.group.primary, Leave{});
  base_.last_tick = turn.now;
}

void Group::On(Turn& turn, const ViewLearned& learned) { Learn(turn, learned.view); }

void Group::On(Turn& turn, const ProposalEnded& ended) {
  RegisterUse& use = base_.register_use;
  CHECK(use.stage == RegisterUse::Stage::kProposing);
  if (ended.outcome == ProposalEnded::Outcome::kUnknown) {
    use.stage = RegisterUse::Stage::kUnresolved;
    use.not_before = turn.now + base_.options.timing.heartbeat + base_.BackOff();
    return;
  }
  use.stage = RegisterUse::Stage::kIdle;
  use.proposal.reset();
  const bool chosen = ended.outcome == ProposalEnded::Outcome::kChosen;
  if (!chosen) use.not_before = turn.now + base_.BackOff();
  Learn(turn, ended.view);
  CloseRecovery(turn);
}

void Group::On(Turn& turn, const RegisterRead& read) {
  RegisterUse& use = base_.register_use;
  CHECK(use.stage == RegisterUse::Stage::kResolving);
  if (!read.view) {
    use.stage = RegisterUse::Stage::kUnresolved;
    use.not_before = turn.now + base_.options.timing.heartbeat + base_.BackOff();
    return;
  }
  use.stage = RegisterUse::Stage::kIdle;
  use.proposal.reset();
  Learn(turn, *read.view);
  CloseRecovery(turn);
}

void Group::CloseRecovery(Turn& turn) {
  if (base_.recovery_request == 0) return;
  const bool done = IsPrimary();
  turn.Answer(std::exchange(base_.recovery_request, 0),
              done ? "" : "the configuration changed meanwhile");
}

// ---- peers ----

void Group::On(Turn& turn, const Connected& connected) {
  const Identity peer = connected.peer;
  if (peer.node == base_.self.node) return;
  std::erase_if(base_.contacts, [&](Identity known) { return known.node == peer.node; });
  Insert(base_.contacts, peer);
  if (auto* primary = std::get_if<Primary>(&role_)) return primary->Met(turn, peer);
  if (base_.IsPrimary(peer)) following()->Reconnected(turn);
}

void Group::On(Turn& turn, const MessageArrived& arrived) {
  const Message& message = arrived.message;
  if (const auto* heartbeat = std::get_if<Heartbeat>(&message.body)) Learn(turn, heartbeat->view);
  if (const auto* announce = std::get_if<Announce>(&message.body)) Learn(turn, announce->view);
  const auto* report = std::get_if<Report>(&message.body);
  const GroupView& view = base_.view;
  if (message.version < view.version && (message.epoch != view.group.epoch || report != nullptr)) {
    turn.Tell(arrived.from, Announce{view});
  }
  if (report != nullptr) {
    if (message.version != view.version) return;
    if (auto* learner = std::get_if<Learner>(&role_)) learner->Heard(turn, arrived.from, *report);
    if (auto* replica = std::get_if<Replica>(&role_)) replica->Reported(turn, arrived.from);
    return;
  }
  const bool acks = std::holds_alternative<Ack>(message.body) ||
                    std::holds_alternative<HeartbeatAck>(message.body);
  if (message.epoch != view.group.epoch && !(acks && BUG("ack-without-epoch-check"))) return;
  if (IsPrimary()) {
    if (acks) WitnessAck({.said = message.epoch, .counted = view.group.epoch});
    ToPrimary(turn, arrived.from, message.body);
  } else if (base_.IsPrimary(arrived.from)) {
    ToFollower(turn, arrived.from, message.body);
  }
}

void Group::ToPrimary(Turn& turn, Identity from, const MessageBody& body) {
  Primary& primary = std::get<Primary>(role_);
  if (const auto* ack = std::get_if<Ack>(&body)) {
    primary.Acknowledged(turn, from, ack->progress);
  } else if (const auto* granted = std::get_if<HeartbeatAck>(&body)) {
    primary.Granted(turn, from, *granted);
  } else if (const auto* join = std::get_if<Join>(&body)) {
    primary.Joining(turn, from, *join);
  } else if (const auto* probed = std::get_if<ProbeAck>(&body)) {
    primary.Confirmed(turn, from, *probed);
  } else if (std::holds_alternative<Leave>(body)) {
    primary.Left(turn, from);
  }
}

void Group::ToFollower(Turn& turn, Identity from, const MessageBody& body) {
  Following& follows = *following();
  if (const auto* heartbeat = std::get_if<Heartbeat>(&body)) {
    follows.Heard(turn, from, *heartbeat);
  } else if (const auto* joined = std::get_if<Joined>(&body)) {
    follows.Answered(turn, from, *joined);
  } else if (const auto* order = std::get_if<FullSync>(&body)) {
    follows.Ordered(turn, *order);
  } else if (const auto* probe = std::get_if<Probe>(&body)) {
    follows.Probed(turn, from, *probe);
  } else if (const auto* release = std::get_if<Release>(&body)) {
    if (auto* replica = std::get_if<Replica>(&role_)) replica->Released(turn, *release);
  }
}

void Group::On(Turn& turn, const RecordsArrived& arrived) {
  if (Following* follows = following()) {
    return follows->Records(turn, arrived.from, arrived.header);
  }
  turn.Emit(RefuseRecords{RefusalReason::kNotFromPrimary});
}

void Group::On(Turn& turn, const RecordsArriving& arriving) {
  if (Following* follows = following()) follows->Arriving(turn, arriving.from);
}

// ---- log and snapshots ----

void Group::On(Turn& turn, const LogAppended& appended) {
  if (auto* primary = std::get_if<Primary>(&role_)) return primary->Appended(turn, appended.tail);
  // What workers appended and executed before they learned of the end of the reign.
  if (following()->session != 0 || appended.tail.lsn <= base_.tail.lsn) return;
  base_.tail = appended.tail;
  base_.applied = appended.tail.lsn;
  // The heartbeat that ended the reign may have been answered with a Join, which knew less.
  following()->AskAgain(turn);
}

void Group::On(Turn&, const Applied& applied) {
  if (IsPrimary() || applied.lsn > base_.tail.lsn) return;
  base_.applied = std::max(base_.applied, applied.lsn);
}

void Group::On(Turn& turn, const LogSynced& synced) {
  base_.synced = std::min(synced.lsn, base_.tail.lsn);
  if (auto* primary = std::get_if<Primary>(&role_)) return primary->Synced(turn);
  following()->Synced(turn);
}

void Group::On(Turn& turn, const SyncInstalled& sync) {
  if (Following* follows = following()) follows->Installed(turn, sync);
}

void Group::On(Turn& turn, const SyncFailed& failure) {
  if (auto* primary = std::get_if<Primary>(&role_)) return primary->Failed(turn, failure);
  following()->Failed(turn, failure);
}

void Group::On(Turn& turn, const ConfirmRead& read) {
  if (auto* primary = std::get_if<Primary>(&role_)) primary->Confirm(turn, read.token);
}

// ---- operators ----

void Group::On(Turn& turn, const Switchover& wanted) {
  if (auto* primary = std::get_if<Primary>(&role_)) return primary->SwitchOver(turn, wanted);
  turn.Answer(wanted.request, "this node is not the primary");
}

void Group::On(Turn& turn, const CallOff& wanted) {
  if (auto* primary = std::get_if<Primary>(&role_)) return primary->CalledOff(turn, wanted);
  turn.Answer(wanted.request, "this node is not the primary");
}

void Group::On(Turn& turn, const Drained&) {
  if (auto* primary = std::get_if<Primary>(&role_)) primary->DrainedOut(turn);
}

void Group::On(Turn& turn, const Recover& wanted) {
  if (auto* learner = std::get_if<Learner>(&role_)) return learner->Recover(turn, wanted);
  turn.Answer(wanted.request, "this node is a member in sync: nothing needs to be given up");
}

void Group::On(Turn& turn, const Shutdown& wanted) {
  if (auto* primary = std::get_if<Primary>(&role_)) {
    primary->GiveUpHandover(turn, "the node is shut down and hands over to whoever is furthest");
    return primary->SwitchOver(turn, {.request = wanted.request});
  }
  if (std::holds_alternative<Learner>(role_)) return turn.Answer(wanted.request);
  base_.leave_request = wanted.request;
  turn.Tell(base_.view.group.primary, Leave{});
}

}  // namespace holdfast
