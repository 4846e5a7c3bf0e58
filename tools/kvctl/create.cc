#include "tools/kvctl/create.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "net/base/limits.h"
#include "tools/kvctl/await.h"
#include "tools/kvctl/change.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/plan.h"
#include "tools/kvctl/preflight.h"

namespace holdfast::kvctl {
namespace {

constexpr char kNothingChanged[] = "nothing was changed";

std::string NodeList(const std::vector<NodeDescription>& nodes) {
  return absl::StrJoin(nodes, " ", [](std::string* out, const NodeDescription& node) {
    absl::StrAppend(out, NodeText(node));
  });
}

// Whether the configuration is that of the cluster to be created.
bool IsMeant(const ClusterConfiguration& configuration, const CreateOptions& options) {
  std::set<std::string> wanted, present;
  for (const NodeDescription& node : options.nodes) wanted.insert(NodeText(node));
  for (const NodeDescription& node : configuration.nodes) present.insert(NodeText(node));
  return configuration.name == options.name && wanted == present;
}

// True if all of them are the cluster already.
Result<bool> CheckEmpty(const std::vector<NodeFinding>& findings, const CreateOptions& options) {
  size_t done = 0;
  for (const NodeFinding& finding : findings) {
    const NodeStatus& status = *finding.report.status;
    if (status.configuration.has_value()) {
      if (IsMeant(*status.configuration, options)) {
        ++done;
        continue;
      }
      return Failure{
          .exit = ExitCode::kRefused,
          .code = "IN_CLUSTER",
          .what = absl::StrCat(finding.node.name, " is in a cluster already"),
          .why = absl::StrCat("it is called ", status.configuration->name, " and has ",
                              Count(status.configuration->nodes.size(), "node")),
          .next = absl::StrCat("kvctl -e ", ClientEndpoint(finding.node).ToString(), " status"),
          .effect = kNothingChanged};
    }
    if (status.keys == 0) continue;
    return Failure{.exit = ExitCode::kRefused,
                   .code = "NOT_EMPTY",
                   .what = absl::StrCat(finding.node.name, " holds ", Count(status.keys, "key")),
                   .why = "a cluster is made of empty nodes: what the others hold would be lost",
                   .next = "empty it, or start a fresh node",
                   .effect = kNothingChanged};
  }
  return done == findings.size();
}

Plan MakePlan(const CreateOptions& options) {
  std::vector<std::string> voters;
  for (const NodeDescription& node : options.nodes) voters.push_back(node.name);
  return {.version = 0,
          .summary = absl::StrCat("create ", options.name, " of ", NodeList(options.nodes)),
          .steps = {absl::StrCat(options.nodes.front().name, " leads epoch 1; voters ",
                                 absl::StrJoin(voters, " "))},
          .subject = options.name};
}

Result<std::optional<ClusterView>> AwaitServing(Session& session, const CreateOptions& options) {
  const auto data_nodes = std::count_if(options.nodes.begin(), options.nodes.end(),
                                        [](const NodeDescription& node) { return !node.witness; });
  Result<ClusterView> view = Await(
      session, {.what = absl::StrCat(options.name, " serves with ", Count(data_nodes, "copy")),
                .holds =
                    [data_nodes](const ClusterView& view) {
                      const Health health = Judge(view);
                      return health.level != HealthLevel::kUnavailable &&
                             health.tolerance.in_sync >= data_nodes;
                    },
                .patience = Milliseconds(limits::kControlChangeMillis),
                .goes_on = "the cluster is created"});
  if (!view.ok()) return view.failure();
  return std::optional<ClusterView>(std::move(*view));
}

}  // namespace

Result<std::optional<ClusterView>> Create(Session& session, const CreateOptions& options) {
  const std::vector<NodeFinding> findings = Preflight(session, options.nodes);
  if (session.is_json()) {
    session.Note(JsonText(PreflightJson(findings), -1) + "\n");
  } else {
    session.Note(PreflightText(findings));
  }
  Done reach = CheckReach(findings);
  if (!reach.ok()) return reach.failure();
  for (const std::string& warning : PreflightWarnings(findings)) {
    session.Note(absl::StrCat("warning: ", warning, "\n"));
  }
  Result<bool> is_done = CheckEmpty(findings, options);
  if (!is_done.ok()) return is_done.failure();
  session.SetEndpoints({ClientEndpoint(options.nodes.front())});
  if (!*is_done) {
    if (options.ask) {
      Result<Consent> consent = AskForConsent(session, MakePlan(options));
      if (!consent.ok()) return consent.failure();
      if (*consent == Consent::kDryRun) return std::optional<ClusterView>();
    }
    Change change{.what = absl::StrCat("creating ", options.name),
                  .to = ClientEndpoint(options.nodes.front()),
                  .words = {"HOLDFAST", "CREATE", options.name}};
    for (const NodeDescription& node : options.nodes) change.words.push_back(NodeText(node));
    Done done = Carry(session, change);
    if (!done.ok()) return done.failure();
  }
  return AwaitServing(session, options);
}

std::string CreatedText(const ClusterView& view) {
  const Health health = Judge(view);
  const NodeRow* primary = view.Primary();
  CHECK(primary != nullptr);
  std::vector<std::string> replicas;
  for (const NodeRow& row : view.rows) {
    if (&row != primary && !row.description.witness) replicas.push_back(row.description.name);
  }
  const NodeDescription& leader = primary->description;
  return absl::StrCat("Cluster ", view.configuration.name, " is up: primary ", leader.name,
                      replicas.empty() ? "" : ", replicas ", absl::StrJoin(replicas, " "),
                      ", epoch ", view.configuration.group.epoch.value, ", survives ",
                      Count(health.survives, "node failure"), ".\n  connect   redis-cli -h ",
                      leader.host, " -p ", leader.client_port, "\n  watch     kvctl -e ",
                      ClientEndpoint(leader).ToString(), " status -w\n");
}

}  // namespace holdfast::kvctl
