// INFO's section about replication: Redis's fields, and what only a group has.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cluster/log/replication_log.h"
#include "node/commands/cluster.h"
#include "node/commands/info.h"
#include "node/membership.h"
#include "node/node.h"

namespace holdfast {
namespace {

// How far a member is; Redis's words for it are in `state`.
absl::string_view MemberWord(const PeerReport& peer) {
  if (peer.silent) return "silent";
  if (peer.in_sync) return "in-sync";
  return peer.syncing ? "joining" : "learner";
}

const NodeDescription* FindNode(const ClusterStatus& status, NodeId id) {
  for (const NodeDescription& node : status.configuration.nodes) {
    if (node.id == id) return &node;
  }
  return nullptr;
}

void PrimaryFields(const ClusterStatus& status, InfoText& info) {
  const GroupReport& group = status.group;
  info.Field("role", "master");
  info.Field("connected_slaves", group.peers.size());
  for (size_t i = 0; i < group.peers.size(); ++i) {
    const PeerReport& peer = group.peers[i];
    const NodeDescription* node = FindNode(status, peer.identity.node);
    info.Field(absl::StrCat("slave", i),
               absl::StrFormat(
                   "ip=%s,port=%d,state=%s,offset=%d,lag=0,member=%s",
                   node == nullptr ? "" : node->host, node == nullptr ? 0 : node->client_port,
                   peer.in_sync ? "online" : "wait_bgsave", peer.held.value, MemberWord(peer)));
  }
}

void FollowerFields(Node& node, const ClusterStatus& status, InfoText& info) {
  const GroupReport& group = status.group;
  const NodeDescription* primary = FindNode(status, group.primary.node);
  const int64_t heard = node.membership()->state().heard_at.load();
  const int64_t silent = heard == 0 ? -1 : (node.clock().Monotonic().value - heard) / 1'000'000'000;
  info.Field("role", "slave");
  info.Field("master_host", primary == nullptr ? "" : primary->host);
  info.Field("master_port", primary == nullptr ? 0 : primary->client_port);
  info.Field("master_link_status", group.attached ? "up" : "down");
  info.Field("master_last_io_seconds_ago", silent);
  info.Field("master_sync_in_progress", group.syncing ? 1 : 0);
  info.Field("slave_read_repl_offset", group.tail.value);
  info.Field("slave_repl_offset", group.applied.value);
  info.Field("slave_priority", 100);
  info.Field("slave_read_only", 1);
  info.Field("replica_announced", 1);
  info.Field("connected_slaves", 0);
}

// What Redis has no word for.
void GroupFields(Node& node, const ClusterStatus& status, InfoText& info) {
  const GroupReport& group = status.group;
  const HeldSummary held = node.membership()->Held();
  std::vector<std::string> members;
  for (Identity member : group.in_sync) {
    const NodeDescription* listed = FindNode(status, member.node);
    members.push_back(listed == nullptr ? member.ToString() : listed->name);
  }
  info.Field("group_role", RoleWord(status));
  info.Field("group_condition_reason", group.reason);
  info.Field("group_epoch", group.epoch.value);
  info.Field("group_in_sync", absl::StrJoin(members, ","));
  info.Field("group_in_sync_members", group.in_sync.size());
  info.Field("group_min_in_sync", status.min_in_sync);
  info.Field("group_serving", status.serving ? 1 : 0);
  info.Field("group_commit_offset", group.commit.value);
  info.Field("group_commit_lag", group.tail.value - group.commit.value);
  info.Field("group_lease_margin_ms", std::max<int64_t>(0, ToMillis(group.lease_left).value));
  info.Field("group_held_replies", held.replies);
  info.Field("group_oldest_uncommitted_ms", ToMillis(held.oldest).value);
}

}  // namespace

void ReplicationSection(Node& node, InfoText& info) {
  info.Section("Replication");
  uint64_t tail = 0;
  uint64_t first = 0;
  uint64_t held_bytes = 0;
  absl::string_view failover = "no-failover";
  if (node.membership() == nullptr) {
    info.Field("role", "master");
    info.Field("connected_slaves", 0);
  } else {
    const ClusterStatus status = node.membership()->driver().Status();
    const ReplicationLog& log = node.membership()->driver().log();
    if (status.group.role == GroupRole::kPrimary) {
      PrimaryFields(status, info);
    } else {
      FollowerFields(node, status, info);
    }
    GroupFields(node, status, info);
    if (status.group.handing_over) failover = "waiting-for-sync";
    if (status.group.released) failover = "failover-in-progress";
    tail = status.group.tail.value;
    first = log.FirstLsn().value;
    held_bytes = log.held_bytes();
  }
  info.Field("master_failover_state", failover);
  info.Field("master_replid", node.run_id());
  info.Field("master_replid2", std::string(40, '0'));
  info.Field("master_repl_offset", tail);
  info.Field("second_repl_offset", -1);
  info.Field("repl_backlog_active", node.membership() == nullptr ? 0 : 1);
  info.Field("repl_backlog_size", node.settings().repl_backlog_size);
  info.Field("repl_backlog_first_byte_offset", first);
  info.Field("repl_backlog_histlen", held_bytes);
}

}  // namespace holdfast
