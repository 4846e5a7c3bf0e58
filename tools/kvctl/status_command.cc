// kvctl status: how the cluster is, in words, and what each node believes.
#include <nlohmann/json.hpp>

#include "tools/kvctl/health.h"
#include "tools/kvctl/status_render.h"
#include "tools/kvctl/view_command.h"

namespace holdfast::kvctl {
namespace {

class StatusCommand : public ViewCommand {
 public:
  StatusCommand() : ViewCommand("status", "Show health, nodes, and what each believes") {}

 private:
  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    const Health health = Judge(view);
    if (session.is_json()) {
      session.OutJson(StatusJson(view, health), indent);
    } else {
      session.Out(StatusText(session, view, health));
    }
    return HealthExitCode(health.level);
  }
};

}  // namespace

std::unique_ptr<Command> MakeStatusCommand() { return std::make_unique<StatusCommand>(); }

}  // namespace holdfast::kvctl
