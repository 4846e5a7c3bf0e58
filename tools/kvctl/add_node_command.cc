// kvctl add-node NODE: a node joins; one with data copies what there is and becomes in sync.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/join.h"
#include "tools/kvctl/plan.h"

namespace holdfast::kvctl {
namespace {

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
    Result<ClusterView> joined = AwaitInSync(session, node->name, *patience);
    if (!joined.ok()) return joined.failure();
    return Tell(session, *node, "in sync");
  }

 private:
  Result<Consent> Add(const Session& session, const ClusterView& view,
                      const NodeDescription& node) const {
    Done fit = CheckNewcomer(session, view, node);
    if (!fit.ok()) return fit.failure();
    const Plan plan = MakePlan(view, node);
    Result<Consent> consent = AskForConsent(session, plan);
    if (!consent.ok() || *consent == Consent::kDryRun) return consent;
    Done done = Join(session, view, {.node = node, .voter = voter_});
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
