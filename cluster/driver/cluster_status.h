// ClusterStatus: what a node knows of its cluster, for INFO, ROLE and operators.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/core/configuration.h"
#include "cluster/core/identity.h"
#include "cluster/core/status.h"
#include "cluster/driver/node_doors.h"
#include "net/base/types.h"

namespace holdfast {

struct ClusterStatus {
  Identity self;
  bool witness = false;
  ClusterConfiguration configuration;  // version 0: of no cluster
  GroupReport group;
  bool serving = false;
  size_t min_in_sync = 0;
  // Whether a register operation of ours may still take effect, and why the last one failed.
  bool register_open = false;
  std::string register_reason;
  // Nodes that cannot be reached now, and why.
  std::vector<std::pair<NodeId, std::string>> unreachable;
  // Bytes of the snapshot that this node is being filled with, received so far; 0: of none.
  uint64_t sync_received = 0;
  // Bytes of a snapshot of this node's that others have taken so far.
  std::map<NodeId, uint64_t> sync_taken;
  // As far as nodes have told, this one included.
  std::map<NodeId, NodeDoors> doors;
};

// The node as the configuration lists it, or null.
inline const NodeDescription* FindNode(const ClusterConfiguration& configuration, NodeId id) {
  for (const NodeDescription& node : configuration.nodes) {
    if (node.id == id) return &node;
  }
  return nullptr;
}

}  // namespace holdfast
