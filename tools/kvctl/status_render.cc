#include "tools/kvctl/status_render.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/kvctl/table.h"

namespace holdfast::kvctl {
namespace {

using Json = nlohmann::json;

constexpr char kUnknown[] = "-";

std::string MillisText(const std::optional<double>& millis) {
  return millis.has_value() ? absl::StrFormat("%.0f ms", *millis) : kUnknown;
}

// In the order of the rows.
std::vector<std::string> NodeNames(const ClusterView& view, const std::vector<NodeId>& ids) {
  std::vector<std::string> names;
  for (const NodeId id : ids) names.push_back(view.NameOf(id));
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> InSyncNames(const ClusterView& view) {
  std::vector<NodeId> ids;
  for (const Identity& identity : view.configuration.group.in_sync) ids.push_back(identity.node);
  return NodeNames(view, ids);
}

std::string RoleText(const NodeRow& row) {
  if (row.status.has_value()) return std::string(RoleName(row.status->group.role));
  return row.description.witness ? "witness" : kUnknown;
}

// Records that the primary has and the node has not applied.
std::optional<uint64_t> Lag(const ClusterView& view, const NodeRow& row) {
  const NodeRow* primary = view.Primary();
  if (primary == nullptr || primary == &row || !row.status.has_value() || row.description.witness) {
    return std::nullopt;
  }
  const uint64_t tail = primary->status->group.tail.value;
  const uint64_t applied = row.status->group.applied.value;
  // The two were asked at slightly different times.
  return tail > applied ? tail - applied : 0;
}

std::string ViewText(const ClusterView& view, const NodeRow& row) {
  if (!row.status.has_value()) return kUnknown;
  const uint64_t version = row.status->configuration->version;
  return absl::StrCat("epoch ", row.status->group.epoch.value, ", configuration ", version,
                      version < view.configuration.version ? " (old)" : "");
}

std::vector<std::string> Cells(const ClusterView& view, const NodeRow& row) {
  const MemberReport* member = view.Member(row.description.id);
  const std::optional<uint64_t> lag = Lag(view, row);
  const bool has_log = row.status.has_value() && !row.description.witness;
  return {
      &row == view.Primary() ? "*" : "",
      row.description.name,
      ClientEndpoint(row.description).ToString(),
      RoleText(row),
      StateWord(view, row),
      has_log ? absl::StrCat(row.status->group.tail.value) : kUnknown,
      lag.has_value() ? absl::StrCat(*lag) : kUnknown,
      member != nullptr && &row != view.Primary() ? MillisText(member->last_heard_ms) : kUnknown,
      ViewText(view, row)};
}

std::vector<std::string> WideCells(const ClusterView& view, const NodeRow& row) {
  const MemberReport* member = view.Member(row.description.id);
  std::vector<std::string> cells = {
      view.IsVoter(row.description.id) ? "yes" : "no",
      member != nullptr ? absl::StrCat(member->acked.value) : kUnknown,
      IdText(row.description.id.value), PeerEndpoint(row.description).ToString()};
  if (!row.status.has_value()) {
    cells.insert(cells.end(), 6, kUnknown);
    return cells;
  }
  const NodeStatus& status = *row.status;
  for (const std::string& cell :
       {absl::StrCat(status.group.committed.value), MillisText(status.group.lease_margin_ms),
        absl::StrCat(status.keys),
        DurationText(Seconds(static_cast<int64_t>(status.uptime_seconds))), status.version,
        IdText(status.identity.incarnation.value)}) {
    cells.push_back(cell);
  }
  return cells;
}

Table NodeTable(const ClusterView& view, OutputFormat format) {
  std::vector<Column> columns = {{""},
                                 {"NODE"},
                                 {"ADDRESS"},
                                 {"ROLE"},
                                 {"STATE"},
                                 {"LSN", Align::kRight},
                                 {"LAG", Align::kRight},
                                 {"HEARD", Align::kRight},
                                 {"VIEW"}};
  if (format == OutputFormat::kWide) {
    for (const Column& column :
         {Column{"VOTES"}, Column{"ACKED", Align::kRight}, Column{"ID"}, Column{"PEER ADDRESS"},
          Column{"COMMITTED", Align::kRight}, Column{"LEASE", Align::kRight},
          Column{"KEYS", Align::kRight}, Column{"UP", Align::kRight}, Column{"VERSION"},
          Column{"INCARNATION"}}) {
      columns.push_back(column);
    }
  }
  Table table(columns);
  for (const NodeRow& row : view.rows) {
    std::vector<std::string> cells = Cells(view, row);
    if (format == OutputFormat::kWide) {
      for (std::string& cell : WideCells(view, row)) cells.push_back(std::move(cell));
    }
    table.AddRow(std::move(cells));
  }
  return table;
}

Json MaybeJson(const std::optional<double>& value) {
  return value.has_value() ? Json(*value) : Json();
}

Json MemberJson(const MemberReport* member) {
  if (member == nullptr) return nullptr;
  return {{"state", MemberStateName(member->state).data()},
          {"acked", member->acked.value},
          {"last_heard_ms", MaybeJson(member->last_heard_ms)},
          {"sync_percent", MaybeJson(member->sync_percent)}};
}

Json BeliefJson(const NodeStatus& status) {
  const GroupReport& group = status.group;
  return {{"role", RoleName(group.role).data()},
          {"serving", group.serving},
          {"epoch", group.epoch.value},
          {"configuration_version", status.configuration->version},
          {"tail", group.tail.value},
          {"committed", group.committed.value},
          {"applied", group.applied.value},
          {"lease_margin_ms", MaybeJson(group.lease_margin_ms)},
          {"held_replies", group.held_replies},
          {"oldest_uncommitted_ms", group.oldest_uncommitted_ms},
          {"open_change", group.open_change},
          {"why", group.why},
          {"register_open", status.config_register.open},
          {"register_why", status.config_register.why}};
}

Json NodeJson(const ClusterView& view, const NodeRow& row) {
  const std::optional<uint64_t> lag = Lag(view, row);
  Json node = {{"name", row.description.name},
               {"id", IdText(row.description.id.value)},
               {"address", ClientEndpoint(row.description).ToString()},
               {"peer_address", PeerEndpoint(row.description).ToString()},
               {"witness", row.description.witness},
               {"voter", view.IsVoter(row.description.id)},
               {"primary", &row == view.Primary()},
               {"in_sync", view.IsInSync(row)},
               {"state", StateWord(view, row)},
               {"lag", lag.has_value() ? Json(*lag) : Json()},
               {"reachable", row.status.has_value()},
               {"trouble", row.trouble},
               {"as_member", MemberJson(view.Member(row.description.id))},
               {"view", nullptr}};
  if (!row.status.has_value()) return node;
  node["incarnation"] = IdText(row.status->identity.incarnation.value);
  node["version"] = row.status->version;
  node["uptime_seconds"] = row.status->uptime_seconds;
  node["keys"] = row.status->keys;
  node["view"] = BeliefJson(*row.status);
  return node;
}

}  // namespace

std::string StatusText(const Session& session, const ClusterView& view, const Health& health) {
  const Color color = health.level == HealthLevel::kHealthy    ? Color::kGreen
                      : health.level == HealthLevel::kDegraded ? Color::kYellow
                                                               : Color::kRed;
  const ClusterConfiguration& configuration = view.configuration;
  std::string text =
      absl::StrCat(configuration.name, "  ", session.Paint(color, HealthLevelName(health.level)),
                   "  ", health.headline, "   epoch ", configuration.group.epoch.value, "\n");
  absl::StrAppend(&text, "in sync ", absl::StrJoin(InSyncNames(view), " "), " (min-in-sync ",
                  view.MinInSync(), ")   voters ",
                  absl::StrJoin(NodeNames(view, configuration.voters), " "), "   configuration ",
                  configuration.version, "\n\n", NodeTable(view, session.options.output).Render());
  if (!health.notes.empty() || !health.next.empty()) text += "\n";
  for (const std::string& note : health.notes) absl::StrAppend(&text, "! ", note, "\n");
  if (!health.next.empty()) absl::StrAppend(&text, "  next: ", health.next, "\n");
  return text;
}

std::string NodesText(const Session& session, const ClusterView& view) {
  return NodeTable(view, session.options.output).Render();
}

nlohmann::json NodesJson(const ClusterView& view) {
  Json nodes = Json::array();
  for (const NodeRow& row : view.rows) nodes.push_back(NodeJson(view, row));
  return nodes;
}

nlohmann::json StatusJson(const ClusterView& view, const Health& health) {
  const ClusterConfiguration& configuration = view.configuration;
  const NodeRow* primary = view.Primary();
  return {{"schema", "kvctl.status/v1"},
          {"cluster",
           {{"name", configuration.name},
            {"id", IdText(configuration.cluster_id)},
            {"version", configuration.version},
            {"epoch", configuration.group.epoch.value},
            {"status", configuration.group.status == GroupStatus::kLost ? "lost" : "active"},
            {"primary", primary != nullptr ? Json(primary->description.name) : Json()},
            {"in_sync", InSyncNames(view)},
            {"min_in_sync", view.MinInSync()},
            {"voters", NodeNames(view, configuration.voters)},
            {"next_voters", NodeNames(view, configuration.next_voters)}}},
          {"health",
           {{"level", HealthLevelName(health.level).data()},
            {"survives", health.survives},
            {"live_voters", health.tolerance.live_voters},
            {"live_in_sync", health.tolerance.in_sync},
            {"headline", health.headline},
            {"notes", health.notes},
            {"next", health.next}}},
          {"nodes", NodesJson(view)}};
}

std::string IdText(uint64_t id) { return absl::StrFormat("%016x", id); }

}  // namespace holdfast::kvctl
