// kvctl wait --for CONDITION: for scripts that go on when the cluster is as they need it.
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tools/kvctl/await.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"

namespace holdfast::kvctl {
namespace {

using Condition = std::function<bool(const ClusterView&)>;

Result<Condition> ParseCondition(absl::string_view text) {
  if (text == "healthy") {
    return Condition(
        [](const ClusterView& view) { return Judge(view).level == HealthLevel::kHealthy; });
  }
  if (absl::ConsumePrefix(&text, "primary=") && !text.empty()) {
    return Condition([name = std::string(text)](const ClusterView& view) {
      const NodeRow* primary = view.Primary();
      return primary != nullptr && primary->description.name == name &&
             primary->status->group.serving;
    });
  }
  int members = 0;
  if (absl::ConsumePrefix(&text, "in-sync=") && absl::SimpleAtoi(text, &members) && members > 0) {
    // The set of a primary that is gone is history: only one that serves vouches for it.
    return Condition([members](const ClusterView& view) {
      const NodeRow* primary = view.Primary();
      return primary != nullptr && primary->status->group.serving &&
             Judge(view).tolerance.in_sync >= members;
    });
  }
  return UsageFailure("that cannot be waited for",
                      "--for healthy, --for primary=NODE or --for in-sync=COUNT");
}

class WaitCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("wait", "Wait until the cluster is in some state");
    command->add_option("--for", condition_, "healthy, primary=NODE or in-sync=COUNT")
        ->required()
        ->type_name("CONDITION");
    command->add_option("--timeout", timeout_, "How long to wait in all (default 60s)")
        ->type_name("SPAN");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<Condition> condition = ParseCondition(condition_);
    if (!condition.ok()) return condition.failure();
    Result<Nanos> patience = ParseDuration(timeout_);
    if (!patience.ok()) return patience.failure();
    Done known = CheckNode(session);
    if (!known.ok()) return known.failure();
    Result<ClusterView> view =
        Await(session, {.what = condition_, .holds = *condition, .patience = *patience});
    if (!view.ok()) return view.failure();
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.wait/v1"}, {"for", condition_}, {"holds", true}});
    } else {
      session.Note(absl::StrCat(condition_, "\n"));
    }
    return ExitCode::kOk;
  }

 private:
  // A mistyped name would be waited for in vain. Of a cluster that does not answer yet no names
  // are known.
  Done CheckNode(const Session& session) const {
    absl::string_view name = condition_;
    if (!absl::ConsumePrefix(&name, "primary=")) return Succeeded();
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return Succeeded();
    Result<const NodeRow*> row = NamedNode(*view, name);
    if (!row.ok()) return row.failure();
    return Succeeded();
  }

  std::string condition_;
  std::string timeout_ = "60s";
};

}  // namespace

std::unique_ptr<Command> MakeWaitCommand() { return std::make_unique<WaitCommand>(); }

}  // namespace holdfast::kvctl
