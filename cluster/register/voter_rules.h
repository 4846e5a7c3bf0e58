// VoterRules: whose word counts, and how the voters are replaced.
//
//   (A, -)  ----->  (A, B)  ----->  (B, -)
//    old     first   both   second   new        a majority of every set named is needed
//
// A change takes two values, each chosen on its own. The first, J, names both sets and the second,
// K, the new one alone; J is chosen by majorities of both, and so is K, which follows J. Whoever
// still asks only the old set meets J there; whoever asks only the new set has seen K, and J had
// been chosen before K was proposed, so that nothing can any longer be chosen by the old set alone.
// There is no way back from J except through K.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "cluster/core/configuration.h"

namespace holdfast {

class VoterRules {
 public:
  VoterRules() = default;
  explicit VoterRules(const ClusterConfiguration& configuration)
      : voters_(configuration.voters), next_voters_(configuration.next_voters) {}
  bool operator==(const VoterRules&) const = default;

  // Whether the nodes are a majority of every set named. Repetitions do not count.
  bool IsQuorum(absl::Span<const NodeId> nodes) const;
  // Whether a quorum is left without those nodes.
  bool IsQuorumWithout(absl::Span<const NodeId> nodes) const;
  bool Includes(NodeId node) const;
  // The members of both sets, sorted.
  std::vector<NodeId> Everyone() const;
  // No voters: nothing can be chosen.
  bool empty() const { return voters_.empty(); }
  bool joint() const { return !next_voters_.empty(); }

 private:
  std::vector<NodeId> voters_;
  std::vector<NodeId> next_voters_;
};

// Whether `next` may replace `current`: the version is one higher, the cluster the same, and the
// voters go at most one step along the picture above. The error says what is wrong.
absl::Status CheckSuccessor(const ClusterConfiguration& current, const ClusterConfiguration& next);

// J: `current` with the voters that are to replace its own. `voters` is sorted.
ClusterConfiguration BeginVoterChange(const ClusterConfiguration& current,
                                      std::vector<NodeId> voters);
// K: `joint` with the new voters alone.
ClusterConfiguration FinishVoterChange(const ClusterConfiguration& joint);

}  // namespace holdfast
