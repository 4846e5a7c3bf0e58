#include "tools/kvctl/join.h"

#include "absl/strings/str_cat.h"
#include "tools/kvctl/await.h"
#include "tools/kvctl/change.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/preflight.h"
#include "tools/kvctl/progress.h"

namespace holdfast::kvctl {
namespace {

constexpr char kNothingChanged[] = "nothing was changed";

std::string FreeName(const ClusterView& view) {
  for (size_t number = view.rows.size() + 1;; ++number) {
    const std::string name = absl::StrCat("n", number);
    if (view.FindName(name) == nullptr) return name;
  }
}

bool SameAddress(const NodeDescription& a, const NodeDescription& b) {
  return ClientEndpoint(a) == ClientEndpoint(b) || PeerEndpoint(a) == PeerEndpoint(b);
}

// Nodes that answer, and the new one at the end: who has to reach whom.
std::vector<NodeDescription> Involved(const ClusterView& view, const NodeDescription& node) {
  std::vector<NodeDescription> nodes;
  for (const NodeRow& row : view.rows) {
    if (row.status.has_value()) nodes.push_back(row.description);
  }
  nodes.push_back(node);
  return nodes;
}

Done CheckEmpty(const NodeFinding& finding) {
  const NodeStatus& status = *finding.report.status;
  Failure failure{.exit = ExitCode::kRefused,
                  .code = "NOT_EMPTY",
                  .what = absl::StrCat(finding.node.name, " holds ", Count(status.keys, "key")),
                  .why = "what it holds would be replaced by the cluster's data",
                  .next = "empty it, or start a fresh node",
                  .effect = kNothingChanged};
  if (status.configuration.has_value()) {
    failure.code = "IN_CLUSTER";
    failure.what = absl::StrCat(finding.node.name, " is in a cluster already");
    failure.why = absl::StrCat("it is called ", status.configuration->name);
    failure.next = absl::StrCat("kvctl -e ", ClientEndpoint(finding.node).ToString(), " status");
    return failure;
  }
  if (status.keys != 0) return failure;
  return Succeeded();
}

void ShowJoining(const ClusterView& view, const std::string& name, Progress* progress) {
  const NodeRow* row = view.FindName(name);
  if (row == nullptr) return;
  const MemberReport* member = view.Member(row->description.id);
  progress->Show(absl::StrCat(name, "  ",
                              member != nullptr ? std::string(MemberStateName(member->state))
                                                : StateWord(view, *row)),
                 member != nullptr ? member->sync_percent : std::nullopt);
}

}  // namespace

Result<bool> FindListed(const ClusterView& view, NodeDescription* node) {
  for (const NodeRow& row : view.rows) {
    const NodeDescription& other = row.description;
    const bool same_name = node->name.empty() || other.name == node->name;
    if (ClientEndpoint(other) == ClientEndpoint(*node) && same_name) {
      *node = other;
      return true;
    }
    if (SameAddress(other, *node) || other.name == node->name) {
      Failure failure = UsageFailure(
          absl::StrCat(node->name, " would be mistaken for ", NodeText(other)), "kvctl status");
      failure.why = "names and addresses are unique in a cluster";
      return failure;
    }
  }
  if (node->name.empty()) node->name = FreeName(view);
  return false;
}

Done CheckNewcomer(const Session& session, const ClusterView& view, const NodeDescription& node) {
  const std::vector<NodeFinding> findings = Preflight(session, Involved(view, node));
  Done reach = CheckReach(findings);
  if (!reach.ok()) {
    session.Note(PreflightText(findings));
    return reach.failure();
  }
  for (const std::string& warning : PreflightWarnings(findings)) {
    session.Note(absl::StrCat("warning: ", warning, "\n"));
  }
  return CheckEmpty(findings.back());
}

Done Join(const Session& session, const ClusterView& view, const Joining& joining) {
  const NodeRow* told = view.Primary();
  for (const NodeRow& row : view.rows) {
    if (told == nullptr && row.status.has_value()) told = &row;
  }
  CHECK(told != nullptr);
  Change change{.what = absl::StrCat("adding ", joining.node.name),
                .to = ClientEndpoint(told->description),
                .words = {"HOLDFAST", "ADD-NODE", NodeText(joining.node),
                          absl::StrCat(view.configuration.version)}};
  if (joining.voter) change.words.push_back("VOTER");
  return Carry(session, change);
}

Result<ClusterView> AwaitInSync(const Session& session, const std::string& name, Nanos patience) {
  Progress progress(session);
  return Await(session, {.what = absl::StrCat(name, " is in sync"),
                         .holds =
                             [&](const ClusterView& now) {
                               const NodeRow* row = now.FindName(name);
                               return row != nullptr && row->status.has_value() &&
                                      now.IsInSync(*row);
                             },
                         .show = [&](const ClusterView& now) { ShowJoining(now, name, &progress); },
                         .patience = patience,
                         .goes_on = absl::StrCat(name, " goes on joining by itself")});
}

}  // namespace holdfast::kvctl
