// kvctl dev up, kvctl dev down: a cluster of local processes, for development.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "net/posix/system.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/create.h"
#include "tools/kvctl/dev_cluster.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/status_render.h"

namespace holdfast::kvctl {
namespace {

constexpr char kDirectoryDefault[] = "holdfast-dev";

// kvnode stands beside kvctl.
Result<std::string> NodeBinary() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path binary = self.parent_path() / "kvnode";
  if (!error && std::filesystem::exists(binary, error)) return binary.string();
  return Failure{.code = "NO_KVNODE",
                 .what = absl::StrCat("there is no ", binary.string()),
                 .next = "build kvnode, beside kvctl"};
}

// Somebody else's server would be taken for a node.
Done CheckPortsFree(const Session& session, const DevCluster& cluster) {
  std::vector<Question> questions;
  for (const DevNode& node : cluster.nodes()) {
    if (IsRunning(node.process)) continue;
    questions.push_back({ClientEndpoint(node.description), {"PING"}});
  }
  const std::vector<Answer> answers = session.Ask(questions);
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].kind == Answer::Kind::kUnreachable) continue;
    return Failure{
        .code = "PORT_IN_USE",
        .what = absl::StrCat("something listens at ", questions[i].to.ToString(), " already"),
        .next = "choose other ports with --base-port",
        .effect = "nothing was started"};
  }
  return Succeeded();
}

Done AwaitAnswers(const Session& session, const DevCluster& cluster) {
  const SystemClock clock;
  const Nanos end = clock.Monotonic() + Milliseconds(limits::kDevStartMillis);
  std::vector<Question> questions;
  for (const DevNode& node : cluster.nodes()) {
    questions.push_back({ClientEndpoint(node.description), {"PING"}});
  }
  while (true) {
    Done alive = cluster.CheckAlive();
    if (!alive.ok()) return alive;
    const std::vector<Answer> answers = session.Ask(questions);
    const bool all = std::all_of(answers.begin(), answers.end(), [](const Answer& answer) {
      return answer.kind == Answer::Kind::kText || answer.kind == Answer::Kind::kUnauthorized;
    });
    if (all) return Succeeded();
    if (Interrupted() || clock.Monotonic() >= end) break;
    PauseFor(Milliseconds(20));
  }
  return Failure{.exit = Interrupted() ? ExitCode::kInterrupted : ExitCode::kTimeout,
                 .code = Interrupted() ? "INTERRUPTED" : "TIMED_OUT",
                 .what = "not all nodes answer yet",
                 .next = absl::StrCat("see the logs in ", cluster.directory(),
                                      "; kvctl dev down --dir ", cluster.directory()),
                 .effect = "the nodes that were started run on"};
}

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
    Result<std::string> binary = NodeBinary();
    if (!binary.ok()) return binary.failure();
    Result<DevCluster> cluster = DevCluster::Load(directory_);
    if (!cluster.ok()) return cluster.failure();
    if (cluster->nodes().empty()) {
      cluster->Plan(nodes_, static_cast<uint16_t>(base_port_));
    }
    Done free = CheckPortsFree(session, *cluster);
    if (!free.ok()) return free.failure();
    Done started = cluster->StartAll(*binary, session.passthrough);
    if (!started.ok()) return started.failure();
    Done answers = AwaitAnswers(session, *cluster);
    if (!answers.ok()) return answers.failure();
    Result<std::optional<ClusterView>> created =
        Create(session, {.name = name_, .nodes = cluster->Descriptions(), .ask = false});
    if (!created.ok()) {
      // A node that has ended explains more than those that miss it.
      Done alive = cluster->CheckAlive();
      if (!alive.ok()) return alive.failure();
      Failure failure = created.failure();
      failure.effect = absl::StrCat("the nodes run; kvctl dev down --dir ", cluster->directory());
      return failure;
    }
    if (session.is_json()) {
      session.OutJson(StatusJson(**created, Judge(**created)));
    } else {
      session.Out(absl::StrCat(CreatedText(**created), "  stop      kvctl dev down --dir ",
                               cluster->directory(), "\n"));
    }
    return ExitCode::kOk;
  }

 private:
  int nodes_ = 3;
  int base_port_ = 7001;
  std::string directory_ = kDirectoryDefault;
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
  std::string directory_ = kDirectoryDefault;
  bool keep_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeDevUpCommand() { return std::make_unique<DevUpCommand>(); }
std::unique_ptr<Command> MakeDevDownCommand() { return std::make_unique<DevDownCommand>(); }

}  // namespace holdfast::kvctl
