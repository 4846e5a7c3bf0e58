#include "node/cluster_map.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "cluster/core/timing.h"
#include "net/base/check.h"
#include "net/base/random.h"

namespace holdfast {
namespace {

std::string FortyDigits(uint64_t value) {
  return absl::StrFormat("%016x%016x%08x", value, MixBits(value + 1),
                         static_cast<uint32_t>(MixBits(value + 2)));
}

bool IsReachable(const ClusterStatus& status, NodeId id) {
  const auto& lost = status.unreachable;
  if (std::any_of(lost.begin(), lost.end(), [&](const auto& entry) { return entry.first == id; })) {
    return false;
  }
  const auto& peers = status.group.peers;
  return std::none_of(peers.begin(), peers.end(), [&](const PeerReport& peer) {
    return peer.identity.node == id && peer.silent;
  });
}

// A primary knows by its lease whether it serves, the others by its heartbeats. One that is late is
// given until somebody would take its place, unless it cannot even be reached.
bool Works(const ClusterStatus& status, const Settings& settings) {
  if (status.group.condition != GroupCondition::kLed) return false;
  if (status.group.role == GroupRole::kPrimary) return status.serving;
  const Nanos patience = IsReachable(status, status.group.primary.node)
                             ? Timing::GraceFor(Milliseconds(settings.lease_ms))
                             : Milliseconds(settings.suspect_after_ms);
  return status.group.attached && status.group.since_heard < patience;
}

Lsn OffsetOf(const ClusterStatus& status, const ClusterMap::Member& member) {
  const GroupReport& group = status.group;
  if (member.myself) return group.role == GroupRole::kPrimary ? group.tail : group.applied;
  for (const PeerReport& peer : group.peers) {
    if (peer.identity.node == member.id) return peer.held;
  }
  return member.in_sync ? group.commit : Lsn{};
}

ClusterMap::Member MemberOf(const ClusterStatus& status, const NodeDescription& node) {
  ClusterMap::Member member{.id = node.id,
                            .name = node.name,
                            .host = node.host,
                            .port = node.client_port,
                            .peer_port = node.peer_port,
                            .myself = node.id == status.self.node};
  const GroupConfiguration& group = status.configuration.group;
  member.primary = group.primary.node == node.id;
  member.in_sync = MemberOf(group.in_sync, node.id).node == node.id;
  member.reachable = member.myself || IsReachable(status, node.id);
  member.offset = OffsetOf(status, member);
  if (const auto doors = status.doors.find(node.id); doors != status.doors.end()) {
    member.sentinel_port = doors->second.sentinel_port;
    member.hostname = doors->second.hostname;
    if (doors->second.client_port != 0) member.port = doors->second.client_port;
  }
  return member;
}

}  // namespace

const ClusterMap::Member* ClusterMap::primary() const {
  for (const Member& member : members) {
    if (member.primary) return &member;
  }
  return nullptr;
}

const ClusterMap::Member* ClusterMap::Find(NodeId id) const {
  for (const Member& member : members) {
    if (member.id == id) return &member;
  }
  return nullptr;
}

const ClusterMap::Member* ClusterMap::myself() const {
  for (const Member& member : members) {
    if (member.myself) return &member;
  }
  return nullptr;
}

std::vector<const ClusterMap::Member*> ClusterMap::replicas() const {
  std::vector<const Member*> found;
  for (const Member& member : members) {
    if (!member.primary) found.push_back(&member);
  }
  return found;
}

ClusterMap MapOf(const ClusterStatus& status, const Settings& settings) {
  const ClusterConfiguration& configuration = status.configuration;
  ClusterMap map{.name = configuration.name,
                 .cluster_id = configuration.cluster_id,
                 .epoch = configuration.group.epoch,
                 .working = Works(status, settings)};
  for (const NodeDescription& node : configuration.nodes) {
    if (!node.witness) map.members.push_back(MemberOf(status, node));
  }
  // As Redis shows a node that has met nobody yet.
  if (configuration.version == 0) {
    map.members.push_back(
        {.id = status.self.node,
         .host = settings.cluster_announce_ip,
         .hostname = settings.cluster_announce_hostname,
         .port = static_cast<uint16_t>(settings.port),
         .peer_port = static_cast<uint16_t>(settings.cluster_port != 0 ? settings.cluster_port
                                                                       : settings.port + 10'000),
         .myself = true});
  }
  map.voters = configuration.voters.size();
  for (const NodeId voter : configuration.voters) {
    const bool reachable = voter == status.self.node || IsReachable(status, voter);
    map.voters_reachable += reachable ? 1 : 0;
  }
  return map;
}

std::string RedisId(NodeId id) { return FortyDigits(id.value); }
std::string RedisShardId(uint64_t cluster_id) { return FortyDigits(~cluster_id); }

}  // namespace holdfast
