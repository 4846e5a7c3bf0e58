// ClusterMap: the cluster as its clients are to see it.
//
//   ClusterStatus -> ClusterMap -> CLUSTER NODES, SLOTS, SHARDS, INFO     any node, the same answer
//                               -> SENTINEL MASTER, REPLICAS, ...
//                               -> HTTP /primary, /replica, /metrics
//
// Clients know nodes with 40 hexadecimal digits, one primary with its replicas, and a primary that
// is gone or works. Every door draws from here, so that no two of them can disagree.
//
// 1. Members hold data; witnesses are not among them. A node that is of no cluster yet is the only
//    member of its map.
// 2. Who is primary and who is in sync is what the voters agreed on, and so the same at every node
//    that knows the same version; who is reachable is what this node sees.
// 3. A member in sync holds at least what is committed: its offset is never said to be less.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/driver/cluster_status.h"
#include "node/config/settings.h"

namespace holdfast {

struct ClusterMap {
  struct Member {
    NodeId id;
    std::string name;
    std::string host;
    std::string hostname;  // cluster-announce-hostname; may be empty
    uint16_t port = 0;
    uint16_t peer_port = 0;
    uint16_t sentinel_port = 0;  // 0: none, or none is known
    bool myself = false;
    bool primary = false;
    bool in_sync = false;
    bool reachable = true;
    Lsn offset;
    bool operator==(const Member&) const = default;
  };

  std::string name;         // of the cluster; empty if there is none yet
  uint64_t cluster_id = 0;  // 0: there is none yet
  Epoch epoch;
  bool working = false;         // a primary serves, as far as this node can tell
  std::vector<Member> members;  // by id
  size_t voters = 0;
  size_t voters_reachable = 0;

  const Member* primary() const;
  // Null on a witness.
  const Member* myself() const;
  const Member* Find(NodeId id) const;
  std::vector<const Member*> replicas() const;
};

// `settings` are those of the node that draws it.
ClusterMap MapOf(const ClusterStatus& status, const Settings& settings);

// Forty hexadecimal digits that name a node, or a group of nodes, for as long as it exists.
std::string RedisId(NodeId id);
std::string RedisShardId(uint64_t cluster_id);

}  // namespace holdfast
