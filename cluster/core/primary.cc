#include "cluster/core/primary.h"

#include <algorithm>
#include <functional>

#include "net/base/check.h"
#include "net/base/planted_bug.h"

namespace holdfast {

Primary::Primary(Turn& turn)
    : epoch_(turn.base.view.group.epoch),
      first_(turn.base.tail.lsn.Next()),
      acknowledgeable_(turn.base.commit),
      heartbeat_sent_(turn.now),
      leased_(turn.now) {
  if (!BUG("sessions-repeat-in-every-reign")) last_session_ = epoch_.value << kSessionBits;
  for (Identity member : turn.base.view.group.in_sync) {
    if (!turn.base.IsSelf(member)) FindOrAdd(turn, member);
  }
  for (Identity peer : turn.base.contacts) Met(turn, peer);
  turn.base.applied = turn.base.tail.lsn;
  turn.Emit(BecomePrimary{epoch_});
  SendHeartbeats(turn, {});
  // A learner is close once it holds the epoch's first record.
  tail_at_heartbeat_ = first_;
}

const Peer* Primary::Find(Identity identity) const {
  auto found = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& peer) {
    return BUG("incarnation-ignored") ? peer.identity.node == identity.node
                                      : peer.identity == identity;
  });
  return found == peers_.end() ? nullptr : &*found;
}

Peer* Primary::Find(Identity identity) {
  return const_cast<Peer*>(std::as_const(*this).Find(identity));
}

Peer& Primary::FindOrAdd(Turn& turn, Identity identity) {
  auto place = std::find_if(peers_.begin(), peers_.end(),
                            [&](const Peer& peer) { return peer.identity >= identity; });
  if (place == peers_.end() || place->identity != identity) {
    // Whoever is new has a whole term to say a first word.
    Peer peer;
    peer.identity = identity;
    peer.answered = peer.healthy_since = peer.progressed = turn.now;
    place = peers_.insert(place, peer);
  }
  return *place;
}

IdentitySet Primary::Possible(const Footing& base) const {
  const GroupConfiguration& group = base.view.group;
  const auto& proposal = base.register_use.proposal;
  if (!proposal || proposal->epoch != epoch_) return group.in_sync;
  const bool smaller = proposal->in_sync.size() < group.in_sync.size();
  if (BUG("shrink-before-the-register-commits") && smaller) return proposal->in_sync;
  if (BUG("old-set-instead-of-union-during-a-change")) return group.in_sync;
  IdentitySet both = group.in_sync;
  for (Identity member : proposal->in_sync) Insert(both, member);
  return both;
}

IdentitySet Primary::Certain(const Footing& base) const {
  IdentitySet certain = base.view.group.in_sync;
  const auto& proposal = base.register_use.proposal;
  if (!proposal || proposal->epoch != epoch_) return certain;
  std::erase_if(certain, [&](Identity member) { return !Contains(proposal->in_sync, member); });
  return certain;
}

// ---- leases ----

bool Primary::IsSettled(const Footing& base) const {
  const bool begun = base.commit >= first_ || BUG("serves-before-the-epochs-first-record-commits");
  return begun && handover_.stage != Handover::Stage::kReleased;
}

Nanos Primary::ServeUntil(const Footing& base) const {
  if (!IsSettled(base)) return {INT64_MIN};
  Nanos until{INT64_MAX};
  if (BUG("lease-never-ends")) return until;
  for (Identity member : Possible(base)) {
    if (base.IsSelf(member)) continue;
    const Peer* peer = Find(member);
    until = std::min(until, peer == nullptr ? Nanos{INT64_MIN} : peer->granted_until);
  }
  return until;
}

bool Primary::MayWrite(const Footing& base) const {
  return IsSettled(base) && Certain(base).size() >= base.MinInSync();
}

Nanos Primary::HeartbeatInterval(const Turn& turn) const {
  const Timing& timing = turn.base.options.timing;
  const bool hopeless = turn.now - leased_ > timing.Patience() + timing.grace;
  return hopeless ? Nanos{3 * timing.grace.value} : timing.heartbeat;
}

void Primary::SendHeartbeats(Turn& turn, Millis log_time) {
  heartbeat_sent_ = turn.now;
  tail_at_heartbeat_ = turn.base.tail.lsn;
  Heartbeat heartbeat{turn.base.view,   turn.now,     turn.base.tail.lsn,
                      turn.base.commit, held_by_all_, log_time};
  for (const Peer& peer : peers_) {
    heartbeat.session = peer.session;
    turn.Tell(peer.identity, heartbeat);
  }
  for (Identity missing : confirmation_.missing) turn.Tell(missing, Probe{confirmation_.round});
}

void Primary::Granted(Turn& turn, Identity from, const HeartbeatAck& ack) {
  Peer* peer = Find(from);
  if (peer == nullptr || ack.sent > turn.now) return;
  const Nanos since = BUG("lease-counted-from-the-acks-arrival") ? turn.now : ack.sent;
  peer->granted_until = std::max(peer->granted_until, since + turn.base.options.timing.lease);
  NoteAlive(turn, *peer);
  Acknowledged(turn, from, ack.progress);
}

// ---- acks and commits ----

void Primary::Appended(Turn& turn, LogPosition tail) {
  CHECK_GE(tail.lsn, turn.base.tail.lsn);
  // Before anything was outstanding there was nothing to acknowledge.
  for (Peer& peer : peers_) {
    if (peer.held >= turn.base.tail.lsn) peer.progressed = turn.now;
  }
  turn.base.tail = tail;
  turn.base.applied = tail.lsn;
  Recount(turn);
}

void Primary::Acknowledged(Turn& turn, Identity from, const Progress& progress) {
  Peer* peer = Find(from);
  if (peer == nullptr) return;
  // Whatever it has executed it reports in any session; only more of it makes us more careful.
  peer->applied = progress.applied;
  // The reign is a part of the session's number.
  const int ignored = BUG("ack-without-epoch-check") ? 64 - kSessionBits : 0;
  const bool current = progress.session != 0 && progress.session << ignored == peer->session
                                                                                   << ignored;
  const bool stale = progress.session != 0 && BUG("old-ack-counted-after-a-new-sync-session");
  if (!current && !stale) return;
  if (peer->stage == Peer::Stage::kSyncing) peer->stage = Peer::Stage::kStreaming;
  const Lsn held = std::min(progress.held, turn.base.tail.lsn);
  const bool slow_but_moving = progress.arrivals != peer->arrivals;
  if (held > peer->held || held == turn.base.tail.lsn || slow_but_moving) {
    peer->progressed = turn.now;
  }
  peer->arrivals = progress.arrivals;
  peer->held = std::max(peer->held, held);
  peer->on_disk = std::max(peer->on_disk, std::min(progress.synced, held));
  Recount(turn);
}

Lsn Primary::LowestHeld(const Turn& turn) const {
  const Lsn tail = turn.base.tail.lsn;
  if (BUG("acknowledge-before-replicating")) return tail;
  std::vector<Lsn> held;
  for (Identity member : Possible(turn.base)) {
    const Peer* peer = Find(member);
    if (turn.base.IsSelf(member)) {
      held.push_back(tail);
    } else {
      held.push_back(peer == nullptr ? Lsn{} : peer->held);
    }
  }
  std::sort(held.begin(), held.end(), std::greater<>());
  if (BUG("acknowledge-at-a-majority-of-the-in-sync-set")) return held[held.size() / 2];
  Lsn lowest = held.back();
  for (const Peer& peer : peers_) {
    if (peer.in_ack_set) lowest = std::min(lowest, peer.held);
  }
  return lowest;
}

Lsn Primary::LowestSynced(const Turn& turn) const {
  Lsn lowest = turn.base.synced;
  for (Identity member : Possible(turn.base)) {
    if (turn.base.IsSelf(member)) continue;
    const Peer* peer = Find(member);
    lowest = std::min(lowest, peer == nullptr ? Lsn{} : peer->on_disk);
  }
  return lowest;
}

Lsn Primary::HeldByMinimum(const Turn& turn) const {
  if (BUG("ok-with-fewer-than-min-in-sync-acks-after-a-shrink")) return turn.base.commit;
  std::vector<Lsn> held;
  for (Identity member : Certain(turn.base)) {
    const Peer* peer = Find(member);
    held.push_back(turn.base.IsSelf(member) ? turn.base.tail.lsn
                                            : (peer == nullptr ? Lsn{} : peer->held));
  }
  std::sort(held.begin(), held.end(), std::greater<>());
  const size_t needed = turn.base.MinInSync();
  return held.size() < needed ? Lsn{} : held[needed - 1];
}

void Primary::Recount(Turn& turn) {
  Footing& base = turn.base;
  const Lsn lowest = LowestHeld(turn);
  const Lsn commit_before = base.commit;
  const Lsn acknowledgeable_before = acknowledgeable_;
  // Counting begins with the epoch's own first record, which every member of the set has to hold.
  if (lowest >= first_) {
    base.commit = std::max(base.commit, lowest);
    if (lowest > held_by_all_) {
      held_by_all_ = lowest;
      turn.Emit(HeldByAll{held_by_all_});
    }
  }
  acknowledgeable_ = std::max(acknowledgeable_, std::min(base.commit, HeldByMinimum(turn)));
  if (base.commit != commit_before || acknowledgeable_ != acknowledgeable_before) {
    turn.Emit(CommitAdvanced{base.commit, acknowledgeable_});
    AdvanceHandover(turn);
  }
  const Lsn durable = BUG("durable-before-all-have-synced") ? turn.base.synced : LowestSynced(turn);
  if (std::min(durable, acknowledgeable_) <= durable_) return;
  durable_ = std::min(durable, acknowledgeable_);
  turn.Emit(DurableAdvanced{durable_});
}

// ---- reads confirmed without a clock ----

void Primary::Confirm(Turn& turn, uint64_t token) {
  confirmation_.wanted = std::max(confirmation_.wanted, token);
  StartRound(turn);
}

void Primary::StartRound(Turn& turn) {
  Confirmation& confirm = confirmation_;
  if (!confirm.missing.empty() || !IsSettled(turn.base)) return;
  if (confirm.wanted == confirm.confirmed) return;
  ++confirm.round;
  confirm.in_round = confirm.wanted;
  confirm.missing = Possible(turn.base);
  std::erase_if(confirm.missing, [&](Identity member) { return turn.base.IsSelf(member); });
  for (Identity member : confirm.missing) turn.Tell(member, Probe{confirm.round});
  EndRound(turn);
}

void Primary::Confirmed(Turn& turn, Identity from, const ProbeAck& ack) {
  Confirmation& confirm = confirmation_;
  if (ack.round != confirm.round || !Contains(confirm.missing, from)) return;
  Erase(confirm.missing, from);
  EndRound(turn);
  StartRound(turn);
}

void Primary::EndRound(Turn& turn) {
  Confirmation& confirm = confirmation_;
  if (!confirm.missing.empty() || !IsSettled(turn.base)) return;
  confirm.confirmed = confirm.in_round;
  turn.Emit(ReadsConfirmed{confirm.confirmed});
}

}  // namespace holdfast
