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
std::unique_ptr<Command> MakeSwitchoverCommand();
std::unique_ptr<Command> MakeAddNodeCommand();
std::unique_ptr<Command> MakeRemoveNodeCommand();
std::unique_ptr<Command> MakeWaitCommand();
std::unique_ptr<Command> MakeDevUpCommand();
std::unique_ptr<Command> MakeDevDownCommand();
std::unique_ptr<Command> MakeFailoverDemoCommand();
std::unique_ptr<Command> MakeHelpCommand();
std::unique_ptr<Command> MakeVersionCommand();

}  // namespace holdfast::kvctl
