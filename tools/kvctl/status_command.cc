// kvctl status: how the cluster is, in words, and what each node believes.
#include <nlohmann/json.hpp>

#include "tools/kvctl/command.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/status_render.h"
#include "tools/kvctl/watch.h"

namespace holdfast::kvctl {
namespace {

class StatusCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("status", "Show health, nodes, and what each believes");
    watch_.Declare(command);
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    return watch_.Run(session, [&](int indent) { return Show(session, indent); });
  }

 private:
  static Result<ExitCode> Show(const Session& session, int json_indent) {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    const Health health = Judge(*view);
    if (session.is_json()) {
      session.OutJson(StatusJson(*view, health), json_indent);
    } else {
      session.Out(StatusText(session, *view, health));
    }
    return HealthExitCode(health.level);
  }

  Watch watch_;
};

}  // namespace

std::unique_ptr<Command> MakeStatusCommand() { return std::make_unique<StatusCommand>(); }

}  // namespace holdfast::kvctl
