// kvctl failover, recover, destroy: when something is lost already, or is to be.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "net/base/limits.h"
#include "tools/kvctl/ask_nodes.h"
#include "tools/kvctl/await.h"
#include "tools/kvctl/change.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/plan.h"
#include "tools/kvctl/table.h"

namespace holdfast::kvctl {
namespace {

constexpr char kNothingChanged[] = "nothing was changed";

bool Serves(const ClusterView& view) {
  const NodeRow* primary = view.Primary();
  return primary != nullptr && primary->status->group.serving;
}

// What a node still has, as the table of candidates and a plan's steps show it.
std::string Holding(const NodeRow& row) {
  const GroupReport& group = row.status->group;
  return absl::StrCat(row.description.name, " has the log up to ", group.tail.value, " of epoch ",
                      group.epoch.value, ", ", Count(row.status->keys, "key"));
}

std::vector<const NodeRow*> Candidates(const ClusterView& view) {
  std::vector<const NodeRow*> candidates;
  for (const NodeRow& row : view.rows) {
    if (row.status.has_value() && !row.description.witness) candidates.push_back(&row);
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const NodeRow* a, const NodeRow* b) {
    return a->status->group.tail > b->status->group.tail;
  });
  return candidates;
}

Failure NobodyLeft() {
  return {.exit = ExitCode::kUnavailable,
          .code = "NOTHING_LEFT",
          .what = "no node that answers holds data",
          .next = "start a node that was in sync, with its data directory",
          .effect = kNothingChanged};
}

Failure ServesAlready(const ClusterView& view, std::string next) {
  return {.exit = ExitCode::kRefused,
          .code = "SERVES",
          .what = absl::StrCat(view.Primary()->description.name,
                               " serves: there is nothing to give up for"),
          .next = std::move(next),
          .effect = kNothingChanged};
}

// Makes what `row` has the group's data, after the cluster's name was typed.
Result<ExitCode> RecoverOn(const Session& session, const ClusterView& view, const NodeRow& row) {
  const std::string& name = row.description.name;
  const std::string& cluster = view.configuration.name;
  Plan plan{.version = view.configuration.version,
            .summary = absl::StrCat("what ", name, " has becomes the data of ", cluster),
            .cost = Cost::kData,
            .subject = cluster};
  for (const NodeRow* candidate : Candidates(view)) plan.steps.push_back(Holding(*candidate));
  for (const NodeRow& other : view.rows) {
    if (!other.status.has_value() && !other.description.witness) {
      plan.steps.push_back(
          absl::StrCat(other.description.name, " does not answer: ", other.trouble));
    }
  }
  plan.steps.push_back(
      absl::StrCat("DANGER acknowledged writes that ", name, " does not have are lost for ever"));
  Result<Consent> consent = AskForConsent(session, plan);
  if (!consent.ok()) return consent.failure();
  if (*consent == Consent::kDryRun) return ExitCode::kOk;
  Done done = Carry(session, {.what = absl::StrCat("recovering from ", name),
                              .to = ClientEndpoint(row.description),
                              .words = {"HOLDFAST", "RECOVER", cluster}});
  if (!done.ok()) return done.failure();
  Result<ClusterView> after = Await(
      session, {.what = absl::StrCat(name, " leads"),
                .holds =
                    [&](const ClusterView& now) {
                      return now.Primary() != nullptr && now.Primary()->description.name == name;
                    },
                .patience = Milliseconds(limits::kControlChangeMillis),
                .goes_on = "the recovery goes on in the cluster"});
  if (!after.ok()) return after.failure();
  if (session.is_json()) {
    session.OutJson({{"schema", "kvctl.recover/v1"},
                     {"primary", name},
                     {"epoch", after->configuration.group.epoch.value},
                     {"plan", plan.Id()}});
  } else {
    session.Out(absl::StrCat("done: ", name, " leads epoch ",
                             after->configuration.group.epoch.value, " with what it had\n"));
  }
  return ExitCode::kOk;
}

class RecoverCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand(
        "recover", "Show what nodes still have of a lost group, and go on with it");
    command->add_option("--node", node_, "Whose data it is to be; without it they are only shown")
        ->type_name("NODE");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    if (node_.empty()) return Show(session, *view);
    Result<const NodeRow*> row = NamedNode(*view, node_);
    if (!row.ok()) return row.failure();
    if (Serves(*view)) return ServesAlready(*view, "kvctl switchover --to NODE");
    if (!(*row)->status.has_value() || (*row)->description.witness) {
      Failure failure = NobodyLeft();
      failure.what = absl::StrCat(node_, " has no data to go on with");
      failure.why = (*row)->trouble;
      return failure;
    }
    return RecoverOn(session, *view, **row);
  }

 private:
  static Result<ExitCode> Show(const Session& session, const ClusterView& view) {
    const std::vector<const NodeRow*> candidates = Candidates(view);
    if (session.is_json()) {
      nlohmann::json list = nlohmann::json::array();
      for (const NodeRow* row : candidates) {
        const GroupReport& group = row->status->group;
        list.push_back({{"node", row->description.name},
                        {"role", RoleName(group.role).data()},
                        {"epoch", group.epoch.value},
                        {"tail", group.tail.value},
                        {"applied", group.applied.value},
                        {"keys", row->status->keys}});
      }
      session.OutJson(
          {{"schema", "kvctl.recover/v1"}, {"serves", Serves(view)}, {"candidates", list}});
    } else {
      Table table({{"NODE"},
                   {"ROLE"},
                   {"EPOCH", Align::kRight},
                   {"LSN", Align::kRight},
                   {"KEYS", Align::kRight}});
      for (const NodeRow* row : candidates) {
        const GroupReport& group = row->status->group;
        table.AddRow({row->description.name, std::string(RoleName(group.role)),
                      absl::StrCat(group.epoch.value), absl::StrCat(group.tail.value),
                      absl::StrCat(row->status->keys)});
      }
      session.Out(table.Render());
    }
    if (Serves(view)) {
      session.Note(absl::StrCat(view.Primary()->description.name, " serves: nothing to recover\n"));
      return ExitCode::kOk;
    }
    if (candidates.empty()) return NobodyLeft();
    session.Note(absl::StrCat("  next: bring back a node that was in sync; as a last resort kvctl ",
                              "recover --node ", candidates.front()->description.name, "\n"));
    return ExitCode::kUnavailable;
  }

  std::string node_;
};

class FailoverCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command =
        app.add_subcommand("failover", "Let a node lead whose primary is gone, losing nothing");
    command->add_option("--to", target_, "The node that is to lead")->required()->type_name("NODE");
    command->add_flag("--allow-data-loss", may_lose_,
                      "Also one that lacks acknowledged writes, if nothing else is left");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    Result<const NodeRow*> row = NamedNode(*view, target_);
    if (!row.ok()) return row.failure();
    if (Serves(*view)) {
      return ServesAlready(
          *view, absl::StrCat("kvctl switchover --to ", target_, " hands over without an error"));
    }
    const bool lost = view->configuration.group.status == GroupStatus::kLost;
    if (!lost && AnyInSync(*view)) return AwaitElection(session);
    if (!may_lose_) {
      return Failure{.exit = ExitCode::kRefused,
                     .code = "WOULD_LOSE_DATA",
                     .what = absl::StrCat(target_, " may lack acknowledged writes"),
                     .why = "no node that answers is registered as holding all of them",
                     .next = "bring back a node that was in sync, or add --allow-data-loss",
                     .effect = kNothingChanged};
    }
    if (!(*row)->status.has_value()) return NobodyLeft();
    return RecoverOn(session, *view, **row);
  }

 private:
  static bool AnyInSync(const ClusterView& view) {
    return std::any_of(view.rows.begin(), view.rows.end(), [&](const NodeRow& row) {
      return row.status.has_value() && view.IsInSync(row);
    });
  }

  // Members in sync elect one of them by themselves, after the old primary's lease; then it is a
  // switchover.
  Result<ExitCode> AwaitElection(const Session& session) const {
    session.Note("members in sync elect a primary by themselves; waiting for it\n");
    Result<ClusterView> view =
        Await(session, {.what = "a member in sync leads",
                        .holds = &Serves,
                        .patience = Milliseconds(limits::kControlChangeMillis),
                        .goes_on = "the election goes on"});
    if (!view.ok()) return view.failure();
    const std::string leader = view->Primary()->description.name;
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.failover/v1"},
                       {"primary", leader},
                       {"epoch", view->configuration.group.epoch.value}});
    } else {
      session.Out(absl::StrCat("done: ", leader, " leads epoch ",
                               view->configuration.group.epoch.value, ", nothing was lost\n"));
    }
    if (leader != target_) {
      session.Note(absl::StrCat("  next: kvctl switchover --to ", target_, "\n"));
    }
    return ExitCode::kOk;
  }

  std::string target_;
  bool may_lose_ = false;
};

class DestroyCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    return app.add_subcommand("destroy", "End all nodes of a cluster; what is in memory is gone");
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    const std::string& cluster = view->configuration.name;
    Plan plan{.version = view->configuration.version,
              .summary = absl::StrCat("all nodes of ", cluster, " end"),
              .cost = Cost::kData,
              .subject = cluster};
    std::vector<const NodeRow*> rows;
    for (const NodeRow& row : view->rows) {
      plan.steps.push_back(row.status.has_value() ? Holding(row)
                                                  : absl::StrCat(row.description.name,
                                                                 " does not answer and is left"));
      if (row.status.has_value()) rows.push_back(&row);
    }
    plan.steps.push_back(
        "DANGER what they hold in memory is lost for ever; their data directories stay");
    Result<Consent> consent = AskForConsent(session, plan);
    if (!consent.ok()) return consent.failure();
    if (*consent == Consent::kDryRun) return ExitCode::kOk;
    return End(session, *view, rows);
  }

 private:
  // The primary last: nobody has to take over from it.
  static Result<ExitCode> End(const Session& session, const ClusterView& view,
                              std::vector<const NodeRow*> rows) {
    std::stable_partition(rows.begin(), rows.end(),
                          [&](const NodeRow* row) { return row != view.Primary(); });
    std::vector<std::string> ended, left;
    for (const NodeRow* row : rows) {
      const Answer answer =
          session.Ask({{ClientEndpoint(row->description), {"SHUTDOWN", "NOSAVE", "NOW"}}})[0];
      // A node that ends closes the connection instead of answering.
      const bool ends = answer.kind == Answer::Kind::kSilent;
      (ends ? ended : left).push_back(row->description.name);
      if (!ends) {
        session.Note(absl::StrCat("warning: ", row->description.name, ": ", answer.text, "\n"));
      }
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.destroy/v1"}, {"ended", ended}, {"left", left}});
    } else {
      session.Out(absl::StrCat("done: ", absl::StrJoin(ended, " "), " ended\n"));
    }
    return left.empty() ? ExitCode::kOk : ExitCode::kFailed;
  }
};

}  // namespace

std::unique_ptr<Command> MakeFailoverCommand() { return std::make_unique<FailoverCommand>(); }
std::unique_ptr<Command> MakeRecoverCommand() { return std::make_unique<RecoverCommand>(); }
std::unique_ptr<Command> MakeDestroyCommand() { return std::make_unique<DestroyCommand>(); }

}  // namespace holdfast::kvctl
