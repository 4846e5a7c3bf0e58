// What CLUSTER's subcommands answer, byte for byte as Redis 7.2 does, drawn from a ClusterMap.
//
// One group owns all slots: there is one shard, 0-16383, whose master is the primary.
#pragma once

#include <string>

#include "net/resp/writer.h"
#include "node/cluster_map.h"

namespace holdfast {

struct ClusterView {
  const ClusterMap& map;
  EndpointType endpoint = EndpointType::kIp;
  Millis now;  // wall clock
  // What a client should take for this node's address while the node has no other: where its
  // connection arrived.
  std::string local_host;
};

// Lines end in "\r\n".
std::string ClusterInfoText(const ClusterMap& map);
// One line a member, ending in "\n".
std::string ClusterNodesText(const ClusterView& view);
// The line of one member, without its end.
std::string ClusterNodeLine(const ClusterView& view, const ClusterMap::Member& member);
void ReplyClusterSlots(const ClusterView& view, ReplyWriter& reply);
void ReplyClusterShards(const ClusterView& view, ReplyWriter& reply);
void ReplyClusterLinks(const ClusterView& view, ReplyWriter& reply);

}  // namespace holdfast
