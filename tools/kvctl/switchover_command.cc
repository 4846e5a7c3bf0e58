// kvctl switchover --to NODE: another node leads, without an error and without waiting for a lease.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "net/posix/system.h"
#include "tools/kvctl/change.h"
#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/plan.h"

namespace holdfast::kvctl {
namespace {

Failure RefusedHere(const std::string& target, std::string code, std::string why,
                    std::string next) {
  return {.exit = ExitCode::kRefused,
          .code = std::move(code),
          .what = absl::StrCat(target, " cannot lead"),
          .why = std::move(why),
          .next = std::move(next),
          .effect = "nothing was changed"};
}

Done CheckTarget(const ClusterView& view, const NodeRow& target) {
  const std::string& name = target.description.name;
  if (target.description.witness) {
    return RefusedHere(name, "NO_DATA", "a witness votes and holds no data", "kvctl status");
  }
  if (!target.status.has_value()) {
    return RefusedHere(name, "UNREACHABLE", target.trouble, "kvctl status");
  }
  if (!view.IsInSync(target)) {
    return RefusedHere(name, "NOT_IN_SYNC", absl::StrCat("its state is ", StateWord(view, target)),
                       "kvctl wait --for healthy");
  }
  return Succeeded();
}

class SwitchoverCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("switchover", "Let another node lead, losing nothing");
    command->add_option("--to", target_, "The node that is to lead")->required()->type_name("NODE");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    Result<const NodeRow*> target = NamedNode(*view, target_);
    if (!target.ok()) return target.failure();
    const NodeRow* primary = view->Primary();
    if (primary == nullptr) {
      const Health health = Judge(*view);
      return Failure{.exit = ExitCode::kUnavailable,
                     .code = "NO_PRIMARY",
                     .what = "there is no primary that could hand over",
                     .why = health.headline,
                     .next = health.next,
                     .effect = "nothing was changed"};
    }
    if (*target == primary) return Tell(session, *view, "", Nanos{});
    Done allowed = CheckTarget(*view, **target);
    if (!allowed.ok()) return allowed.failure();
    const Plan plan = MakePlan(*view, *primary);
    Result<Consent> consent = AskForConsent(session, plan);
    if (!consent.ok()) return consent.failure();
    if (*consent == Consent::kDryRun) return ExitCode::kOk;
    const SystemClock clock;
    const Nanos begun = clock.Monotonic();
    Done done =
        Carry(session, {.what = absl::StrCat("the switchover to ", target_),
                        .to = ClientEndpoint(primary->description),
                        .words = {"HOLDFAST", "SWITCHOVER", target_, absl::StrCat(plan.version)}});
    if (!done.ok()) return done.failure();
    const Nanos took = clock.Monotonic() - begun;
    Result<ClusterView> after = Gather(session);
    if (!after.ok()) return after.failure();
    return Tell(session, *after, plan.Id(), took);
  }

 private:
  Plan MakePlan(const ClusterView& view, const NodeRow& primary) const {
    const std::string& from = primary.description.name;
    const uint64_t epoch = view.configuration.group.epoch.value;
    return {.version = view.configuration.version,
            .summary = absl::StrCat(target_, " takes over from ", from),
            .steps = {absl::StrCat(from, " lets requests wait until ", target_,
                                   " has its log up to ", primary.status->group.tail.value),
                      absl::StrCat(target_, " leads epoch ", epoch + 1, "; ", from,
                                   " stays in the in-sync set")},
            .subject = target_};
  }

  Result<ExitCode> Tell(const Session& session, const ClusterView& view, const std::string& plan,
                        Nanos took) const {
    const NodeRow* primary = view.Primary();
    const std::string leader = primary == nullptr ? "none" : primary->description.name;
    const uint64_t epoch = view.configuration.group.epoch.value;
    if (leader != target_) {
      return Failure{.code = "OVERTAKEN",
                     .what = absl::StrCat(target_, " took over, but is not primary any more"),
                     .why = absl::StrCat("the primary of epoch ", epoch, " is ", leader),
                     .next = "kvctl status"};
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.switchover/v1"},
                       {"changed", !plan.empty()},
                       {"plan", plan},
                       {"primary", leader},
                       {"epoch", epoch},
                       {"configuration_version", view.configuration.version},
                       {"took_ms", ToMillis(took).value}});
    } else if (plan.empty()) {
      session.Out(absl::StrCat(leader, " is primary already, in epoch ", epoch, "\n"));
    } else {
      session.Out(absl::StrCat("done: primary ", leader, ", epoch ", epoch, ", after ",
                               DurationText(took), "\n"));
    }
    return ExitCode::kOk;
  }

  std::string target_;
};

}  // namespace

std::unique_ptr<Command> MakeSwitchoverCommand() { return std::make_unique<SwitchoverCommand>(); }

}  // namespace holdfast::kvctl
