#include "cluster/register/voter_rules.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_format.h"
#include "net/base/check.h"

namespace holdfast {
namespace {

bool Holds(absl::Span<const NodeId> nodes, NodeId wanted) {
  return std::find(nodes.begin(), nodes.end(), wanted) != nodes.end();
}

bool IsMajority(const std::vector<NodeId>& set, absl::Span<const NodeId> nodes) {
  const auto count =
      std::count_if(set.begin(), set.end(), [&](NodeId member) { return Holds(nodes, member); });
  return 2 * static_cast<size_t>(count) > set.size();
}

absl::Status NotASuccessor(absl::string_view reason) {
  return absl::FailedPreconditionError(absl::StrFormat("configuration refused: %s", reason));
}

}  // namespace

bool VoterRules::IsQuorum(absl::Span<const NodeId> nodes) const {
  return IsMajority(voters_, nodes) && (next_voters_.empty() || IsMajority(next_voters_, nodes));
}

bool VoterRules::IsQuorumWithout(absl::Span<const NodeId> nodes) const {
  std::vector<NodeId> left = Everyone();
  std::erase_if(left, [&](NodeId member) { return Holds(nodes, member); });
  return IsQuorum(left);
}

bool VoterRules::Includes(NodeId node) const {
  return Holds(voters_, node) || Holds(next_voters_, node);
}

std::vector<NodeId> VoterRules::Everyone() const {
  std::vector<NodeId> everyone;
  std::set_union(voters_.begin(), voters_.end(), next_voters_.begin(), next_voters_.end(),
                 std::back_inserter(everyone));
  return everyone;
}

absl::Status CheckSuccessor(const ClusterConfiguration& current, const ClusterConfiguration& next) {
  if (next.version != current.version + 1) {
    return NotASuccessor(
        absl::StrFormat("version %d does not follow %d", next.version, current.version));
  }
  if (next.cluster_id != current.cluster_id) return NotASuccessor("another cluster's");
  if (next.voters.empty()) return NotASuccessor("the last voter cannot be removed");
  if (next.voters == current.voters && next.next_voters == current.next_voters) {
    return absl::OkStatus();
  }
  if (!current.next_voters.empty()) {
    const bool finishes = next.voters == current.next_voters && next.next_voters.empty();
    if (finishes) return absl::OkStatus();
    return NotASuccessor("a change of voters is under way and has to be finished first");
  }
  if (next.voters != current.voters) {
    return NotASuccessor("new voters have to stand beside the old ones first");
  }
  if (next.next_voters == current.voters) return NotASuccessor("these are the voters already");
  return absl::OkStatus();
}

ClusterConfiguration BeginVoterChange(const ClusterConfiguration& current,
                                      std::vector<NodeId> voters) {
  CHECK(current.next_voters.empty());
  CHECK(std::is_sorted(voters.begin(), voters.end()));
  ClusterConfiguration joint = current;
  ++joint.version;
  joint.next_voters = std::move(voters);
  return joint;
}

ClusterConfiguration FinishVoterChange(const ClusterConfiguration& joint) {
  CHECK(!joint.next_voters.empty());
  ClusterConfiguration next = joint;
  ++next.version;
  next.voters = std::exchange(next.next_voters, {});
  return next;
}

}  // namespace holdfast
