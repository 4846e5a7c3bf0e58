// Command: one verb of kvctl. Each has a file of its own.
//
// A command declares itself to the parser, which fills its fields, and runs afterwards. What it has
// to say goes through the session; what went wrong is returned.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "tools/kvctl/failure.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

class Command {
 public:
  virtual ~Command() = default;
  // The subcommand that chooses this command.
  virtual CLI::App* Declare(CLI::App& app) = 0;
  virtual Result<ExitCode> Run(Session& session) = 0;
};

std::unique_ptr<Command> MakeCreateCommand();
std::unique_ptr<Command> MakeStatusCommand();
std::unique_ptr<Command> MakeNodesCommand();
std::unique_ptr<Command> MakeTopologyCommand();
std::unique_ptr<Command> MakeHealthCommand();
std::unique_ptr<Command> MakeDoctorCommand();
std::unique_ptr<Command> MakeWaitCommand();
std::unique_ptr<Command> MakeHistoryCommand();
std::unique_ptr<Command> MakeEventsCommand();
std::unique_ptr<Command> MakeLogsCommand();
std::unique_ptr<Command> MakeTopCommand();
std::unique_ptr<Command> MakeSlowlogCommand();
std::unique_ptr<Command> MakeClientsCommand();
std::unique_ptr<Command> MakeVerifyCommand();
std::unique_ptr<Command> MakeSwitchoverCommand();
std::unique_ptr<Command> MakeFailoverCommand();
std::unique_ptr<Command> MakeAddNodeCommand();
std::unique_ptr<Command> MakeRemoveNodeCommand();
std::unique_ptr<Command> MakeReplaceNodeCommand();
std::unique_ptr<Command> MakeConfigGetCommand();
std::unique_ptr<Command> MakeConfigSetCommand();
std::unique_ptr<Command> MakeConfigDiffCommand();
std::unique_ptr<Command> MakeConfigExplainCommand();
std::unique_ptr<Command> MakeRecoverCommand();
std::unique_ptr<Command> MakeDestroyCommand();
std::unique_ptr<Command> MakeDevUpCommand();
std::unique_ptr<Command> MakeDevDownCommand();
std::unique_ptr<Command> MakeFailoverDemoCommand();
std::unique_ptr<Command> MakeCallCommand();
std::unique_ptr<Command> MakeCompletionCommand();
std::unique_ptr<Command> MakeCompleteCommand();
std::unique_ptr<Command> MakeHelpCommand();
std::unique_ptr<Command> MakeVersionCommand();

enum class SimVerb { kRun, kReplay, kShrink, kReport };
std::unique_ptr<Command> MakeSimCommand(SimVerb verb);

}  // namespace holdfast::kvctl
