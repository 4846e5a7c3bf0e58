#include "tools/kvctl/preflight.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "net/base/limits.h"
#include "tools/kvctl/json_fields.h"
#include "tools/kvctl/status_render.h"
#include "tools/kvctl/table.h"

namespace holdfast::kvctl {
namespace {

constexpr char kNothingChanged[] = "nothing was changed";

std::vector<const NodeDescription*> Others(const std::vector<NodeDescription>& nodes, size_t self) {
  std::vector<const NodeDescription*> others;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (i != self) others.push_back(&nodes[i]);
  }
  return others;
}

Question LookAt(const NodeDescription& from, const std::vector<const NodeDescription*>& peers) {
  Question question{ClientEndpoint(from), {"HOLDFAST", "PREFLIGHT"}};
  for (const NodeDescription* peer : peers) {
    question.words.push_back(PeerEndpoint(*peer).ToString());
  }
  return question;
}

void TakeFindings(const std::string& looker, const std::vector<const NodeDescription*>& peers,
                  const Answer& answer, NodeFinding* own, std::vector<NodeFinding>* all) {
  if (answer.kind != Answer::Kind::kText) {
    own->trouble = answer.text;
    return;
  }
  Result<std::vector<PeerFinding>> found = ParsePreflight(answer.text, peers.size());
  if (!found.ok()) {
    own->trouble = found.failure().why;
    return;
  }
  for (size_t i = 0; i < peers.size(); ++i) {
    for (NodeFinding& finding : *all) {
      if (finding.node.name == peers[i]->name) finding.from[looker] = (*found)[i];
    }
  }
}

std::vector<std::string> BlockedFrom(const NodeFinding& finding) {
  std::vector<std::string> lookers;
  for (const auto& [looker, found] : finding.from) {
    if (!found.ok) lookers.push_back(looker);
  }
  return lookers;
}

std::string PeerCell(const NodeFinding& finding) {
  const std::vector<std::string> blocked = BlockedFrom(finding);
  const uint16_t port = finding.node.peer_port;
  if (!blocked.empty()) return absl::StrCat(port, " BLOCKED from ", absl::StrJoin(blocked, " "));
  return absl::StrCat(port, finding.from.empty() ? " ?" : " ok");
}

bool IsEmpty(const NodeStatus& status) {
  return status.keys == 0 && !status.configuration.has_value();
}

// As the first node that could tell sees it; that node's own clock is the measure.
std::string ClockCell(const NodeFinding& finding, const std::string& looker) {
  if (finding.node.name == looker) return "+0 ms";
  const auto found = finding.from.find(looker);
  if (found == finding.from.end() || !found->second.clock_offset_ms.has_value()) return "?";
  return absl::StrFormat("%+.0f ms", *found->second.clock_offset_ms);
}

std::vector<std::string> ColumnOf(const NodeFinding& finding, const std::string& looker) {
  const Report& report = finding.report;
  const bool answers = report.status.has_value();
  return {finding.node.host,
          absl::StrCat(finding.node.client_port, answers ? " ok" : " FAILED"),
          PeerCell(finding),
          answers ? report.status->version : "?",
          answers ? (IsEmpty(*report.status) ? "yes" : "NO") : "?",
          ClockCell(finding, looker)};
}

}  // namespace

Result<std::vector<PeerFinding>> ParsePreflight(absl::string_view json, size_t peers) {
  std::string complaint;
  const nlohmann::json parsed = nlohmann::json::parse(json.begin(), json.end(), nullptr,
                                                      /*allow_exceptions=*/false);
  if (!parsed.is_array() || parsed.size() != peers) {
    complaint = absl::StrCat("it is no JSON list of ", peers);
  }
  std::vector<PeerFinding> findings;
  for (size_t i = 0; complaint.empty() && i < peers; ++i) {
    const JsonFields fields(parsed[i], absl::StrCat("[", i, "]"), &complaint);
    PeerFinding finding{.ok = fields.Flag("ok"), .why = fields.Text("why")};
    if (finding.ok) finding.clock_offset_ms = fields.MaybeNumber("clock_offset_ms");
    findings.push_back(std::move(finding));
  }
  if (complaint.empty()) return findings;
  return Failure{.exit = ExitCode::kConnect,
                 .code = "BAD_ANSWER",
                 .what = "what a node finds cannot be read",
                 .why = complaint,
                 .next = "check that kvctl and the nodes are of the same release",
                 .effect = kNothingChanged};
}

std::vector<NodeFinding> Preflight(const Session& session,
                                   const std::vector<NodeDescription>& nodes) {
  std::vector<Question> questions;
  for (const NodeDescription& node : nodes) {
    questions.push_back({ClientEndpoint(node), {"HOLDFAST", "STATUS"}});
  }
  // A node alone has nobody to look at.
  for (size_t i = 0; nodes.size() > 1 && i < nodes.size(); ++i) {
    questions.push_back(LookAt(nodes[i], Others(nodes, i)));
  }
  const std::vector<Answer> answers = session.Ask(questions);
  std::vector<NodeFinding> findings;
  for (size_t i = 0; i < nodes.size(); ++i) {
    findings.push_back(
        {.node = nodes[i], .report = MakeReport(ClientEndpoint(nodes[i]), answers[i])});
  }
  for (size_t i = 0; nodes.size() > 1 && i < nodes.size(); ++i) {
    TakeFindings(nodes[i].name, Others(nodes, i), answers[nodes.size() + i], &findings[i],
                 &findings);
  }
  return findings;
}

std::string PreflightText(const std::vector<NodeFinding>& findings) {
  static constexpr absl::string_view kRows[] = {"  address", "  client", "  peer",
                                                "  version", "  empty",  "  clock"};
  std::vector<Column> columns = {{"Preflight"}};
  std::vector<std::vector<std::string>> cells;
  for (const NodeFinding& finding : findings) {
    columns.push_back({finding.node.name});
    cells.push_back(ColumnOf(finding, findings.front().node.name));
  }
  Table table(std::move(columns));
  for (size_t i = 0; i < std::size(kRows); ++i) {
    std::vector<std::string> row = {std::string(kRows[i])};
    for (const auto& column : cells) row.push_back(column[i]);
    table.AddRow(std::move(row));
  }
  return table.Render();
}

nlohmann::json PreflightJson(const std::vector<NodeFinding>& findings) {
  nlohmann::json nodes = nlohmann::json::array();
  for (const NodeFinding& finding : findings) {
    const Report& report = finding.report;
    nlohmann::json from = nlohmann::json::object();
    for (const auto& [looker, found] : finding.from) {
      from[looker] = {{"ok", found.ok}, {"why", found.why}};
    }
    nodes.push_back({{"name", finding.node.name},
                     {"address", ClientEndpoint(finding.node).ToString()},
                     {"peer_address", PeerEndpoint(finding.node).ToString()},
                     {"reachable", report.status.has_value()},
                     {"trouble", report.trouble},
                     {"empty", report.status.has_value() && IsEmpty(*report.status)},
                     {"peer_from", from}});
  }
  return {{"schema", "kvctl.preflight/v1"}, {"nodes", nodes}};
}

Done CheckReach(const std::vector<NodeFinding>& findings) {
  for (const NodeFinding& finding : findings) {
    const std::string address = ClientEndpoint(finding.node).ToString();
    if (finding.report.status.has_value()) continue;
    return Failure{.exit = finding.report.exit,
                   .code = finding.report.code,
                   .what = absl::StrCat(finding.node.name, " (", address, ") cannot be asked"),
                   .why = finding.report.trouble,
                   .next = "start the node, then run the same command again",
                   .effect = kNothingChanged};
  }
  for (const NodeFinding& finding : findings) {
    if (finding.trouble.empty()) continue;
    return Failure{.exit = ExitCode::kConnect,
                   .code = "NO_PREFLIGHT",
                   .what = absl::StrCat(finding.node.name, " cannot look at the other nodes"),
                   .why = finding.trouble,
                   .next = "check that it runs with cluster-enabled yes",
                   .effect = kNothingChanged};
  }
  for (const NodeFinding& finding : findings) {
    for (const auto& [looker, found] : finding.from) {
      if (found.ok) continue;
      return Failure{.exit = ExitCode::kConnect,
                     .code = "PEER_UNREACHABLE",
                     .what = absl::StrCat("peer port ", finding.node.peer_port, " of ",
                                          finding.node.name, " cannot be used from ", looker,
                                          found.why.empty() ? "" : ": ", found.why),
                     .why =
                         "every node must reach every node's peer port, with the same "
                         "cluster-secret; a firewall or an address translation is the usual "
                         "cause",
                     .next = absl::StrCat("open ", finding.node.peer_port,
                                          "/tcp, or set cluster-announce-ip on ", finding.node.name,
                                          ", then run the same command again"),
                     .effect = kNothingChanged};
    }
  }
  return Succeeded();
}

std::vector<std::string> PreflightWarnings(const std::vector<NodeFinding>& findings) {
  std::vector<std::string> warnings;
  std::set<std::string> versions;
  for (const NodeFinding& finding : findings) {
    if (finding.report.status.has_value()) versions.insert(finding.report.status->version);
    for (const auto& [looker, found] : finding.from) {
      if (std::abs(found.clock_offset_ms.value_or(0)) <= limits::kClockOffsetWarnedMillis) continue;
      warnings.push_back(absl::StrFormat("the clock of %s is %+.0f ms off that of %s",
                                         finding.node.name, *found.clock_offset_ms, looker));
    }
  }
  if (versions.size() > 1) {
    warnings.push_back(
        absl::StrCat("the nodes are of different releases: ", absl::StrJoin(versions, ", ")));
  }
  return warnings;
}

}  // namespace holdfast::kvctl
