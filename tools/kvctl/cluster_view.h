// ClusterView: the cluster as its nodes report it, side by side.
//
//   reports of whoever answered ---> the newest configuration among them ---> a row per node of it
//
// 1. Any one node that answers is enough: its configuration names the others, and those are asked.
// 2. The configuration shown is the one with the greatest version that a node of the cluster knows.
//    A row keeps what its own node believes.
// 3. A report counts for a row only if it carries that node's id and the cluster's: an address that
//    another node has taken over is a stranger.
// 4. The primary is the node that says so in the greatest epoch and is the configuration's; a
//    deposed one that has not heard of it yet is not.
//
// It judges nothing: see health.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/kvctl/ask.h"
#include "tools/kvctl/node_status.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

// What became of asking one address.
struct Report {
  Endpoint asked;
  std::optional<NodeStatus> status;
  // If there is no status:
  ExitCode exit = ExitCode::kConnect;
  std::string code;     // as in Failure
  std::string trouble;  // one line
};

struct NodeRow {
  NodeDescription description;
  std::optional<NodeStatus> status;
  std::string trouble;  // why there is no status
};

struct ClusterView {
  ClusterConfiguration configuration;
  std::vector<NodeRow> rows;           // by name
  std::vector<std::string> strangers;  // addresses that are not of this cluster's nodes, and why

  const NodeRow* Find(NodeId id) const;
  const NodeRow* FindName(absl::string_view name) const;
  // The node that is primary by its own word and the configuration's; null if none says so.
  const NodeRow* Primary() const;
  // What the primary says of a member; null if there is no primary or no such member.
  const MemberReport* Member(NodeId id) const;
  // Whether the process that runs now is registered as holding every acknowledged write.
  bool IsInSync(const NodeRow& row) const;
  bool IsVoter(NodeId id) const;
  uint64_t MinInSync() const;
  std::string NameOf(NodeId id) const;  // its id if it is not listed
  std::vector<std::string> Names() const;
};

// From what was reported, all of it of one cluster or of none. Rows without a report say that the
// node was not asked.
ClusterView Assemble(const std::vector<Report>& reports);

Report MakeReport(const Endpoint& asked, const Answer& answer);

// Asks the session's endpoints, then the nodes that they name. Fails if nobody answers, if no node
// that does is in a cluster, and if the endpoints are of two clusters.
Result<ClusterView> Gather(const Session& session);

// The row of that name, or a failure that names the nearest one.
Result<const NodeRow*> NamedNode(const ClusterView& view, absl::string_view name);

}  // namespace holdfast::kvctl
