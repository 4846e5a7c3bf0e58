// kvctl remove-node NODE: a node leaves for good.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/change.h"
#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/plan.h"

namespace holdfast::kvctl {
namespace {

Failure Refused(const std::string& name, std::string code, std::string why, std::string next) {
  return {.exit = ExitCode::kRefused,
          .code = std::move(code),
          .what = absl::StrCat(name, " cannot be removed"),
          .why = std::move(why),
          .next = std::move(next),
          .effect = "nothing was changed"};
}

// The view without the node, to judge what is left.
ClusterView Without(const ClusterView& view, NodeId id) {
  ClusterView rest = view;
  const auto is_node = [id](const NodeId& other) { return other == id; };
  std::erase_if(rest.rows, [id](const NodeRow& row) { return row.description.id == id; });
  std::erase_if(rest.configuration.voters, is_node);
  std::erase_if(rest.configuration.next_voters, is_node);
  std::erase_if(rest.configuration.group.in_sync,
                [id](const Identity& identity) { return identity.node == id; });
  return rest;
}

class RemoveNodeCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("remove-node", "Take a node out of the cluster");
    command->add_option("node", name_, "The node's name")->required();
    command->add_flag("--force", force_, "Even if fewer than min-in-sync copies remain");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    Result<const NodeRow*> row = NamedNode(*view, name_);
    if (!row.ok()) return row.failure();
    const ClusterView rest = Without(*view, (*row)->description.id);
    Done allowed = Check(*view, **row, rest);
    if (!allowed.ok()) return allowed.failure();
    const Plan plan = MakePlan(*view, rest);
    Result<Consent> consent = AskForConsent(session, plan);
    if (!consent.ok()) return consent.failure();
    if (*consent == Consent::kDryRun) return ExitCode::kOk;
    Change change{.what = absl::StrCat("removing ", name_),
                  .to = ToldNode(*view, rest),
                  .words = {"HOLDFAST", "REMOVE-NODE", name_, absl::StrCat(plan.version)}};
    if (force_) change.words.push_back("FORCE");
    Done done = Carry(session, change);
    if (!done.ok()) return done.failure();
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.remove-node/v1"}, {"node", name_}, {"plan", plan.Id()}});
    } else {
      session.Out(absl::StrCat("done: ", name_, " is out of ", view->configuration.name, "\n"));
    }
    return ExitCode::kOk;
  }

 private:
  Done Check(const ClusterView& view, const NodeRow& row, const ClusterView& rest) const {
    if (row.description.id == view.configuration.group.primary.node) {
      return Refused(name_, "IS_PRIMARY", "it is the primary",
                     "kvctl switchover --to another node first");
    }
    if (rest.configuration.voters.empty()) {
      return Refused(name_, "LAST_VOTER", "it is the last voter", "add another voter first");
    }
    const auto copies = Judge(rest).tolerance.in_sync;
    const auto wanted = static_cast<int>(view.MinInSync());
    if (copies < wanted && view.IsInSync(row) && !force_) {
      return Refused(
          name_, "TOO_FEW_COPIES",
          absl::StrCat(Count(copies, "in-sync copy"), " would remain, min-in-sync is ", wanted),
          "add a node first, or use --force");
    }
    return Succeeded();
  }

  Plan MakePlan(const ClusterView& view, const ClusterView& rest) const {
    const Health before = Judge(view);
    // Whether the primary is still in the picture or not, what is left is counted the same way.
    const int after = Judge(rest).tolerance.Survives();
    const bool drops = after < before.survives || force_;
    const size_t voters = rest.configuration.voters.size();
    return {
        .version = view.configuration.version,
        .summary = absl::StrCat(name_, " leaves ", view.configuration.name,
                                force_ ? ", whatever it costs" : ""),
        .steps = {absl::StrCat(Count(voters, "voter"), ", a majority is ", voters / 2 + 1),
                  drops
                      ? absl::StrCat("FAULT TOLERANCE DROPS FROM ", before.survives, " TO ", after)
                      : absl::StrCat("survives ", Count(after, "node failure"), " as before")},
        .cost = drops ? Cost::kRedundancy : Cost::kReversible,
        .subject = name_};
  }

  // The primary, or else a node that stays and answers.
  static Endpoint ToldNode(const ClusterView& view, const ClusterView& rest) {
    if (const NodeRow* primary = view.Primary(); primary != nullptr) {
      return ClientEndpoint(primary->description);
    }
    for (const NodeRow& row : rest.rows) {
      if (row.status.has_value()) return ClientEndpoint(row.description);
    }
    return ClientEndpoint(rest.rows.front().description);
  }

  std::string name_;
  bool force_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeRemoveNodeCommand() { return std::make_unique<RemoveNodeCommand>(); }

}  // namespace holdfast::kvctl
