// kvctl add-node NODE: a node joins; one with data copies what there is and becomes in sync.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/await.h"
#include "tools/kvctl/change.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/plan.h"
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

Done CheckNewcomer(const NodeFinding& finding) {
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

class AddNodeCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("add-node", "Let an empty node join");
    command->add_option("node", node_, "[name=]host[:port[:peer port]][:witness]")->required();
    command->add_flag("--voter", voter_, "It also votes on the configuration");
    command->add_flag("--no-wait", no_wait_, "Do not wait until it is in sync");
    command->add_option("--wait-timeout", wait_timeout_, "How long to wait (default 1h)")
        ->type_name("SPAN");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<Nanos> patience = ParseDuration(wait_timeout_);
    if (!patience.ok()) return patience.failure();
    Result<NodeDescription> node = ParseNode(node_);
    if (!node.ok()) return node.failure();
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    Result<bool> is_listed = FindListed(*view, &*node);
    if (!is_listed.ok()) return is_listed.failure();
    if (!*is_listed) {
      Result<Consent> added = Add(session, *view, *node);
      if (!added.ok()) return added.failure();
      if (*added == Consent::kDryRun) return ExitCode::kOk;
    }
    if (node->witness || no_wait_) return Tell(session, *node, "added");
    return AwaitInSync(session, *node, *patience);
  }

 private:
  // Whether the node is in the configuration already; gives it a name if it has none.
  static Result<bool> FindListed(const ClusterView& view, NodeDescription* node) {
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

  Result<Consent> Add(const Session& session, const ClusterView& view,
                      const NodeDescription& node) const {
    const std::vector<NodeFinding> findings = Preflight(session, Involved(view, node));
    Done reach = CheckReach(findings);
    if (!reach.ok()) {
      session.Note(PreflightText(findings));
      return reach.failure();
    }
    for (const std::string& warning : PreflightWarnings(findings)) {
      session.Note(absl::StrCat("warning: ", warning, "\n"));
    }
    Done fit = CheckNewcomer(findings.back());
    if (!fit.ok()) return fit.failure();
    const Plan plan = MakePlan(view, node);
    Result<Consent> consent = AskForConsent(session, plan);
    if (!consent.ok() || *consent == Consent::kDryRun) return consent;
    const NodeRow* primary = view.Primary();
    Change change{.what = absl::StrCat("adding ", node.name),
                  .to = primary != nullptr ? ClientEndpoint(primary->description)
                                           : ClientEndpoint(findings.front().node),
                  .words = {"HOLDFAST", "ADD-NODE", NodeText(node), absl::StrCat(plan.version)}};
    if (voter_) change.words.push_back("VOTER");
    Done done = Carry(session, change);
    if (!done.ok()) return done.failure();
    return Consent::kGiven;
  }

  Plan MakePlan(const ClusterView& view, const NodeDescription& node) const {
    Plan plan{.version = view.configuration.version,
              .summary = absl::StrCat(node.name, " (", ClientEndpoint(node).ToString(), ") joins ",
                                      view.configuration.name, node.witness ? " as a witness" : "",
                                      voter_ ? " and votes" : ""),
              .subject = node.name};
    if (!node.witness) {
      plan.steps.push_back("learner -> copy of the data -> the records since -> in sync");
    }
    if (!voter_) return plan;
    const size_t voters = view.configuration.voters.size() + 1;
    const size_t majority = voters / 2 + 1;
    plan.steps.push_back(absl::StrCat(Count(voters, "voter"), ", a majority is ", majority));
    if (voters % 2 == 0) {
      plan.steps.push_back(absl::StrCat("note: ", voters, " voters survive as many failures as ",
                                        voters - 1, ": ", voters - majority));
    }
    return plan;
  }

  static Result<ExitCode> AwaitInSync(const Session& session, const NodeDescription& node,
                                      Nanos patience) {
    const std::string& name = node.name;
    {
      Progress progress(session);
      Result<ClusterView> view = Await(
          session, {.what = absl::StrCat(name, " is in sync"),
                    .holds =
                        [&](const ClusterView& now) {
                          const NodeRow* row = now.FindName(name);
                          return row != nullptr && row->status.has_value() && now.IsInSync(*row);
                        },
                    .show = [&](const ClusterView& now) { Show(now, name, &progress); },
                    .patience = patience,
                    .goes_on = absl::StrCat(name, " goes on joining by itself")});
      if (!view.ok()) return view.failure();
    }
    return Tell(session, node, "in sync");
  }

  static void Show(const ClusterView& view, const std::string& name, Progress* progress) {
    const NodeRow* row = view.FindName(name);
    if (row == nullptr) return;
    const MemberReport* member = view.Member(row->description.id);
    progress->Show(absl::StrCat(name, "  ",
                                member != nullptr ? std::string(MemberStateName(member->state))
                                                  : StateWord(view, *row)),
                   member != nullptr ? member->sync_percent : std::nullopt);
  }

  static Result<ExitCode> Tell(const Session& session, const NodeDescription& node,
                               const std::string& state) {
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.add-node/v1"}, {"node", node.name}, {"state", state}});
    } else {
      session.Out(absl::StrCat("done: ", node.name, " is ", state, "\n"));
    }
    return ExitCode::kOk;
  }

  std::string node_;
  bool voter_ = false;
  bool no_wait_ = false;
  std::string wait_timeout_ = "1h";
};

}  // namespace

std::unique_ptr<Command> MakeAddNodeCommand() { return std::make_unique<AddNodeCommand>(); }

}  // namespace holdfast::kvctl
