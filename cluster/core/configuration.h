// Configuration: what the register agrees on. One small value for the whole cluster, replaced as a
// whole by compare-and-set on its version.
//
//   version | cluster | nodes | voters, next voters | group: epoch, primary, in-sync set, status
//
// 1. Versions rise by one. An epoch rises by one when the primary changes and never otherwise; the
//    in-sync set may change inside an epoch.
// 2. While a group is active its primary is in its in-sync set, and every identity there is of a
//    node that is listed and holds data.
// 3. While next_voters is not empty a voter change is under way: every quorum needs a majority of
//    both sets.
// 4. All lists are sorted and free of duplicates, so that equal values are equal bytes.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "cluster/core/identity.h"

namespace holdfast {

// Where a node is reached. Hosts are numeric addresses or names.
struct NodeDescription {
  NodeId id;
  std::string name;  // as operators call it, unique in the cluster
  std::string host;
  uint16_t client_port = 0;  // 0: answers no clients (a witness)
  uint16_t peer_port = 0;
  bool witness = false;  // votes and holds no data
  bool operator==(const NodeDescription&) const = default;
};

enum class GroupStatus : uint8_t {
  kActive = 0,
  // Every in-sync copy is gone; an operator has to decide.
  kLost = 1,
};

struct GroupConfiguration {
  Epoch epoch;
  Identity primary;
  std::vector<Identity> in_sync;  // sorted; includes the primary
  GroupStatus status = GroupStatus::kActive;
  bool operator==(const GroupConfiguration&) const = default;
  auto Fields() const { return std::tie(epoch, primary, in_sync, status); }
};

struct ClusterConfiguration {
  uint64_t version = 0;     // 0: none yet
  uint64_t cluster_id = 0;  // random, given by create
  std::string name;
  uint64_t hash_seed = 0;  // of the keyspace on every member, so that SCAN cursors stay good
  std::vector<NodeDescription> nodes;  // by id
  std::vector<NodeId> voters;
  std::vector<NodeId> next_voters;
  GroupConfiguration group;
  bool operator==(const ClusterConfiguration&) const = default;
};

}  // namespace holdfast
