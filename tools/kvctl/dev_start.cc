#include "tools/kvctl/dev_start.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "net/posix/system.h"
#include "tools/kvctl/create.h"
#include "tools/kvctl/interrupt.h"

namespace holdfast::kvctl {
namespace {

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

}  // namespace

Result<std::string> NodeBinary() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path binary = self.parent_path() / "kvnode";
  if (!error && std::filesystem::exists(binary, error)) return binary.string();
  return Failure{.code = "NO_KVNODE",
                 .what = absl::StrCat("there is no ", binary.string()),
                 .next = "build kvnode, beside kvctl"};
}

Result<ClusterView> StartDevCluster(Session& session, DevCluster& cluster,
                                    const DevStartOptions& options) {
  Result<std::string> binary = NodeBinary();
  if (!binary.ok()) return binary.failure();
  Done free = CheckPortsFree(session, cluster);
  if (!free.ok()) return free.failure();
  Done started = cluster.StartAll(*binary, options.flags);
  if (!started.ok()) return started.failure();
  Done answers = AwaitAnswers(session, cluster);
  if (!answers.ok()) return answers.failure();
  Result<std::optional<ClusterView>> created =
      Create(session, {.name = options.name, .nodes = cluster.Descriptions(), .ask = false});
  if (created.ok()) return std::move(**created);
  // A node that has ended explains more than those that miss it.
  Done alive = cluster.CheckAlive();
  if (!alive.ok()) return alive.failure();
  Failure failure = created.failure();
  failure.effect = absl::StrCat("the nodes run; kvctl dev down --dir ", cluster.directory());
  return failure;
}

}  // namespace holdfast::kvctl
