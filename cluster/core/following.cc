#include "cluster/core/following.h"

#include <algorithm>
#include <utility>

#include "net/base/planted_bug.h"

namespace holdfast {

Progress Following::Progressed(const Turn& turn) const {
  const Lsn held = IsAttached() ? turn.base.tail.lsn : Lsn{};
  return {.session = IsAttached() ? session : 0,
          .held = held,
          .applied = turn.base.applied,
          .synced = std::min(held, turn.base.synced),
          .arrivals = arrivals};
}

void Following::FollowCommit(Turn& turn, Lsn commit) {
  // Detached, the tail may be another history's, which the primary has not committed.
  if (!IsAttached() && !BUG("commit-jumps-a-gap")) return;
  commit = std::min(commit, turn.base.tail.lsn);
  if (commit <= turn.base.commit) return;
  turn.base.commit = commit;
  turn.Emit(CommitAdvanced{commit, commit});
}

void Following::Detach(Turn& turn) {
  if (syncing && BUG("learner-never-restarts-its-sync")) return;
  if (session != 0) ++turn.base.attempt;
  session = 0;
  if (BUG("sync-given-up-leaves-an-empty-log")) syncing = false;
  has_asked = false;
}

void Following::AskAgain(Turn& turn) {
  ++turn.base.attempt;
  has_asked = false;
}

bool Following::MayJoin(const Turn& turn) const {
  const Footing& base = turn.base;
  if (session != 0 || base.IsPromoting() || base.leave_request != 0) return false;
  // What was recovered stays untouched as long as the configuration may need it.
  const Identity named = MemberOf(base.view.group.in_sync, base.self.node);
  const bool earlier = named != Identity{} && named != base.self;
  return !(earlier && base.recovery.SpeaksFor(named.incarnation));
}

void Following::SendJoin(Turn& turn) {
  if (!MayJoin(turn)) return;
  if (has_asked && turn.now - asked < turn.base.options.timing.suspect) return;
  has_asked = true;
  asked = turn.now;
  const Lsn keeps = BUG("deposed-primary-keeps-its-state") ? turn.base.commit : turn.base.applied;
  // A snapshot whose session has ended may be taking its place at this moment: until it is there,
  // or another sync has begun, there is no log to go on from.
  Ladder ladder;
  if (!syncing) ladder = BuildLadder(turn.log, keeps);
  turn.Tell(turn.base.view.group.primary, Join{turn.base.attempt, keeps, std::move(ladder)});
}

void Following::Heard(Turn& turn, Identity from, const Heartbeat& heartbeat) {
  has_heard = true;
  heard = turn.now;
  // A promotion of our own may be chosen at any moment: no promise to keep still.
  if (turn.base.IsPromoting()) return;
  // In a session that the primary has given up nothing is sent any more, and no ack counts.
  if (session != 0 && heartbeat.session != session && !BUG("session-outlives-its-primarys")) {
    Detach(turn);
  }
  primary_tail = heartbeat.tail;
  if (turn.base.tail.lsn >= primary_tail) moved = turn.now;
  turn.Tell(from, HeartbeatAck{heartbeat.sent, Progressed(turn)});
  if (heartbeat.log_time.value != 0) turn.Emit(TimeHeard{heartbeat.log_time, heartbeat.tail});
  FollowCommit(turn, heartbeat.commit);
  if (IsAttached() && heartbeat.held_by_all.value != 0) turn.Emit(HeldByAll{heartbeat.held_by_all});
  SendJoin(turn);
}

void Following::Answered(Turn& turn, Identity from, const Joined& joined) {
  Footing& base = turn.base;
  if (session != 0 || syncing || joined.attempt != base.attempt || base.IsPromoting()) return;
  const auto ours = turn.log.PositionAt(joined.shared.lsn);
  const bool same = ours == joined.shared || BUG("partial-resync-by-offset-without-epoch");
  const bool executed = joined.shared.lsn < base.applied;
  if (!same || !ours || (executed && !BUG("deposed-primary-keeps-its-state"))) {
    return turn.Emit(Halt{"the primary's log lacks records that were executed here"});
  }
  GiveUpClaim(turn);
  session = joined.session;
  moved = turn.now;
  if (*ours != base.tail && !BUG("divergent-suffix-kept")) {
    base.tail = *ours;
    base.applied = std::min(base.applied, ours->lsn);
    base.commit = std::min(base.commit, ours->lsn);
    base.synced = std::min(base.synced, ours->lsn);
    turn.Emit(CutBack{*ours});
  }
  turn.Tell(from, Ack{Progressed(turn)});
  FollowCommit(turn, joined.commit);
}

// What is on the disk is about to change: from now on it speaks for nobody who was before us.
void Following::GiveUpClaim(Turn& turn) {
  if (turn.base.recovery.lives.empty()) return;
  turn.base.recovery.lives.clear();
  turn.Emit(EraseClaim{});
}

void Following::Synced(Turn& turn) {
  if (IsAttached()) turn.Tell(turn.base.view.group.primary, Ack{Progressed(turn)});
}

void Following::Ordered(Turn& turn, const FullSync& order) {
  Footing& base = turn.base;
  if (order.attempt != base.attempt || base.IsPromoting()) return;
  const bool fresh = session == 0 || (syncing && order.session > session);
  const bool member = Contains(base.view.group.in_sync, base.self);
  if (!fresh || (member && !BUG("full-sync-of-a-member-in-the-set"))) return;
  GiveUpClaim(turn);
  session = order.session;
  syncing = true;
  base.tail = {};
  base.applied = {};
  base.commit = {};
  base.synced = {};
  turn.Emit(DiscardState{session});
}

void Following::Probed(Turn& turn, Identity from, const Probe& probe) {
  if (!turn.base.IsPromoting()) turn.Tell(from, ProbeAck{probe.round});
}

void Following::Records(Turn& turn, Identity from, const RecordsHeader& header) {
  Footing& base = turn.base;
  const bool ours = header.epoch == base.view.group.epoch && base.IsPrimary(from);
  const bool unchecked = BUG("append-without-epoch-check");
  if (!ours && !unchecked) return turn.Emit(RefuseRecords{RefusalReason::kNotFromPrimary});
  if (base.IsPromoting()) return turn.Emit(RefuseRecords{RefusalReason::kPromoting});
  if ((header.session != session || !IsAttached()) && !unchecked) {
    turn.Emit(RefuseRecords{RefusalReason::kSession});
    if (header.session > session && !syncing) Detach(turn);
    return SendJoin(turn);
  }
  const auto before = turn.log.PositionAt(header.previous.lsn);
  if (header.previous.lsn > std::min(base.tail.lsn, header.last.lsn) ||
      (before && *before != header.previous)) {
    const bool gap = header.previous.lsn > base.tail.lsn;
    turn.Emit(RefuseRecords{gap ? RefusalReason::kGap : RefusalReason::kMismatch});
    Detach(turn);
    return SendJoin(turn);
  }
  // The front may be here already: the stream began again after a broken connection.
  const uint64_t known = base.tail.lsn.value - header.previous.lsn.value;
  const uint64_t count = header.last.lsn.value - header.previous.lsn.value;
  if (count > known) {
    base.tail = header.last;
    moved = turn.now;
  }
  turn.Emit(TakeRecords{BUG("duplicate-frame-applied-twice") ? 0 : std::min(known, count)});
  if (ours) turn.Tell(from, Ack{Progressed(turn)});
  FollowCommit(turn, header.commit);
}

void Following::Arriving(Turn& turn, Identity from) {
  if (!IsAttached() || !turn.base.IsPrimary(from)) return;
  moved = turn.now;
  ++arrivals;
}

void Following::Installed(Turn& turn, const SyncInstalled& sync) {
  if (!syncing || (session != 0 && sync.session != session)) return;
  syncing = false;
  moved = turn.now;
  turn.base.tail = sync.position;
  turn.base.applied = sync.position.lsn;
  turn.base.commit = sync.position.lsn;
  // Also one that was given up is whole, and what follows is asked for from there.
  if (session == 0) return AskAgain(turn);
  turn.Tell(turn.base.view.group.primary, Ack{Progressed(turn)});
}

void Following::Failed(Turn& turn, const SyncFailed& failure) {
  if (!syncing || failure.session != session) return;
  Detach(turn);
  SendJoin(turn);
}

void Following::Reconnected(Turn& turn) {
  // What was on its way is lost.
  Detach(turn);
  if (has_heard) SendJoin(turn);
}

void Following::Tick(Turn& turn) {
  const Timing& timing = turn.base.options.timing;
  // Not having run, we may not judge anyone's silence: what they sent is still in our buffers.
  if (turn.now - turn.base.last_tick > timing.suspect) {
    heard = turn.now;
    moved = turn.now;
  }
  if (!has_heard || turn.now - heard > timing.Patience()) return;
  if (IsAttached() && turn.base.tail.lsn < primary_tail && turn.now - moved > timing.suspect) {
    Detach(turn);
  }
  SendJoin(turn);
}

}  // namespace holdfast
