// ReignRules: what a primary may count, propose and give up, held against what the others are.
//
//   primary believes        peer: session 7, holds LSN 30       answered a heartbeat sent at 5.1 s
//   the peer is             in session 7, tail at LSN 31        -> fine
//
// A mistake in what a primary believes shows in lost data only if just the right nodes fail next;
// here it shows at once. Each look compares all running nodes; memory is kept by epoch.
//
// 1. What a primary believes a member of its epoch to hold, that one holds.
// 2. Acknowledgements and leases count in the epoch in which they were given. A session's number is
//    given once in the life of the group, and a member leaves a session that its primary has given
//    up when it answers the next heartbeat.
// 3. A write may be answered only if min-in-sync members of the set hold it.
//    While a change is open whoever may be in the set counts for leases.
// 4. A set grows only after the epoch's first commit, by who holds all that is committed.
// 5. After an epoch is released its primary appends nothing, executes nothing and serves nobody.
// 6. Whose own promotion may be chosen takes no records and begins no session in the epoch before.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "net/base/witness.h"
#include "sim/check/violation.h"
#include "sim/cluster_probe.h"

namespace holdfast {

class ReignRules {
 public:
  ReignRules(Violation& violation, int64_t min_in_sync)
      : violation_(violation), min_in_sync_(min_in_sync) {}

  // All nodes that run, between two events.
  void Sample(const std::vector<NodeSample>& nodes);
  // A node is about to propose a change.
  void OnProposing(const NodeSample& node, const std::vector<NodeSample>& nodes);
  void OnCommit(const CommitWitness& commit, const std::vector<NodeSample>& nodes);
  void OnAck(const AckWitness& ack);
  void OnRelease(const ReleaseWitness& release);
  void OnRecord(const RecordWitness& record);
  void OnReply(const ReplyWitness& reply);

 private:
  // A promotion of a node's own, as it was first seen.
  struct Promotion {
    Incarnation incarnation;
    Epoch epoch;     // in which it was proposed
    Epoch proposed;  // 0: there is none
    Lsn tail;
    uint64_t session = 0;
  };
  // A session as a primary had it, and since when by that one's clock.
  struct Session {
    uint64_t number = 0;
    Nanos since{};
  };

  void CheckPeers(const NodeSample& primary, const std::vector<NodeSample>& nodes);
  void CheckSession(const NodeSample& primary, const PeerView& peer, const NodeSample* member);
  void CheckReleased(const NodeSample& node);
  void CheckLeases(const NodeSample& primary);
  void CheckPromotion(const NodeSample& node);

  Violation& violation_;
  const int64_t min_in_sync_;
  std::map<int, Promotion> promotions_;                     // by node
  std::map<uint64_t, Epoch> session_epochs_;                // in which a session was given
  std::map<std::pair<Epoch, Identity>, Session> sessions_;  // the latest of each peer
  std::map<Epoch, Lsn> commits_;                            // the newest of each epoch
  std::map<Epoch, Lsn> acknowledgeable_;                    // likewise
  std::map<Epoch, Lsn> released_;                           // where the epoch's log ends
};

}  // namespace holdfast
