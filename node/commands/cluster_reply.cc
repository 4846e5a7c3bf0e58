#include "node/commands/cluster_reply.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace holdfast {
namespace {

using Member = ClusterMap::Member;

std::string HostOf(const ClusterView& view, const Member& member) {
  return member.host.empty() && member.myself ? view.local_host : member.host;
}

// A node that has met nobody counts as a master without slots, as in Redis.
bool IsMaster(const ClusterMap& map, const Member& member) {
  return member.primary || map.cluster_id == 0;
}

bool OwnsSlots(const ClusterMap& map) { return map.primary() != nullptr; }

std::string FlagsOf(const ClusterMap& map, const Member& member) {
  std::string flags = member.myself ? "myself," : "";
  absl::StrAppend(&flags, IsMaster(map, member) ? "master" : "slave");
  if (member.reachable) return flags;
  // Once it is out of the set the others have agreed that it is gone.
  absl::StrAppend(&flags, member.in_sync ? ",fail?" : ",fail");
  return flags;
}

absl::string_view HealthOf(const Member& member) {
  if (!member.reachable) return "failed";
  return member.in_sync ? "online" : "loading";
}

// The name under which clients are to reach the member; nothing where Redis answers a null.
void ReplyEndpoint(const ClusterView& view, const Member& member, ReplyWriter& reply) {
  switch (view.endpoint) {
    case EndpointType::kIp:
      return reply.Bulk(HostOf(view, member));
    case EndpointType::kHostname:
      return reply.Bulk(member.hostname.empty() ? "?" : member.hostname);
    case EndpointType::kUnknown:
      return reply.Null();
  }
}

void ReplySlotsNode(const ClusterView& view, const Member& member, ReplyWriter& reply) {
  reply.Array(4);
  ReplyEndpoint(view, member, reply);
  reply.Integer(member.port);
  reply.Bulk(RedisId(member.id));
  const bool tell_ip = view.endpoint != EndpointType::kIp;
  const bool tell_name = view.endpoint != EndpointType::kHostname && !member.hostname.empty();
  reply.Map(static_cast<size_t>(tell_ip) + static_cast<size_t>(tell_name));
  if (tell_ip) {
    reply.Bulk("ip");
    reply.Bulk(HostOf(view, member));
  }
  if (tell_name) {
    reply.Bulk("hostname");
    reply.Bulk(member.hostname);
  }
}

void ReplyShardsNode(const ClusterView& view, const Member& member, ReplyWriter& reply) {
  reply.Map(member.hostname.empty() ? 7 : 8);
  reply.Bulk("id");
  reply.Bulk(RedisId(member.id));
  reply.Bulk("port");
  reply.Integer(member.port);
  reply.Bulk("ip");
  reply.Bulk(HostOf(view, member));
  reply.Bulk("endpoint");
  ReplyEndpoint(view, member, reply);
  if (!member.hostname.empty()) {
    reply.Bulk("hostname");
    reply.Bulk(member.hostname);
  }
  reply.Bulk("role");
  reply.Bulk(IsMaster(view.map, member) ? "master" : "replica");
  reply.Bulk("replication-offset");
  reply.Integer(static_cast<int64_t>(member.offset.value));
  reply.Bulk("health");
  reply.Bulk(HealthOf(member));
}

// The primary first, then the replicas by id.
std::vector<const Member*> InOrder(const ClusterMap& map) {
  std::vector<const Member*> members;
  if (map.primary() != nullptr) members.push_back(map.primary());
  for (const Member* replica : map.replicas()) members.push_back(replica);
  return members;
}

}  // namespace

std::string ClusterInfoText(const ClusterMap& map) {
  const int owned = OwnsSlots(map) ? kSlotCount : 0;
  const int served = map.working ? owned : 0;
  return absl::StrFormat(
      "cluster_state:%s\r\n"
      "cluster_slots_assigned:%d\r\n"
      "cluster_slots_ok:%d\r\n"
      "cluster_slots_pfail:0\r\n"
      "cluster_slots_fail:%d\r\n"
      "cluster_known_nodes:%d\r\n"
      "cluster_size:%d\r\n"
      "cluster_current_epoch:%d\r\n"
      "cluster_my_epoch:%d\r\n"
      "cluster_stats_messages_sent:0\r\n"
      "cluster_stats_messages_received:0\r\n"
      "total_cluster_links_buffer_limit_exceeded:0\r\n",
      map.working ? "ok" : "fail", owned, served, owned - served, map.members.size(),
      OwnsSlots(map) ? 1 : 0, map.epoch.value, map.epoch.value);
}

std::string ClusterNodeLine(const ClusterView& view, const Member& member) {
  const Member* primary = view.map.primary();
  const bool master = IsMaster(view.map, member);
  std::string line = absl::StrFormat(
      "%s %s:%d@%d%s %s %s 0 %d %d %s", RedisId(member.id), HostOf(view, member), member.port,
      member.peer_port, member.hostname.empty() ? "" : absl::StrCat(",", member.hostname),
      FlagsOf(view.map, member), master || primary == nullptr ? "-" : RedisId(primary->id),
      member.myself || !member.reachable ? 0 : view.now.value, view.map.epoch.value,
      member.reachable ? "connected" : "disconnected");
  if (member.primary) absl::StrAppend(&line, " 0-", kSlotCount - 1);
  return line;
}

std::string ClusterNodesText(const ClusterView& view) {
  std::string text;
  for (const Member& member : view.map.members) {
    absl::StrAppend(&text, ClusterNodeLine(view, member), "\n");
  }
  return text;
}

// Replicas from which nobody should read are not named.
void ReplyClusterSlots(const ClusterView& view, ReplyWriter& reply) {
  if (!OwnsSlots(view.map)) return reply.Array(0);
  std::vector<const Member*> named;
  for (const Member* member : InOrder(view.map)) {
    if (member->primary || HealthOf(*member) == "online") named.push_back(member);
  }
  reply.Array(1);
  reply.Array(2 + named.size());
  reply.Integer(0);
  reply.Integer(kSlotCount - 1);
  for (const Member* member : named) ReplySlotsNode(view, *member, reply);
}

void ReplyClusterShards(const ClusterView& view, ReplyWriter& reply) {
  reply.Array(1);
  reply.Map(2);
  reply.Bulk("slots");
  reply.Array(OwnsSlots(view.map) ? 2 : 0);
  if (OwnsSlots(view.map)) {
    reply.Integer(0);
    reply.Integer(kSlotCount - 1);
  }
  reply.Bulk("nodes");
  reply.Array(view.map.members.size());
  for (const Member* member : InOrder(view.map)) ReplyShardsNode(view, *member, reply);
}

// Two to each other member: what is said and what is heard travel apart.
void ReplyClusterLinks(const ClusterView& view, ReplyWriter& reply) {
  std::vector<const Member*> others;
  for (const Member& member : view.map.members) {
    if (!member.myself && member.reachable) others.push_back(&member);
  }
  reply.Array(2 * others.size());
  for (const Member* member : others) {
    for (const absl::string_view direction : {"to", "from"}) {
      reply.Map(6);
      reply.Bulk("direction");
      reply.Bulk(direction);
      reply.Bulk("node");
      reply.Bulk(RedisId(member->id));
      reply.Bulk("create-time");
      reply.Integer(view.now.value);
      reply.Bulk("events");
      reply.Bulk(direction == "to" ? "rw" : "r");
      reply.Bulk("send-buffer-allocated");
      reply.Integer(0);
      reply.Bulk("send-buffer-used");
      reply.Integer(0);
    }
  }
}

}  // namespace holdfast
