#include "tools/kvctl/node_status.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/json_fields.h"

namespace holdfast::kvctl {
namespace {

constexpr absl::string_view kSchema = "holdfast.status/v1";
constexpr absl::string_view kRoles[] = {"none",    "primary", "replica", "learner",
                                        "waiting", "lost",    "witness"};
constexpr absl::string_view kMemberStates[] = {"in-sync", "joining", "learner", "silent"};
constexpr absl::string_view kGroupStates[] = {"active", "lost"};

Identity ReadIdentity(const JsonFields& fields, absl::string_view node_field) {
  return {NodeId{fields.Id(node_field)}, Incarnation{fields.Id("incarnation")}};
}

std::vector<NodeId> ReadNodeIds(const JsonFields& fields, absl::string_view name) {
  std::vector<NodeId> ids;
  for (const uint64_t id : fields.Ids(name)) ids.push_back({id});
  return ids;
}

GroupConfiguration ReadGroupConfiguration(const JsonFields& fields) {
  GroupConfiguration group;
  group.epoch = {fields.Count("epoch")};
  group.primary = ReadIdentity(fields.Object("primary"), "node");
  for (const JsonFields& member : fields.Objects("in_sync")) {
    group.in_sync.push_back(ReadIdentity(member, "node"));
  }
  group.status = static_cast<GroupStatus>(fields.Choice("status", kGroupStates));
  return group;
}

ClusterConfiguration ReadConfiguration(const JsonFields& fields) {
  ClusterConfiguration configuration;
  configuration.name = fields.Text("name");
  configuration.cluster_id = fields.Id("id");
  configuration.version = fields.Count("version");
  for (const JsonFields& node : fields.Objects("nodes")) {
    configuration.nodes.push_back({.id = {node.Id("id")},
                                   .name = node.Text("name"),
                                   .host = node.Text("host"),
                                   .client_port = node.Port("client_port"),
                                   .peer_port = node.Port("peer_port"),
                                   .witness = node.Flag("witness")});
  }
  configuration.voters = ReadNodeIds(fields, "voters");
  configuration.next_voters = ReadNodeIds(fields, "next_voters");
  configuration.group = ReadGroupConfiguration(fields.Object("group"));
  return configuration;
}

GroupReport ReadGroup(const JsonFields& fields) {
  GroupReport group;
  group.role = static_cast<Role>(fields.Choice("role", kRoles));
  group.serving = fields.Flag("serving");
  group.epoch = {fields.Count("epoch")};
  group.tail = {fields.Count("tail")};
  group.committed = {fields.Count("committed")};
  group.applied = {fields.Count("applied")};
  group.why = fields.Text("why");
  group.lease_margin_ms = fields.MaybeNumber("lease_margin_ms");
  group.held_replies = fields.Count("held_replies");
  group.oldest_uncommitted_ms = fields.Count("oldest_uncommitted_ms");
  group.min_in_sync = fields.Count("min_in_sync");
  group.open_change = fields.Flag("open_change");
  for (const JsonFields& member : fields.Objects("members")) {
    group.members.push_back(
        {.identity = ReadIdentity(member, "node"),
         .state = static_cast<MemberState>(member.Choice("state", kMemberStates)),
         .acked = {member.Count("acked")},
         .last_heard_ms = member.MaybeNumber("last_heard_ms"),
         .sync_percent = member.MaybeNumber("sync_percent")});
  }
  return group;
}

NodeStatus ReadStatus(const JsonFields& fields) {
  NodeStatus status;
  const JsonFields node = fields.Object("node");
  status.identity = ReadIdentity(node, "id");
  status.name = node.Text("name");
  status.address = node.Text("address");
  status.peer_address = node.Text("peer_address");
  status.version = node.Text("version");
  status.witness = node.Flag("witness");
  status.uptime_seconds = node.Count("uptime_seconds");
  status.keys = node.Count("keys");
  if (!fields.IsNull("cluster")) status.configuration = ReadConfiguration(fields.Object("cluster"));
  status.group = ReadGroup(fields.Object("group"));
  const JsonFields config_register = fields.Object("register");
  status.config_register = {config_register.Flag("open"), config_register.Text("why")};
  return status;
}

}  // namespace

absl::string_view RoleName(Role role) { return kRoles[static_cast<size_t>(role)]; }

absl::string_view MemberStateName(MemberState state) {
  return kMemberStates[static_cast<size_t>(state)];
}

Result<NodeStatus> ParseNodeStatus(absl::string_view json) {
  std::string complaint;
  const nlohmann::json parsed = nlohmann::json::parse(json.begin(), json.end(), nullptr,
                                                      /*allow_exceptions=*/false);
  const JsonFields fields(parsed, "", &complaint);
  const std::string schema = fields.Text("schema");
  if (complaint.empty() && schema != kSchema) {
    complaint = absl::StrCat("its schema is \"", schema, "\", known here is \"", kSchema, "\"");
  }
  if (complaint.empty()) {
    NodeStatus status = ReadStatus(fields);
    if (complaint.empty()) return status;
  }
  return Failure{.exit = ExitCode::kConnect,
                 .code = "BAD_ANSWER",
                 .what = "the status of a node cannot be read",
                 .why = complaint,
                 .next = "check that kvctl and the node are of the same release"};
}

}  // namespace holdfast::kvctl
