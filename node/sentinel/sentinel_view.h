// What Sentinel's clients are told of a cluster: its state as Sentinel words it, and what it
// publishes when that state changes.
//
// There is one master, with the cluster's name. The nodes that vote are its Sentinels, as far as
// they have a door for Sentinel's clients.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/cluster_map.h"

namespace holdfast {

using SentinelFields = std::vector<std::pair<std::string, std::string>>;

// SENTINEL MASTER, SENTINEL REPLICAS, SENTINEL SENTINELS: one instance.
SentinelFields MasterFields(const ClusterMap& map, const Settings& settings);
SentinelFields ReplicaFields(const ClusterMap& map, const ClusterMap::Member& replica,
                             const Settings& settings);
SentinelFields PeerFields(const ClusterMap::Member& member, const Settings& settings);

// Members other than this one that answer Sentinel's clients.
std::vector<const ClusterMap::Member*> OtherSentinels(const ClusterMap& map);
// How many voters must agree.
size_t SentinelQuorum(const ClusterMap& map);
// SENTINEL CKQUORUM: what it answers, as a status or an error.
struct QuorumWord {
  bool reached = false;
  std::string text;
};
QuorumWord CheckQuorum(const ClusterMap& map);

struct SentinelMessage {
  std::string channel;
  std::string text;
  bool operator==(const SentinelMessage&) const = default;
};

// Watches one map after the other. A new primary is announced once it works: who connects to it
// then is served.
class SentinelAnnouncer {
 public:
  std::vector<SentinelMessage> Look(const ClusterMap& map);

 private:
  struct Known {
    ClusterMap::Member member;
    bool up = true;
  };
  std::optional<ClusterMap::Member> master_;  // as announced
  bool master_up_ = true;
  std::vector<Known> replicas_;
};

}  // namespace holdfast
