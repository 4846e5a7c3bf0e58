// HOLDFAST STATUS: what this node knows of its cluster, as JSON.

#include <algorithm>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "node/commands/cluster.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/version.h"

namespace holdfast {
namespace {

using Json = nlohmann::ordered_json;

std::string Hex(uint64_t value) { return absl::StrFormat("%016x", value); }

Json IdentityJson(Identity identity) {
  return {{"node", Hex(identity.node.value)}, {"incarnation", Hex(identity.incarnation.value)}};
}

Json IdentitiesJson(const IdentitySet& set) {
  Json list = Json::array();
  for (Identity identity : set) list.push_back(IdentityJson(identity));
  return list;
}

Json VotersJson(const std::vector<NodeId>& voters) {
  Json list = Json::array();
  for (NodeId voter : voters) list.push_back(Hex(voter.value));
  return list;
}

const NodeDescription* Self(const ClusterStatus& status) {
  for (const NodeDescription& node : status.configuration.nodes) {
    if (node.id == status.self.node) return &node;
  }
  return nullptr;
}

Json NodeJson(Node& node, const ClusterStatus& status) {
  const Settings& settings = node.settings();
  const NodeDescription* self = Self(status);
  const std::string host = self == nullptr ? settings.cluster_announce_ip : self->host;
  const int peer_port = settings.cluster_port != 0 ? settings.cluster_port : settings.port + 10'000;
  uint64_t keys = 0;
  for (uint8_t database = 0; database < kDatabaseCount; ++database) {
    keys += node.keyspace().Size(DatabaseId{database});
  }
  return {{"id", Hex(status.self.node.value)},
          {"incarnation", Hex(status.self.incarnation.value)},
          {"name", self == nullptr ? "" : self->name},
          {"address", absl::StrFormat("%s:%d", host, settings.port)},
          {"peer_address", absl::StrFormat("%s:%d", host, peer_port)},
          {"version", kVersion},
          {"witness", status.witness},
          {"uptime_seconds", (node.clock().Monotonic() - node.started()).value / 1'000'000'000},
          {"keys", keys}};
}

Json ClusterJson(const ClusterConfiguration& configuration) {
  if (configuration.version == 0) return nullptr;
  Json nodes = Json::array();
  for (const NodeDescription& node : configuration.nodes) {
    nodes.push_back({{"id", Hex(node.id.value)},
                     {"name", node.name},
                     {"host", node.host},
                     {"client_port", node.client_port},
                     {"peer_port", node.peer_port},
                     {"witness", node.witness}});
  }
  const GroupConfiguration& group = configuration.group;
  return {{"name", configuration.name},
          {"id", Hex(configuration.cluster_id)},
          {"version", configuration.version},
          {"nodes", nodes},
          {"voters", VotersJson(configuration.voters)},
          {"next_voters", VotersJson(configuration.next_voters)},
          {"group",
           {{"epoch", group.epoch.value},
            {"primary", IdentityJson(group.primary)},
            {"in_sync", IdentitiesJson(group.in_sync)},
            {"status", group.status == GroupStatus::kLost ? "lost" : "active"}}}};
}

Json MembersJson(const ClusterStatus& status) {
  Json members = Json::array();
  for (const PeerReport& peer : status.group.peers) {
    const absl::string_view state = peer.silent    ? "silent"
                                    : peer.in_sync ? "in-sync"
                                    : peer.syncing ? "joining"
                                                   : "learner";
    Json member = IdentityJson(peer.identity);
    member["state"] = std::string(state);
    member["acked"] = peer.held.value;
    member["last_heard_ms"] = nullptr;
    member["lease_left_ms"] = std::max<int64_t>(0, ToMillis(peer.lease_left).value);
    member["sync_percent"] = nullptr;
    members.push_back(std::move(member));
  }
  return members;
}

Json GroupJson(Node& node, const ClusterStatus& status) {
  const GroupReport& group = status.group;
  const HeldSummary held = node.membership()->Held();
  return {{"role", std::string(RoleWord(status))},
          {"serving", status.serving},
          {"epoch", group.epoch.value},
          {"tail", group.tail.value},
          {"committed", group.commit.value},
          {"applied", group.applied.value},
          {"why", group.reason},
          {"lease_margin_ms", std::max<int64_t>(0, ToMillis(group.lease_left).value)},
          {"held_replies", held.replies},
          {"oldest_uncommitted_ms", ToMillis(held.oldest).value},
          {"min_in_sync", status.min_in_sync},
          {"open_change", group.change_open},
          {"members", MembersJson(status)}};
}

}  // namespace

absl::string_view RoleWord(const ClusterStatus& status) {
  if (status.witness) return "witness";
  if (status.configuration.version == 0) return "none";
  if (status.group.condition == GroupCondition::kWaiting) return "waiting";
  if (status.group.condition == GroupCondition::kLost) return "lost";
  switch (status.group.role) {
    case GroupRole::kPrimary:
      return "primary";
    case GroupRole::kReplica:
      return "replica";
    case GroupRole::kLearner:
      break;
  }
  return "learner";
}

std::string StatusJson(Node& node) {
  const ClusterStatus status = node.membership()->driver().Status();
  const Json json = {
      {"schema", "holdfast.status/v1"},
      {"node", NodeJson(node, status)},
      {"cluster", ClusterJson(status.configuration)},
      {"group", GroupJson(node, status)},
      {"register", {{"open", status.register_open}, {"why", status.register_reason}}}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace holdfast
