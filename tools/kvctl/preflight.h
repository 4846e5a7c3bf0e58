// Preflight: what nodes find before they become a cluster, all pairs, so that nothing has to be
// undone.
//
//   Preflight  n1              n2              n3
//     address  10.0.0.1        10.0.0.2        10.0.0.3
//     client   6379 ok         6379 ok         6379 ok
//     peer     16379 ok        16379 ok        16379 BLOCKED from n1
//     version  0.1.0           0.1.0           0.1.0
//     empty    yes             yes             yes
//     clock    +0 ms           +2 ms           -1 ms
//
// Every node is asked what it finds at the peer ports of the others (`HOLDFAST PREFLIGHT`), and
// about itself (`HOLDFAST STATUS`).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

// What one node finds at the peer port of another.
struct PeerFinding {
  bool ok = false;
  std::string why;  // if it is not ok
  std::optional<double> clock_offset_ms;
};

struct NodeFinding {
  NodeDescription node;
  Report report;                            // what it says of itself
  std::string trouble;                      // why it could not look at the others
  std::map<std::string, PeerFinding> from;  // by the name of the node that looked at this one
};

// The same order. Findings of a node that cannot be asked stay empty.
std::vector<NodeFinding> Preflight(const Session& session,
                                   const std::vector<NodeDescription>& nodes);

// What `looker` answered to a PREFLIGHT about `peers`, in their order.
Result<std::vector<PeerFinding>> ParsePreflight(absl::string_view json, size_t peers);

std::string PreflightText(const std::vector<NodeFinding>& findings);
nlohmann::json PreflightJson(const std::vector<NodeFinding>& findings);

// The first reason not to go on: a client port, a peer port. Not whether nodes are empty.
Done CheckReach(const std::vector<NodeFinding>& findings);

// Worth a warning, not a refusal.
std::vector<std::string> PreflightWarnings(const std::vector<NodeFinding>& findings);

}  // namespace holdfast::kvctl
