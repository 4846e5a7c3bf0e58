#include "tools/kvctl/cluster_view.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/kvctl/did_you_mean.h"

namespace holdfast::kvctl {
namespace {

// Configurations may change while nodes are being asked; then newly named ones are asked too.
constexpr int kRoundsMax = 3;

std::string ClusterText(const NodeStatus& status) {
  if (!status.configuration.has_value()) return "no cluster";
  return absl::StrCat("cluster ", status.configuration->name);
}

const ClusterConfiguration* NewestConfiguration(const std::vector<Report>& reports) {
  const ClusterConfiguration* newest = nullptr;
  for (const Report& report : reports) {
    if (!report.status.has_value() || !report.status->configuration.has_value()) continue;
    const ClusterConfiguration& configuration = *report.status->configuration;
    if (newest == nullptr || configuration.version > newest->version) newest = &configuration;
  }
  return newest;
}

bool IsOf(const NodeStatus& status, const ClusterConfiguration& configuration) {
  return status.configuration.has_value() &&
         status.configuration->cluster_id == configuration.cluster_id;
}

void Fill(const std::vector<Report>& reports, const ClusterConfiguration& configuration,
          NodeRow* row) {
  const Endpoint address = ClientEndpoint(row->description);
  for (const Report& report : reports) {
    if (report.status.has_value() && report.status->identity.node == row->description.id &&
        IsOf(*report.status, configuration)) {
      row->status = report.status;
      row->trouble.clear();
      return;
    }
    if (report.asked != address) continue;
    row->trouble = report.status.has_value()
                       ? absl::StrCat(address.ToString(), " answers as another node, of ",
                                      ClusterText(*report.status))
                       : report.trouble;
  }
}

std::vector<Report> AskForStatus(const Session& session, const std::vector<Endpoint>& addresses) {
  std::vector<Question> questions;
  for (const Endpoint& address : addresses) {
    questions.push_back({address, {"HOLDFAST", "STATUS"}});
  }
  const std::vector<Answer> answers = session.Ask(questions);
  std::vector<Report> reports;
  for (size_t i = 0; i < answers.size(); ++i) {
    reports.push_back(MakeReport(addresses[i], answers[i]));
  }
  return reports;
}

// Addresses of configured nodes that nothing is known of yet.
std::vector<Endpoint> Unasked(const std::vector<Report>& reports) {
  std::vector<Endpoint> unasked;
  const ClusterConfiguration* configuration = NewestConfiguration(reports);
  for (const NodeDescription& node : configuration->nodes) {
    const Endpoint address = ClientEndpoint(node);
    const bool known = std::any_of(reports.begin(), reports.end(), [&](const Report& report) {
      return report.asked == address ||
             (report.status.has_value() && report.status->identity.node == node.id);
    });
    if (!known && address.port != 0) unasked.push_back(address);
  }
  return unasked;
}

Failure NobodyAnswers(const std::vector<Report>& reports) {
  const Report& first = reports.front();
  std::vector<std::string> troubles, addresses;
  for (const Report& report : reports) {
    troubles.push_back(absl::StrCat(report.asked.ToString(), ": ", report.trouble));
    addresses.push_back(report.asked.ToString());
  }
  const bool same = std::all_of(reports.begin(), reports.end(),
                                [&](const Report& report) { return report.code == first.code; });
  const std::string code = same ? first.code : "CANNOT_CONNECT";
  std::string next = "start a node, or name one that runs: kvctl -e host:port ...";
  if (code == "AUTH")
    next = "name the user with --user, the password in KVCTL_PASSWORD or --password-file";
  if (code == "NOT_HOLDFAST" || code == "BAD_ANSWER")
    next = "check the address: kvctl -e host:port ...";
  if (code == "INTERRUPTED") next.clear();
  return {.exit = same ? first.exit : ExitCode::kConnect,
          .code = code,
          .what = code == "INTERRUPTED"
                      ? std::string("interrupted")
                      : absl::StrCat("no node answers at ", absl::StrJoin(addresses, ", ")),
          .why = absl::StrJoin(troubles, "; "),
          .next = next,
          .effect = "nothing was changed"};
}

Done CheckOneCluster(const std::vector<Report>& reports) {
  std::set<uint64_t> ids;
  std::vector<std::string> said;
  for (const Report& report : reports) {
    if (!report.status.has_value()) continue;
    said.push_back(absl::StrCat(report.asked.ToString(), " is of ", ClusterText(*report.status)));
    if (report.status->configuration.has_value()) {
      ids.insert(report.status->configuration->cluster_id);
    }
  }
  if (ids.size() == 1) return Succeeded();
  if (ids.empty()) {
    return Failure{.exit = ExitCode::kUnavailable,
                   .code = "NO_CLUSTER",
                   .what = absl::StrCat(reports.front().asked.ToString(), " is in no cluster"),
                   .why = "what answers runs by itself",
                   .next = "kvctl create --name NAME --nodes HOST:PORT,HOST:PORT,HOST:PORT",
                   .effect = "nothing was changed"};
  }
  return Failure{.exit = ExitCode::kUsage,
                 .code = "MIXED_CLUSTERS",
                 .what = "the endpoints are of different clusters",
                 .why = absl::StrJoin(said, "; "),
                 .next = "name nodes of one cluster only",
                 .effect = "nothing was changed"};
}

}  // namespace

const NodeRow* ClusterView::Find(NodeId id) const {
  for (const NodeRow& row : rows) {
    if (row.description.id == id) return &row;
  }
  return nullptr;
}

const NodeRow* ClusterView::FindName(absl::string_view name) const {
  for (const NodeRow& row : rows) {
    if (row.description.name == name) return &row;
  }
  return nullptr;
}

const NodeRow* ClusterView::Primary() const {
  const NodeRow* row = Find(configuration.group.primary.node);
  const bool is = row != nullptr && row->status.has_value() &&
                  row->status->group.role == Role::kPrimary &&
                  row->status->identity == configuration.group.primary &&
                  row->status->group.epoch == configuration.group.epoch;
  return is ? row : nullptr;
}

const MemberReport* ClusterView::Member(NodeId id) const {
  const NodeRow* primary = Primary();
  if (primary == nullptr) return nullptr;
  for (const MemberReport& member : primary->status->group.members) {
    if (member.identity.node == id) return &member;
  }
  return nullptr;
}

bool ClusterView::IsInSync(const NodeRow& row) const {
  const auto& in_sync = configuration.group.in_sync;
  return std::any_of(in_sync.begin(), in_sync.end(), [&](const Identity& identity) {
    return row.status.has_value() ? identity == row.status->identity
                                  : identity.node == row.description.id;
  });
}

bool ClusterView::IsVoter(NodeId id) const {
  const auto& voters = configuration.voters;
  const auto& next = configuration.next_voters;
  return std::find(voters.begin(), voters.end(), id) != voters.end() ||
         std::find(next.begin(), next.end(), id) != next.end();
}

uint64_t ClusterView::MinInSync() const {
  if (const NodeRow* primary = Primary(); primary != nullptr) {
    return primary->status->group.min_in_sync;
  }
  uint64_t greatest = 1;
  for (const NodeRow& row : rows) {
    if (row.status.has_value()) greatest = std::max(greatest, row.status->group.min_in_sync);
  }
  return greatest;
}

std::string ClusterView::NameOf(NodeId id) const {
  const NodeRow* row = Find(id);
  return row == nullptr ? absl::StrFormat("%016x", id.value) : row->description.name;
}

std::vector<std::string> ClusterView::Names() const {
  std::vector<std::string> names;
  for (const NodeRow& row : rows) names.push_back(row.description.name);
  return names;
}

ClusterView Assemble(const std::vector<Report>& reports) {
  ClusterView view;
  const ClusterConfiguration* newest = NewestConfiguration(reports);
  if (newest == nullptr) return view;
  view.configuration = *newest;
  for (const NodeDescription& node : newest->nodes) {
    NodeRow row{.description = node};
    row.trouble = node.client_port == 0 ? "it answers no clients" : "not asked";
    Fill(reports, *newest, &row);
    view.rows.push_back(std::move(row));
  }
  std::sort(view.rows.begin(), view.rows.end(), [](const NodeRow& a, const NodeRow& b) {
    return a.description.name < b.description.name;
  });
  for (const Report& report : reports) {
    const bool listed = std::any_of(view.rows.begin(), view.rows.end(), [&](const NodeRow& row) {
      return ClientEndpoint(row.description) == report.asked ||
             (report.status.has_value() && IsOf(*report.status, *newest) &&
              row.description.id == report.status->identity.node);
    });
    if (listed) continue;
    view.strangers.push_back(absl::StrCat(
        report.asked.ToString(), " is no node of ", newest->name, ": ",
        report.status.has_value() ? absl::StrCat("it is of ", ClusterText(*report.status))
                                  : report.trouble));
  }
  return view;
}

Report MakeReport(const Endpoint& asked, const Answer& answer) {
  Report report{.asked = asked, .code = "CANNOT_CONNECT", .trouble = answer.text};
  switch (answer.kind) {
    case Answer::Kind::kText: {
      Result<NodeStatus> status = ParseNodeStatus(answer.text);
      if (status.ok()) {
        report.status = std::move(*status);
        report.trouble.clear();
      } else {
        report.code = status.failure().code;
        report.trouble = absl::StrCat("its status cannot be read: ", status.failure().why);
      }
      break;
    }
    case Answer::Kind::kError:
      report.code = "NODE_ERROR";
      if (absl::StartsWithIgnoreCase(answer.text, "ERR unknown")) {
        report.code = "NOT_HOLDFAST";
        report.trouble = absl::StrCat("it does not know HOLDFAST STATUS (", answer.text, ")");
      }
      break;
    case Answer::Kind::kUnauthorized:
      report.code = "AUTH";
      break;
    case Answer::Kind::kValue:
    case Answer::Kind::kGarbage:
      report.code = "BAD_ANSWER";
      break;
    case Answer::Kind::kInterrupted:
      report.code = "INTERRUPTED";
      report.exit = ExitCode::kInterrupted;
      break;
    case Answer::Kind::kUnreachable:
    case Answer::Kind::kSilent:
      break;
  }
  return report;
}

Result<ClusterView> Gather(const Session& session) {
  std::vector<Report> reports = AskForStatus(session, session.endpoints());
  const bool answered = std::any_of(reports.begin(), reports.end(),
                                    [](const Report& report) { return report.status.has_value(); });
  if (!answered) return NobodyAnswers(reports);
  Done one = CheckOneCluster(reports);
  if (!one.ok()) return one.failure();
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::vector<Endpoint> unasked = Unasked(reports);
    if (unasked.empty()) break;
    for (Report& report : AskForStatus(session, unasked)) {
      // Another cluster's node at this address must not bring its configuration along.
      const uint64_t cluster_id = NewestConfiguration(reports)->cluster_id;
      if (report.status.has_value() && report.status->configuration.has_value() &&
          report.status->configuration->cluster_id != cluster_id) {
        report.trouble = absl::StrCat(report.asked.ToString(), " answers as a node of ",
                                      ClusterText(*report.status));
        report.status.reset();
      }
      reports.push_back(std::move(report));
    }
  }
  return Assemble(reports);
}

Result<const NodeRow*> NamedNode(const ClusterView& view, absl::string_view name) {
  if (const NodeRow* row = view.FindName(name); row != nullptr) return row;
  Failure failure =
      UsageFailure(absl::StrCat("no node is called \"", name, "\" in ", view.configuration.name,
                                DidYouMean(name, view.Names())),
                   "kvctl status");
  failure.code = "UNKNOWN_NODE";
  failure.why = absl::StrCat("its nodes are ", absl::StrJoin(view.Names(), ", "));
  return failure;
}

}  // namespace holdfast::kvctl
