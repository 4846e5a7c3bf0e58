// ViewCommand: a command that shows the cluster, once or again and again (-w).
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/watch.h"

namespace holdfast::kvctl {

class ViewCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) final;
  // Finds the nodes anew for each picture.
  Result<ExitCode> Run(Session& session) final;

 protected:
  ViewCommand(std::string name, std::string summary)
      : name_(std::move(name)), summary_(std::move(summary)) {}

 private:
  // Options beside --watch.
  virtual void DeclareMore(CLI::App*) {}
  // `indent` is how far JSON is to be indented.
  virtual Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) = 0;

  const std::string name_, summary_;
  Watch watch_;
};

}  // namespace holdfast::kvctl
