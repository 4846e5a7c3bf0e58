// kvctl dev up, kvctl dev down: a cluster of local processes, for development.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/create.h"
#include "tools/kvctl/dev_start.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/status_render.h"

namespace holdfast::kvctl {
namespace {

class DevUpCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command =
        app.add_subcommand("up", "Start nodes here and make a cluster of them [-- kvnode flags]");
    command->add_option("--nodes", nodes_, "How many (default 3)")
        ->check(CLI::Range(1, limits::kDevNodesMax))
        ->type_name("COUNT");
    command->add_option("--dir", directory_,
                        "Where they keep their files (default ./holdfast-dev)");
    command
        ->add_option("--base-port", base_port_,
                     "The first client port (default 7001); peer ports are 10000 higher")
        ->check(CLI::Range(1024, UINT16_MAX - kPeerPortDistance - limits::kDevNodesMax))
        ->type_name("PORT");
    command->add_option("--name", name_, "What the cluster is called (default dev)");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<DevCluster> cluster = DevCluster::Load(directory_);
    if (!cluster.ok()) return cluster.failure();
    if (cluster->nodes().empty()) {
      cluster->Plan(std::vector<DevPlace>(nodes_), static_cast<uint16_t>(base_port_));
    }
    Result<ClusterView> view =
        StartDevCluster(session, *cluster, {.name = name_, .flags = session.passthrough});
    if (!view.ok()) return view.failure();
    if (session.is_json()) {
      session.OutJson(StatusJson(*view, Judge(*view)));
    } else {
      session.Out(absl::StrCat(CreatedText(*view), "  stop      kvctl dev down --dir ",
                               cluster->directory(), "\n"));
    }
    return ExitCode::kOk;
  }

 private:
  int nodes_ = 3;
  int base_port_ = 7001;
  std::string directory_ = kDevDirectoryDefault;
  std::string name_ = "dev";
};

class DevDownCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("down", "End the nodes that dev up started");
    command->add_option("--dir", directory_,
                        "Where they keep their files (default ./holdfast-dev)");
    command->add_flag("--keep", keep_, "Leave their files in place");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<DevCluster> cluster = DevCluster::Load(directory_);
    if (!cluster.ok()) return cluster.failure();
    Result<int> stopped = cluster->StopAll();
    if (!stopped.ok()) return stopped.failure();
    if (!keep_) cluster->Erase();
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.dev-down/v1"}, {"stopped", *stopped}});
    } else {
      session.Out(absl::StrCat("done: ", Count(*stopped, "node"), " stopped\n"));
    }
    return ExitCode::kOk;
  }

 private:
  std::string directory_ = kDevDirectoryDefault;
  bool keep_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeDevUpCommand() { return std::make_unique<DevUpCommand>(); }
std::unique_ptr<Command> MakeDevDownCommand() { return std::make_unique<DevDownCommand>(); }

}  // namespace holdfast::kvctl
