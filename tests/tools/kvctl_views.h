// Views of small clusters for the tests of kvctl: n1, n2 ... with ids 1, 2 ..., all in sync, n1
// primary of epoch 3 in configuration 7.
#pragma once

#include "absl/strings/str_cat.h"
#include "tools/kvctl/cluster_view.h"

namespace holdfast::kvctl {

inline Identity IdentityOf(int node) {
  return {NodeId{static_cast<uint64_t>(node)}, Incarnation{100 + static_cast<uint64_t>(node)}};
}

inline NodeDescription DescriptionOf(int node) {
  return {.id = IdentityOf(node).node,
          .name = absl::StrCat("n", node),
          .host = absl::StrCat("10.0.0.", node),
          .client_port = 7001,
          .peer_port = 17001};
}

// `data_nodes` nodes with data, then `witnesses` without; all of them vote.
inline ClusterConfiguration ConfigurationOf(int data_nodes, int witnesses = 0) {
  ClusterConfiguration configuration;
  configuration.version = 7;
  configuration.cluster_id = 0xc1;
  configuration.name = "shop";
  configuration.group.epoch = {3};
  configuration.group.primary = IdentityOf(1);
  for (int node = 1; node <= data_nodes + witnesses; ++node) {
    configuration.nodes.push_back(DescriptionOf(node));
    configuration.nodes.back().witness = node > data_nodes;
    configuration.voters.push_back(IdentityOf(node).node);
    if (node <= data_nodes) configuration.group.in_sync.push_back(IdentityOf(node));
  }
  return configuration;
}

inline NodeStatus StatusOf(int node, const ClusterConfiguration& configuration) {
  NodeStatus status;
  status.identity = IdentityOf(node);
  status.version = "0.1.0";
  status.configuration = configuration;
  GroupReport& group = status.group;
  group.epoch = configuration.group.epoch;
  group.tail = group.committed = group.applied = {10};
  group.min_in_sync = configuration.group.in_sync.size() >= 3 ? 2 : 1;
  const NodeDescription& own = configuration.nodes[static_cast<size_t>(node - 1)];
  status.witness = own.witness;
  group.role = own.witness ? Role::kWitness : Role::kReplica;
  if (configuration.group.primary.node != own.id) return status;
  group.role = Role::kPrimary;
  group.serving = true;
  for (const NodeDescription& other : configuration.nodes) {
    if (other.id == own.id || other.witness) continue;
    group.members.push_back({.identity = IdentityOf(static_cast<int>(other.id.value)),
                             .state = MemberState::kInSync,
                             .acked = {10},
                             .last_heard_ms = 35});
  }
  return status;
}

inline Report ReportOf(int node, const ClusterConfiguration& configuration) {
  return {.asked = ClientEndpoint(DescriptionOf(node)), .status = StatusOf(node, configuration)};
}

inline std::vector<Report> ReportsOf(const ClusterConfiguration& configuration) {
  std::vector<Report> reports;
  for (size_t i = 0; i < configuration.nodes.size(); ++i) {
    reports.push_back(ReportOf(static_cast<int>(i + 1), configuration));
  }
  return reports;
}

// The node does not answer, and the primary does not hear it.
inline void TakeDown(int node, std::vector<Report>* reports) {
  Report& down = (*reports)[static_cast<size_t>(node - 1)];
  down.status.reset();
  down.trouble = "connection refused";
  for (Report& report : *reports) {
    if (!report.status.has_value()) continue;
    for (MemberReport& member : report.status->group.members) {
      if (member.identity == IdentityOf(node)) member.state = MemberState::kSilent;
    }
  }
}

}  // namespace holdfast::kvctl
