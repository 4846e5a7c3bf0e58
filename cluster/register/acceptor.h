// Acceptor: one voter of the register (the acceptor of Rystsov, "CASPaxos: Replicated State
// Machines without logs", 2018).
//
// It remembers the newest ballot it has promised and the newest value it has accepted:
//
//   Prepare(b)     b >= promised  ->  promised = b, tell the accepted value
//   Accept(b, v)   b >= promised  ->  promised = accepted = b, value = v
//   otherwise      tell the promised ballot
//
// 1. `promised` and `accepted` never fall, and accepted <= promised.
// 2. A request of a ballot that was promised or accepted before is granted again: it is the same
//    proposal, sent twice.
// 3. An answer with `persist` may leave only when state() is durable, and so may any later answer.
//    This is what lets a restarted voter stand by the word it gave.
// 4. Being a voter is a fact on disk. A node that recovered no state never votes: it may be a voter
//    that has lost its disk, and would deny what it had accepted.
//
// It does no I/O and knows no time.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "cluster/wire/register_messages.h"

namespace holdfast {

class Acceptor {
 public:
  struct Answer {
    // state() has changed, and must be durable before the reply leaves.
    bool persist = false;
    RegisterMessage reply;
  };

  // `recovered` is what the disk holds of this node's own; nothing: not a voter.
  Acceptor(NodeId self, std::optional<VoterState> recovered);

  // An error says why this node does not answer: no voter, another cluster's request, or one that
  // contradicts an earlier one.
  absl::StatusOr<Answer> Step(const PrepareRequest& request);
  absl::StatusOr<Answer> Step(const AcceptRequest& request);

  // Becomes a voter that has accepted a new cluster's first value, before any ballot. Refused if it
  // is a voter already. The new state must be durable before anybody is told.
  absl::Status Bootstrap(const ClusterConfiguration& initial);

  const std::optional<VoterState>& state() const { return state_; }

 private:
  absl::Status CheckVoter(uint64_t cluster_id) const;

  NodeId self_;
  std::optional<VoterState> state_;
};

}  // namespace holdfast
