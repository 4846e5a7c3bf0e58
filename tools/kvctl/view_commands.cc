// kvctl nodes, topology, health: parts of the status, for those who want one.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/status_render.h"
#include "tools/kvctl/view_command.h"

namespace holdfast::kvctl {
namespace {

class NodesCommand : public ViewCommand {
 public:
  NodesCommand() : ViewCommand("nodes", "List the nodes, and what each believes") {}

 private:
  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.nodes/v1"}, {"nodes", NodesJson(view)}}, indent);
    } else {
      session.Out(NodesText(session, view));
    }
    return ExitCode::kOk;
  }
};

class TopologyCommand : public ViewCommand {
 public:
  TopologyCommand() : ViewCommand("topology", "Draw who replicates whom") {}

 private:
  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    const ClusterConfiguration& configuration = view.configuration;
    const NodeRow* primary = view.Primary();
    const std::string leader = view.NameOf(configuration.group.primary.node);
    if (session.is_json()) {
      session.OutJson(
          {{"schema", "kvctl.topology/v1"},
           {"name", configuration.name},
           {"epoch", configuration.group.epoch.value},
           {"shards", {{{"slots", "0-16383"}, {"primary", leader}, {"nodes", NodesJson(view)}}}}},
          indent);
      return ExitCode::kOk;
    }
    std::string text = absl::StrCat(
        configuration.name, " (epoch ", configuration.group.epoch.value,
        ")\n+-- slots 0-16383  primary ", leader,
        primary == nullptr ? "" : "  " + ClientEndpoint(primary->description).ToString(),
        primary == nullptr ? "  (does not serve)" : "", "\n");
    for (const NodeRow& row : view.rows) {
      if (row.description.id == configuration.group.primary.node) continue;
      absl::StrAppend(&text, "    +-- ", row.description.name, "  ",
                      ClientEndpoint(row.description).ToString(), "  ", StateWord(view, row),
                      view.IsVoter(row.description.id) ? "  votes" : "", "\n");
    }
    session.Out(text);
    return ExitCode::kOk;
  }
};

// One line, and the exit code says the same: for scripts and probes.
class HealthCommand : public ViewCommand {
 public:
  HealthCommand() : ViewCommand("health", "One line, and an exit code that says it") {}

 private:
  void DeclareMore(CLI::App* command) override {
    command->add_flag("--local", local_, "Of the node that is asked alone: may it take requests?");
  }

  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    return local_ ? ShowLocal(session, view, indent) : ShowAll(session, view, indent);
  }

  static Result<ExitCode> ShowAll(const Session& session, const ClusterView& view, int indent) {
    const Health health = Judge(view);
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.health/v1"},
                       {"name", view.configuration.name},
                       {"level", HealthLevelName(health.level).data()},
                       {"survives", health.survives},
                       {"headline", health.headline}},
                      indent);
    } else {
      session.Out(absl::StrCat(HealthLevelName(health.level), "  ", health.headline, "\n"));
    }
    return HealthExitCode(health.level);
  }

  // A primary that serves, or a replica that is in sync.
  static Result<ExitCode> ShowLocal(const Session& session, const ClusterView& view, int indent) {
    const Endpoint& asked = session.endpoints().front();
    const NodeRow* self = nullptr;
    for (const NodeRow& row : view.rows) {
      if (ClientEndpoint(row.description) == asked) self = &row;
    }
    if (self == nullptr || !self->status.has_value()) {
      return UsageFailure(
          absl::StrCat(asked.ToString(), " is no node's address in ", view.configuration.name),
          "kvctl nodes");
    }
    const GroupReport& group = self->status->group;
    const bool ready = group.role == Role::kPrimary ? group.serving : view.IsInSync(*self);
    const std::string state = StateWord(view, *self);
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.health-local/v1"},
                       {"node", self->description.name},
                       {"ready", ready},
                       {"state", state},
                       {"why", group.why}},
                      indent);
    } else {
      session.Out(absl::StrCat(ready ? "READY" : "NOT READY", "  ", self->description.name, " is ",
                               state, group.why.empty() ? "" : ": ", group.why, "\n"));
    }
    return ready ? ExitCode::kOk : ExitCode::kFailed;
  }

  bool local_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeNodesCommand() { return std::make_unique<NodesCommand>(); }
std::unique_ptr<Command> MakeTopologyCommand() { return std::make_unique<TopologyCommand>(); }
std::unique_ptr<Command> MakeHealthCommand() { return std::make_unique<HealthCommand>(); }

}  // namespace holdfast::kvctl
