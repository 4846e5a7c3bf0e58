// The primary of an epoch.
//
//   ack set   = in-sync set (both sets while a change is open) + learners about to be proposed
//   commit    = lowest LSN held by the whole ack set, once it covers the epoch's first record
//   serving   = until the earliest lease granted by any member of the in-sync set(s) ends
//
// 1. An ack counts after the two logs have been compared in this epoch, and in its session only.
// 2. While a change is in flight or of unknown outcome, both the old and the new set count, for
//    acks and for leases. Whoever is certain to be in the set is in both.
// 3. A learner enters the ack set, reaches the tail of that moment, and is proposed then: after the
//    epoch's first record committed, and not while it has executed what is not committed.
// 4. A released epoch is never served again.
// 5. Whoever has had no lease for long, and so can serve nobody, is silent for a few graces at a
// time:
//    a member that hears it and is not heard by it, or that it cannot remove, may then take over.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "cluster/core/footing.h"
#include "cluster/core/peer.h"

namespace holdfast {

// Giving the epoch away in order.
struct Handover {
  enum class Stage : uint8_t { kNone, kDraining, kDrained, kReleased };
  Stage stage = Stage::kNone;
  Identity target;
  uint64_t request = 0;
  Nanos since;
  Nanos patience;
  // Nothing has been released: it can be given up.
  bool IsOpen() const { return stage == Stage::kDraining || stage == Stage::kDrained; }
  bool operator==(const Handover&) const = default;
  auto Fields() const { return std::tie(stage, target, request, since, patience); }
};

// One round of probes at a time; reads that come meanwhile share the next one.
struct Confirmation {
  uint64_t round = 0;
  uint64_t wanted = 0;     // highest token asked for
  uint64_t in_round = 0;   // highest token that the round under way confirms
  uint64_t confirmed = 0;  // highest token confirmed
  IdentitySet missing;
  bool operator==(const Confirmation&) const = default;
  auto Fields() const { return std::tie(round, wanted, in_round, confirmed, missing); }
};

class Primary {
 public:
  // Of the epoch in the view: all that is buffered becomes part of the log.
  explicit Primary(Turn& turn);

  void Tick(Turn& turn, Millis log_time);
  // The entry changed within the epoch: leases, acks and a release stay as they are.
  void ViewChanged(Turn& turn, const GroupConfiguration& before);
  void Appended(Turn& turn, LogPosition tail);
  // More is on this node's disk.
  void Synced(Turn& turn) { Recount(turn); }
  void Met(Turn& turn, Identity peer);
  void Joining(Turn& turn, Identity from, const Join& join);
  void Acknowledged(Turn& turn, Identity from, const Progress& progress);
  void Granted(Turn& turn, Identity from, const HeartbeatAck& ack);
  void Left(Turn& turn, Identity from);
  void Failed(Turn& turn, const SyncFailed& failure);
  void Confirm(Turn& turn, uint64_t token);
  void Confirmed(Turn& turn, Identity from, const ProbeAck& ack);
  void SwitchOver(Turn& turn, const Switchover& wanted);
  void CalledOff(Turn& turn, const CallOff& wanted);
  // Whoever asked for the switchover under way, if it is still open, is told why it ends.
  void GiveUpHandover(Turn& turn, const std::string& why);
  void DrainedOut(Turn& turn);
  // The epoch is over; `view` is what ended it.
  void Deposed(Turn& turn, const GroupView& view);

  // The first record of the epoch is committed, and the epoch is not released.
  bool IsSettled(const Footing& base) const;
  Nanos ServeUntil(const Footing& base) const;
  bool MayWrite(const Footing& base) const;
  Lsn acknowledgeable() const { return acknowledgeable_; }
  const std::vector<Peer>& peers() const { return peers_; }
  const Handover& handover() const { return handover_; }

  bool operator==(const Primary&) const = default;
  auto Fields() const {
    return std::tie(epoch_, first_, peers_, acknowledgeable_, durable_, held_by_all_, last_session_,
                    heartbeat_sent_, leased_, tail_at_heartbeat_, handover_, confirmation_);
  }

 private:
  Peer* Find(Identity identity);
  const Peer* Find(Identity identity) const;
  Peer& FindOrAdd(Turn& turn, Identity identity);
  // Both sets of an open change; whoever is in either may be promoted.
  IdentitySet Possible(const Footing& base) const;
  // Whoever is in the set whatever the outcome.
  IdentitySet Certain(const Footing& base) const;
  bool IsSilent(const Turn& turn, const Peer& peer) const;

  void NoteAlive(Turn& turn, Peer& peer);
  Nanos HeartbeatInterval(const Turn& turn) const;
  void SendHeartbeats(Turn& turn, Millis log_time);
  void Forgive(Turn& turn);
  void OrderFullSync(Turn& turn, Peer& peer, uint64_t attempt);
  void Recount(Turn& turn);
  Lsn LowestHeld(const Turn& turn) const;
  Lsn LowestSynced(const Turn& turn) const;
  Lsn HeldByMinimum(const Turn& turn) const;
  void DropSilentLearners(Turn& turn);
  void Shrink(Turn& turn);
  void Grow(Turn& turn);
  void AdvanceHandover(Turn& turn);
  void Reclaim(Turn& turn);
  void StartRound(Turn& turn);
  void EndRound(Turn& turn);

  Epoch epoch_;
  Lsn first_;                // this epoch's first record
  std::vector<Peer> peers_;  // by identity: members and learners
  Lsn acknowledgeable_;
  Lsn durable_;
  Lsn held_by_all_;
  // A session's number is used once in the life of the group: blocks and answers of an earlier
  // reign's are still under way.
  static constexpr int kSessionBits = 32;
  uint64_t last_session_ = 0;
  Nanos heartbeat_sent_;
  Nanos leased_;  // when the lease was last good, or the reign began
  Lsn tail_at_heartbeat_;
  Handover handover_;
  Confirmation confirmation_;
};

}  // namespace holdfast
