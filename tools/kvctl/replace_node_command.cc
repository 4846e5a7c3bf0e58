// kvctl replace-node OLD NEW: a node takes another's place, in steps that each leave a whole
// cluster.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/change.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/join.h"
#include "tools/kvctl/plan.h"

namespace holdfast::kvctl {
namespace {

class ReplaceNodeCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command =
        app.add_subcommand("replace-node", "Let an empty node take the place of another");
    command->add_option("node", old_, "The node that leaves, which may be gone already")
        ->required();
    command->add_option("new", new_, "[name=]host[:port[:peer port]]")->required();
    command
        ->add_option("--wait-timeout", wait_timeout_, "How long it may take to copy (default 1h)")
        ->type_name("SPAN");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<Nanos> patience = ParseDuration(wait_timeout_);
    if (!patience.ok()) return patience.failure();
    Result<NodeDescription> node = ParseNode(new_);
    if (!node.ok()) return node.failure();
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    Result<const NodeRow*> leaving = NamedNode(*view, old_);
    if (!leaving.ok()) return leaving.failure();
    Done allowed = Check(*view, **leaving);
    if (!allowed.ok()) return allowed.failure();
    Result<bool> listed = FindListed(*view, &*node);
    if (!listed.ok()) return listed.failure();
    if (!*listed) {
      Done fit = CheckNewcomer(session, *view, *node);
      if (!fit.ok()) return fit.failure();
    }
    const bool votes = view->IsVoter((*leaving)->description.id);
    const Plan plan = MakePlan(*view, *node, votes);
    Result<Consent> consent = AskForConsent(session, plan);
    if (!consent.ok()) return consent.failure();
    if (*consent == Consent::kDryRun) return ExitCode::kOk;
    if (!*listed) {
      Done joined = Join(session, *view, {.node = *node, .voter = votes});
      if (!joined.ok()) return joined.failure();
    }
    return Finish(session, *node, *patience, plan);
  }

 private:
  Done Check(const ClusterView& view, const NodeRow& leaving) const {
    Failure failure{.exit = ExitCode::kRefused,
                    .what = absl::StrCat(old_, " cannot be replaced"),
                    .effect = "nothing was changed"};
    if (view.Primary() == nullptr) {
      failure.exit = ExitCode::kUnavailable;
      failure.code = "NO_PRIMARY";
      failure.why = "there is no primary that the new node could copy";
      failure.next = "kvctl status";
      return failure;
    }
    if (leaving.description.id == view.configuration.group.primary.node) {
      failure.code = "IS_PRIMARY";
      failure.why = "it is the primary";
      failure.next = "kvctl switchover --to another node first";
      return failure;
    }
    return Succeeded();
  }

  Plan MakePlan(const ClusterView& view, const NodeDescription& node, bool votes) const {
    return {.version = view.configuration.version,
            .summary = absl::StrCat(node.name, " (", ClientEndpoint(node).ToString(),
                                    ") takes the place of ", old_),
            .steps = {absl::StrCat(node.name, " joins", votes ? " and votes" : "",
                                   ": copy of the data -> the records since -> in sync"),
                      absl::StrCat(old_, " leaves once ", node.name, " is in sync")},
            .subject = old_};
  }

  Result<ExitCode> Finish(const Session& session, const NodeDescription& node, Nanos patience,
                          const Plan& plan) const {
    Result<ClusterView> joined = AwaitInSync(session, node.name, patience);
    if (!joined.ok()) {
      Failure failure = joined.failure();
      failure.next = absl::StrCat("run it again: it goes on where it is, and removes ", old_);
      return failure;
    }
    const NodeRow* primary = joined->Primary();
    if (primary == nullptr) {
      return Failure{.code = "NO_PRIMARY",
                     .what = absl::StrCat(node.name, " is in sync, but the primary is gone"),
                     .next = absl::StrCat("kvctl remove-node ", old_, " when there is one"),
                     .effect = absl::StrCat(old_, " is still in the cluster")};
    }
    Done removed = Carry(session, {.what = absl::StrCat("removing ", old_),
                                   .to = ClientEndpoint(primary->description),
                                   .words = {"HOLDFAST", "REMOVE-NODE", old_,
                                             absl::StrCat(joined->configuration.version)}});
    if (!removed.ok()) {
      Failure failure = removed.failure();
      failure.effect = absl::StrCat(node.name, " is in sync, ", old_, " is still in the cluster");
      return failure;
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.replace-node/v1"},
                       {"left", old_},
                       {"joined", node.name},
                       {"plan", plan.Id()}});
    } else {
      session.Out(absl::StrCat("done: ", node.name, " is in sync, ", old_, " is out of ",
                               joined->configuration.name, "\n"));
    }
    return ExitCode::kOk;
  }

  std::string old_, new_;
  std::string wait_timeout_ = "1h";
};

}  // namespace

std::unique_ptr<Command> MakeReplaceNodeCommand() { return std::make_unique<ReplaceNodeCommand>(); }

}  // namespace holdfast::kvctl
