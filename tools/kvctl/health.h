// What a view of the cluster means for its users, in words.
//
//   HEALTHY      a primary serves, at least one more failure is survived, every node takes part
//   DEGRADED     a primary serves, but the next failure may stop writes, or a node is missing
//   UNAVAILABLE  no primary serves here, or it may not acknowledge writes
//
// Pure functions: what is not in the view is not known.
#pragma once

#include <string>
#include <vector>

#include "cluster/core/status.h"
#include "tools/kvctl/cluster_view.h"

namespace holdfast::kvctl {

enum class HealthLevel { kHealthy, kDegraded, kUnavailable };

absl::string_view HealthLevelName(HealthLevel level);
ExitCode HealthExitCode(HealthLevel level);

struct Health {
  HealthLevel level = HealthLevel::kHealthy;
  int survives = 0;
  FaultTolerance tolerance;
  std::string headline;            // without the cluster's name and the level
  std::vector<std::string> notes;  // what an operator should know, a line each
  std::string next;                // what to do about it; may be empty
};

Health Judge(const ClusterView& view);

// As the STATE column has it: "serving", "in-sync", "learner 43 %", "unreachable" ...
std::string StateWord(const ClusterView& view, const NodeRow& row);

// "1 node", "2 nodes".
std::string Count(uint64_t count, absl::string_view singular);

}  // namespace holdfast::kvctl
