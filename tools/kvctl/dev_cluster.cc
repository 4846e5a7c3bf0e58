#include "tools/kvctl/dev_cluster.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "net/base/limits.h"
#include "net/posix/system.h"
#include "tools/kvctl/address.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/json_fields.h"

namespace holdfast::kvctl {
namespace {

constexpr char kStateFile[] = "dev.json";
constexpr char kSecretFile[] = "secret";
constexpr char kLogFile[] = "kvnode.log";
// Further than the nodes of a cluster are from each other.
constexpr int kSentinelPortDistance = 100;
static_assert(kSentinelPortDistance > limits::kDevNodesMax);
constexpr size_t kLogLinesShown = 5;

Failure FileFailure(const std::string& what, const std::string& path, const std::string& why) {
  return {.exit = ExitCode::kFailed,
          .code = "FILE",
          .what = absl::StrCat("cannot ", what, " ", path),
          .why = why,
          .next = "choose another directory with --dir"};
}

// Readable by its owner only. The old contents stay until the new ones are there.
Done WriteFile(const std::string& path, const std::string& text) {
  const std::string draft = path + ".new";
  const int descriptor = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return FileFailure("write", draft, std::strerror(errno));
  const ssize_t written = write(descriptor, text.data(), text.size());
  const bool whole = close(descriptor) == 0 && written == static_cast<ssize_t>(text.size());
  if (!whole || rename(draft.c_str(), path.c_str()) != 0) {
    return FileFailure("write", path, std::strerror(errno));
  }
  return Succeeded();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string LastLines(const std::string& path) {
  std::ifstream file(path);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
    if (lines.size() > kLogLinesShown) lines.pop_front();
  }
  return absl::StrJoin(lines, "\n        ");
}

}  // namespace

Result<DevCluster> DevCluster::Load(const std::string& directory) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(directory, error);
  if (error) return FileFailure("find", directory, error.message());
  DevCluster cluster(absolute.lexically_normal().string());
  const std::string path = absl::StrCat(cluster.directory_, "/", kStateFile);
  if (!std::filesystem::exists(path, error)) return cluster;
  const nlohmann::json state = nlohmann::json::parse(ReadFile(path), nullptr,
                                                     /*allow_exceptions=*/false);
  std::string complaint;
  const JsonFields fields(state, "", &complaint);
  for (const JsonFields& node : fields.Objects("nodes")) {
    cluster.nodes_.push_back(
        {.description = {.name = node.Text("name"),
                         .host = node.Text("host"),
                         .client_port = node.Port("client_port"),
                         .peer_port = node.Port("peer_port")},
         .process = {static_cast<pid_t>(node.Count("pid")), node.Count("started_tick")}});
  }
  cluster.flags_ = fields.Texts("flags");
  if (!complaint.empty()) return FileFailure("read", path, complaint);
  return cluster;
}

std::vector<NodeDescription> DevCluster::Descriptions() const {
  std::vector<NodeDescription> descriptions;
  for (const DevNode& node : nodes_) descriptions.push_back(node.description);
  return descriptions;
}

void DevCluster::Plan(const std::vector<DevPlace>& places, uint16_t base_port) {
  CHECK(nodes_.empty() && !places.empty() && places.size() <= limits::kDevNodesMax);
  CHECK(base_port + places.size() - 1 + kPeerPortDistance <= UINT16_MAX);
  for (const DevPlace& place : places) {
    const auto port = static_cast<uint16_t>(base_port + nodes_.size());
    nodes_.push_back({.description = {.name = absl::StrCat("n", nodes_.size() + 1),
                                      .host = place.host,
                                      .client_port = port,
                                      .peer_port = static_cast<uint16_t>(port + kPeerPortDistance)},
                      .prefix = place.prefix});
  }
}

Done DevCluster::StartAll(const std::string& binary, const std::vector<std::string>& flags) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return FileFailure("make", directory_, error.message());
  Result<std::string> secret = Secret();
  if (!secret.ok()) return secret.failure();
  if (!flags.empty()) flags_ = flags;
  for (DevNode& node : nodes_) {
    if (IsRunning(node.process)) continue;
    Done started = Start(binary, *secret, &node);
    // What was started is on record whatever happens to the next one.
    Done saved = Save();
    if (!started.ok()) return started;
    if (!saved.ok()) return saved;
  }
  return Succeeded();
}

Done DevCluster::CheckAlive() const {
  for (const DevNode& node : nodes_) {
    if (IsRunning(node.process)) continue;
    const std::string log = absl::StrCat(DirectoryOf(node), "/", kLogFile);
    return Failure{.exit = ExitCode::kFailed,
                   .code = "NODE_ENDED",
                   .what = absl::StrCat(node.description.name, " did not start, or has ended"),
                   .why = LastLines(log),
                   .next = absl::StrCat("see ", log, "; kvctl dev down --dir ", directory_)};
  }
  return Succeeded();
}

Result<int> DevCluster::StopAll() {
  const SystemClock clock;
  std::vector<const DevNode*> running;
  for (const DevNode& node : nodes_) {
    if (IsRunning(node.process)) running.push_back(&node);
  }
  const int count = static_cast<int>(running.size());
  for (const int number : {SIGTERM, SIGKILL}) {
    for (const DevNode* node : running) Signal(node->process, number);
    const Nanos end = clock.Monotonic() + Milliseconds(limits::kDevStopMillis);
    while (!running.empty() && clock.Monotonic() < end) {
      std::erase_if(running, [](const DevNode* node) { return !IsRunning(node->process); });
      if (!PauseFor(Milliseconds(20))) {
        return Failure{.exit = ExitCode::kInterrupted,
                       .code = "INTERRUPTED",
                       .what = "no longer waiting for the nodes to end",
                       .next = absl::StrCat("kvctl dev down --dir ", directory_),
                       .effect = "they were asked to end"};
      }
    }
  }
  if (running.empty()) return count;
  return Failure{.code = "STILL_RUNNING",
                 .what = absl::StrCat(running.front()->description.name, " does not end"),
                 .why = absl::StrCat("process ", running.front()->process.pid),
                 .next = absl::StrCat("kvctl dev down --dir ", directory_)};
}

void DevCluster::Erase() const {
  std::error_code ignored;
  for (const DevNode& node : nodes_) std::filesystem::remove_all(DirectoryOf(node), ignored);
  std::filesystem::remove(absl::StrCat(directory_, "/", kSecretFile), ignored);
  std::filesystem::remove(absl::StrCat(directory_, "/", kStateFile), ignored);
  // Only if it is empty now.
  std::filesystem::remove(directory_, ignored);
}

std::string DevCluster::DirectoryOf(const DevNode& node) const {
  return absl::StrCat(directory_, "/", node.description.name);
}

Result<std::string> DevCluster::Secret() const {
  const std::string path = absl::StrCat(directory_, "/", kSecretFile);
  if (std::string secret = ReadFile(path); !secret.empty()) return secret;
  SystemEntropy entropy;
  const uint64_t first = entropy.Next();
  std::string secret = absl::StrFormat("%016x%016x", first, entropy.Next());
  Done written = WriteFile(path, secret);
  if (!written.ok()) return written.failure();
  return secret;
}

Done DevCluster::Start(const std::string& binary, const std::string& secret, DevNode* node) {
  const std::string home = DirectoryOf(*node);
  std::error_code error;
  std::filesystem::create_directories(home, error);
  if (error) return FileFailure("make", home, error.message());
  std::vector<std::string> words = node->prefix;
  const NodeDescription& description = node->description;
  for (const std::string& word :
       {binary, std::string("--bind"), description.host, std::string("--cluster-enabled"),
        std::string("yes"), std::string("--port"), absl::StrCat(description.client_port),
        std::string("--cluster-port"), absl::StrCat(description.peer_port), std::string("--dir"),
        home, std::string("--appendonly"), std::string("yes")}) {
    words.push_back(word);
  }
  // The port that all would take by themselves can be had by one of them only.
  words.insert(words.end(),
               {"--sentinel-port", absl::StrCat(description.client_port + kSentinelPortDistance)});
  // Elsewhere than on loopback nobody would be let in without a password.
  if (description.host != DevPlace().host) words.insert(words.end(), {"--protected-mode", "no"});
  words.insert(words.end(), flags_.begin(), flags_.end());
  Result<DevProcess> process = Spawn({.binary = words[0],
                                      .arguments = {words.begin() + 1, words.end()},
                                      .environment = absl::StrCat("KV_CLUSTER_SECRET=", secret),
                                      .log_path = absl::StrCat(home, "/", kLogFile)});
  if (!process.ok()) return process.failure();
  node->process = *process;
  return Succeeded();
}

Done DevCluster::Save() const {
  nlohmann::json nodes = nlohmann::json::array();
  for (const DevNode& node : nodes_) {
    nodes.push_back({{"name", node.description.name},
                     {"host", node.description.host},
                     {"client_port", node.description.client_port},
                     {"peer_port", node.description.peer_port},
                     {"pid", static_cast<uint64_t>(node.process.pid)},
                     {"started_tick", node.process.started_tick}});
  }
  const nlohmann::json state = {{"schema", "kvctl.dev/v1"}, {"nodes", nodes}, {"flags", flags_}};
  return WriteFile(absl::StrCat(directory_, "/", kStateFile), state.dump(2) + "\n");
}

}  // namespace holdfast::kvctl
