// What a member of a replication group needs to know of the cluster's configuration.
//
// A view is one chosen value of the register seen through the group's window. Views are ordered by
// version and never contradict each other, so that whoever holds a newer one may hand it to anyone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "cluster/core/configuration.h"
#include "cluster/core/identity.h"

namespace holdfast {

struct GroupView {
  uint64_t version = 0;  // 0: nothing is known yet
  GroupConfiguration group;
  std::vector<NodeId> data_nodes;  // sorted; whoever is listed here is admitted by itself
  bool operator==(const GroupView&) const = default;
  auto Fields() const { return std::tie(version, group, data_nodes); }
};

// Sorted sets of identities; a group has a handful of members.
using IdentitySet = std::vector<Identity>;

inline bool Contains(const IdentitySet& set, Identity identity) {
  return std::binary_search(set.begin(), set.end(), identity);
}

// The identity of `node` in the set, or none (node 0).
inline Identity MemberOf(const IdentitySet& set, NodeId node) {
  auto found = std::lower_bound(set.begin(), set.end(), Identity{node, {}});
  return found != set.end() && found->node == node ? *found : Identity{};
}

inline void Insert(IdentitySet& set, Identity identity) {
  auto place = std::lower_bound(set.begin(), set.end(), identity);
  if (place == set.end() || *place != identity) set.insert(place, identity);
}

inline void Erase(IdentitySet& set, Identity identity) { std::erase(set, identity); }

inline bool Lists(const GroupView& view, NodeId node) {
  return std::binary_search(view.data_nodes.begin(), view.data_nodes.end(), node);
}

}  // namespace holdfast
