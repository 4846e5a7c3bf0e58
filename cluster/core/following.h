// A member's relation to the primary of its epoch; replicas and learners have it alike.
//
//   detached --Join--> . --Joined--> attached: records are taken, acks sent, commits followed
//       ^                --FullSync--> syncing --snapshot installed--> attached
//       +---- gap, mismatch, stall, new epoch, lost connection ----+
//
// 1. A detached member's log does not change, so the answer to its Join describes what it has.
// 2. While attached, the log up to the tail is a prefix of the primary's. Only then does the
//    primary's commit LSN mean anything here.
// 3. Every heartbeat answered is a lease granted: grace starts anew at `heard`.
// 4. Executed records are never cut. A learner whose executed state went astray is told to discard
//    it; a member of the in-sync set is never told so.
#pragma once

#include <cstdint>
#include <tuple>

#include "cluster/core/footing.h"

namespace holdfast {

struct Following {
  uint64_t session = 0;    // 0: detached
  bool syncing = false;    // the data was discarded for a snapshot to come
  bool has_heard = false;  // a heartbeat of this epoch
  Nanos heard;             // last heartbeat, or when this group's entry changed
  Nanos asked;             // last Join
  bool has_asked = false;  // since it was detached
  Nanos moved;             // last time records came, wholly or in part, or nothing was missing
  uint64_t arrivals = 0;   // how often a part of them came
  Lsn primary_tail;        // as of the last heartbeat

  bool IsAttached() const { return session != 0 && !syncing; }
  void Heard(Turn& turn, Identity from, const Heartbeat& heartbeat);
  void Answered(Turn& turn, Identity from, const Joined& joined);
  void Ordered(Turn& turn, const FullSync& order);
  void Probed(Turn& turn, Identity from, const Probe& probe);
  void Records(Turn& turn, Identity from, const RecordsHeader& header);
  void Arriving(Turn& turn, Identity from);
  void Installed(Turn& turn, const SyncInstalled& sync);
  void Failed(Turn& turn, const SyncFailed& failure);
  // More is on the disk.
  void Synced(Turn& turn);
  void Reconnected(Turn& turn);
  // Joins, joins again, notices that records stopped coming.
  void Tick(Turn& turn);
  void Detach(Turn& turn);
  // The log has changed since the last Join, whose answer is void.
  void AskAgain(Turn& turn);

  bool operator==(const Following&) const = default;
  auto Fields() const {
    return std::tie(session, syncing, has_heard, heard, asked, has_asked, moved, arrivals,
                    primary_tail);
  }

 private:
  bool MayJoin(const Turn& turn) const;
  void SendJoin(Turn& turn);
  void GiveUpClaim(Turn& turn);
  void FollowCommit(Turn& turn, Lsn commit);
  Progress Progressed(const Turn& turn) const;
};

}  // namespace holdfast
