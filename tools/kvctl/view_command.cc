#include "tools/kvctl/view_command.h"

namespace holdfast::kvctl {

CLI::App* ViewCommand::Declare(CLI::App& app) {
  CLI::App* command = app.add_subcommand(name_, summary_);
  DeclareMore(command);
  watch_.Declare(command);
  return command;
}

Result<ExitCode> ViewCommand::Run(Session& session) {
  return watch_.Run(session, [&](int indent) -> Result<ExitCode> {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    return Show(session, *view, indent);
  });
}

}  // namespace holdfast::kvctl
