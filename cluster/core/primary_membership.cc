// How a primary keeps its set: whom it compares logs with, whom it removes, whom it admits, and how
// it gives the epoch away.
#include <algorithm>
#include <utility>

#include "cluster/core/primary.h"
#include "net/base/planted_bug.h"

namespace holdfast {

void Primary::Tick(Turn& turn, Millis log_time) {
  const Timing& timing = turn.base.options.timing;
  if (turn.now - turn.base.last_tick > timing.suspect) Forgive(turn);
  if (handover_.stage == Handover::Stage::kReleased) return Reclaim(turn);
  DropSilentLearners(turn);
  if (ServeUntil(turn.base) > turn.now) leased_ = turn.now;
  if (turn.now - heartbeat_sent_ >= HeartbeatInterval(turn)) SendHeartbeats(turn, log_time);
  Shrink(turn);
  Grow(turn);
  StartRound(turn);
  AdvanceHandover(turn);
}

// We did not run for a while: what the others sent is still in our buffers.
void Primary::Forgive(Turn& turn) {
  for (Peer& peer : peers_) peer.answered = peer.progressed = turn.now;
}

void Primary::ViewChanged(Turn& turn, const GroupConfiguration& before) {
  const IdentitySet& set = turn.base.view.group.in_sync;
  for (Peer& peer : peers_) {
    peer.in_ack_set = false;
    // Whoever was removed starts over as a learner, with its health still to be shown.
    const bool removed = Contains(before.in_sync, peer.identity) && !Contains(set, peer.identity);
    if (removed) peer.healthy_since = turn.now;
  }
  for (Identity member : set) {
    if (!turn.base.IsSelf(member)) FindOrAdd(turn, member);
  }
  // Who was removed within the epoch has not begun another one.
  if (!confirmation_.missing.empty()) {
    const IdentitySet possible = Possible(turn.base);
    std::erase_if(confirmation_.missing,
                  [&](Identity member) { return !Contains(possible, member); });
    EndRound(turn);
  }
  Recount(turn);
}

void Primary::Met(Turn& turn, Identity from) {
  const Footing& base = turn.base;
  if (!Lists(base.view, from.node) || from.node == base.self.node) return;
  const IdentitySet possible = Possible(base);
  std::erase_if(peers_, [&](const Peer& peer) {
    const bool replaced = peer.identity.node == from.node && peer.identity != from &&
                          !Contains(possible, peer.identity);
    // Nobody asks any more for what is on its way to it, nor for the log that it lacks.
    if (replaced && peer.session != 0 && !BUG("replaced-learner-is-still-sent-to")) {
      turn.Emit(StopStreaming{peer.identity});
    }
    return replaced;
  });
  FindOrAdd(turn, from);
}

// ---- comparing logs ----

void Primary::Joining(Turn& turn, Identity from, const Join& join) {
  Peer* peer = Find(from);
  if (peer == nullptr) return;
  const bool member = Contains(Possible(turn.base), from);
  const Timing& timing = turn.base.options.timing;
  peer->applied = join.applied;
  // Whoever asks is there: it would be a pity to drop it before its first heartbeat has come back.
  if (!BUG("join-is-no-sign-of-life")) NoteAlive(turn, *peer);
  if (peer->session != 0 && peer->attempt == join.attempt) {
    // It has not had our answer, or not yet: its log has not changed, and the answer has not.
    if (peer->stage == Peer::Stage::kStreaming) {
      if (peer->held > peer->shared.lsn) return;
      turn.Tell(from, Joined{join.attempt, peer->session, peer->shared, turn.base.commit});
      return turn.Emit(StreamLog{from, peer->session, peer->shared});
    }
    if (peer->stage == Peer::Stage::kSyncing && turn.now - peer->synced < timing.suspect) return;
  }
  const auto shared = FindShared(turn.log, join.ladder);
  const bool reaches = shared && shared->lsn >= join.applied;
  if (!reaches || BUG("full-sync-of-a-member-in-the-set")) {
    // A member whose log we cannot continue never acknowledges, and is removed for it.
    if (!member || BUG("full-sync-of-a-member-in-the-set")) {
      OrderFullSync(turn, *peer, join.attempt);
    }
    return;
  }
  // To join again and again is no progress: it may be the records that do not get through.
  const bool again = peer->session != 0 && shared->lsn <= peer->held;
  if (!again || BUG("joining-again-counts-as-progress")) peer->progressed = turn.now;
  peer->stage = Peer::Stage::kStreaming;
  peer->session = ++last_session_;
  peer->attempt = join.attempt;
  peer->shared = *shared;
  peer->held = shared->lsn;
  turn.Tell(from, Joined{join.attempt, peer->session, *shared, turn.base.commit});
  turn.Emit(StreamLog{from, peer->session, *shared});
  Recount(turn);
}

void Primary::OrderFullSync(Turn& turn, Peer& peer, uint64_t attempt) {
  peer.stage = Peer::Stage::kSyncing;
  peer.session = ++last_session_;
  peer.attempt = attempt;
  peer.shared = {};
  if (!BUG("old-ack-counted-after-a-new-sync-session")) peer.held = {};
  peer.on_disk = {};
  if (BUG("deposed-primary-grown-with-its-executed-tail")) peer.held = peer.applied;
  peer.in_ack_set = false;
  peer.progressed = turn.now;
  peer.synced = turn.now;
  turn.Tell(peer.identity, FullSync{attempt, peer.session});
  turn.Emit(SendSnapshot{peer.identity, peer.session});
}

void Primary::Failed(Turn& turn, const SyncFailed& failure) {
  Peer* peer = Find(failure.peer);
  if (peer == nullptr || peer->session != failure.session) return;
  if (peer->stage != Peer::Stage::kSyncing) return;
  // The learner still waits for the rest of that snapshot, and for nothing else.
  turn.Emit(StopStreaming{failure.peer});
  OrderFullSync(turn, *peer, peer->attempt);
}

void Primary::Left(Turn&, Identity from) {
  if (Peer* peer = Find(from)) peer->leaving = true;
}

// ---- shrinking and growing ----

void Primary::NoteAlive(Turn& turn, Peer& peer) {
  if (turn.now - peer.answered > turn.base.options.timing.suspect) peer.healthy_since = turn.now;
  peer.answered = turn.now;
}

bool Primary::IsSilent(const Turn& turn, const Peer& peer) const {
  const Timing& timing = turn.base.options.timing;
  const bool unheard = turn.now - peer.answered > timing.suspect &&
                       !BUG("one-way-partitioned-node-causes-endless-failovers");
  if (peer.leaving || unheard) return true;
  return peer.held < turn.base.tail.lsn && peer.stage != Peer::Stage::kSyncing &&
         turn.now - peer.progressed > timing.Patience();
}

void Primary::DropSilentLearners(Turn& turn) {
  const IdentitySet possible = Possible(turn.base);
  std::erase_if(peers_, [&](Peer& peer) {
    if (Contains(possible, peer.identity) || !IsSilent(turn, peer)) return false;
    const bool met = Contains(turn.base.contacts, peer.identity);
    if (peer.session != 0) turn.Emit(StopStreaming{peer.identity});
    peer.stage = Peer::Stage::kApart;
    peer.session = 0;
    peer.held = {};
    peer.on_disk = {};
    peer.in_ack_set = false;
    peer.progressed = turn.now;
    return !met;
  });
  Recount(turn);
}

void Primary::Shrink(Turn& turn) {
  const Footing& base = turn.base;
  if (!base.register_use.IsIdle(turn.now)) return;
  GroupConfiguration next = base.view.group;
  std::erase_if(next.in_sync, [&](Identity member) {
    if (base.IsSelf(member)) return false;
    const Peer* peer = Find(member);
    return peer == nullptr || IsSilent(turn, *peer);
  });
  if (next != base.view.group) turn.Suggest(std::move(next));
}

void Primary::Grow(Turn& turn) {
  const Footing& base = turn.base;
  const bool settled =
      IsSettled(base) || BUG("learner-proposed-before-the-epochs-first-record-commits");
  if (!base.register_use.IsIdle(turn.now) || !settled) return;
  if (handover_.stage != Handover::Stage::kNone) return;
  const IdentitySet& set = base.view.group.in_sync;
  for (Peer& peer : peers_) {
    if (Contains(set, peer.identity) || !Lists(base.view, peer.identity.node)) continue;
    const bool syncing = peer.stage != Peer::Stage::kStreaming &&
                         !(peer.session != 0 && BUG("learner-promoted-mid-sync"));
    const Nanos health = turn.now - peer.healthy_since;
    if (syncing || IsSilent(turn, peer)) continue;
    if (health <= base.options.timing.Patience()) continue;
    if (!peer.in_ack_set) {
      // It holds commits back from now on, so it may not be far behind.
      if (peer.held < tail_at_heartbeat_ && !BUG("learner-promoted-mid-sync") &&
          !BUG("grow-before-caught-up")) {
        continue;
      }
      peer.in_ack_set = true;
      peer.goal = base.tail.lsn;
    }
    const bool reached =
        peer.held >= peer.goal || BUG("grow-before-caught-up") || BUG("learner-promoted-mid-sync");
    const bool ahead = peer.applied > base.commit;
    if (!reached || ahead) continue;
    GroupConfiguration next = base.view.group;
    // The set has one identity of a node; the earlier one goes before the new one comes.
    if (MemberOf(next.in_sync, peer.identity.node) != Identity{}) continue;
    Insert(next.in_sync, peer.identity);
    return turn.Suggest(std::move(next));
  }
}

// ---- giving the epoch away ----

void Primary::SwitchOver(Turn& turn, const Switchover& wanted) {
  const Footing& base = turn.base;
  if (handover_.stage != Handover::Stage::kNone) {
    return turn.Answer(wanted.request, "a switchover is under way");
  }
  if (!IsSettled(base)) return turn.Answer(wanted.request, "this primary has only just begun");
  const Peer* best = nullptr;
  for (const Peer& peer : peers_) {
    if (!Contains(base.view.group.in_sync, peer.identity) || IsSilent(turn, peer)) continue;
    if (wanted.target.value != 0 && peer.identity.node != wanted.target) continue;
    if (best == nullptr || peer.held > best->held) best = &peer;
  }
  if (best == nullptr) {
    return turn.Answer(wanted.request, wanted.target.value == 0
                                           ? "no other member is in sync"
                                           : "the node is not a member in sync");
  }
  const Nanos usual = base.options.timing.Patience();
  handover_ = {.stage = Handover::Stage::kDraining,
               .target = best->identity,
               .request = wanted.request,
               .since = turn.now,
               .patience = wanted.patience.value > 0 ? wanted.patience : usual};
  turn.Emit(Drain{});
}

void Primary::CalledOff(Turn& turn, const CallOff& wanted) {
  if (handover_.stage == Handover::Stage::kNone) {
    return turn.Answer(wanted.request, "no switchover is under way");
  }
  if (!handover_.IsOpen()) {
    return turn.Answer(wanted.request,
                       "it is too late: the successor has been given the epoch and takes over");
  }
  GiveUpHandover(turn, "it was called off");
  turn.Answer(wanted.request);
}

void Primary::GiveUpHandover(Turn& turn, const std::string& why) {
  if (!handover_.IsOpen()) return;
  const uint64_t request = std::exchange(handover_, {}).request;
  turn.Emit(Resume{});
  turn.Answer(request, why);
}

void Primary::DrainedOut(Turn& turn) {
  if (handover_.stage != Handover::Stage::kDraining) return;
  handover_.stage = Handover::Stage::kDrained;
  AdvanceHandover(turn);
}

void Primary::AdvanceHandover(Turn& turn) {
  const Footing& base = turn.base;
  if (!handover_.IsOpen()) return;
  if (turn.now - handover_.since > handover_.patience) {
    return GiveUpHandover(turn, "the members did not catch up in time");
  }
  if (!Contains(base.view.group.in_sync, handover_.target)) {
    return GiveUpHandover(turn, "the target has left the set");
  }
  const bool quiet = handover_.stage == Handover::Stage::kDrained && base.commit == base.tail.lsn &&
                     base.register_use.stage == RegisterUse::Stage::kIdle;
  if (!quiet) return;
  handover_.stage = Handover::Stage::kReleased;
  handover_.since = turn.now;
  heartbeat_sent_ = turn.now;
  turn.Tell(handover_.target, Release{base.tail});
}

// The target may not have heard us, or may have failed. The epoch is gone in any case: to serve
// again we have to win the next one, after everyone else had the chance.
void Primary::Reclaim(Turn& turn) {
  const Footing& base = turn.base;
  const Timing& timing = base.options.timing;
  if (BUG("old-primary-resumes-after-release") && turn.now - handover_.since > timing.heartbeat) {
    handover_ = {};
    return turn.Emit(Resume{});
  }
  if (turn.now - heartbeat_sent_ >= timing.heartbeat) {
    heartbeat_sent_ = turn.now;
    turn.Tell(handover_.target, Release{base.tail});
  }
  const auto others = static_cast<int64_t>(base.view.group.in_sync.size());
  const Nanos turn_begins = handover_.since + timing.Grace() + Nanos{others * timing.stagger.value};
  if (turn.now <= turn_begins || !base.register_use.IsIdle(turn.now)) return;
  GroupConfiguration next = base.view.group;
  next.epoch.value += 1;
  turn.Suggest(std::move(next));
}

void Primary::Deposed(Turn& turn, const GroupView& view) {
  if (handover_.stage == Handover::Stage::kNone) return;
  const bool done = view.group.primary == handover_.target;
  turn.Answer(handover_.request, done ? "" : "the successor did not take over");
}

}  // namespace holdfast
