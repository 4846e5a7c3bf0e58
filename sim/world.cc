#include "sim/world.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/check/linearizability.h"
#include "sim/client.h"
#include "sim/nemesis.h"
#include "sim/node_program.h"
#include "sim/sim_network.h"
#include "sim/sim_runtime.h"
#include "sim/workload.h"

namespace holdfast {
namespace {

constexpr uint16_t kPort = 6379;
constexpr Nanos kStartMax = Seconds(1);
constexpr Nanos kFinishMax = Seconds(60);
// After this much quiet every deadline has passed, also by a clock that is one per cent slow, and
// the second in which expired keys are to be removed.
constexpr Nanos kQuiet = Seconds(7);
constexpr int64_t kOperationsMean = 1000;
// Half of a pipeline's longest is its mean; clients are idle while they think.
constexpr Nanos kThinkMin = Milliseconds(5);

Config NodeConfig() {
  ConfigInput input;
  input.arguments = {"--bind", "*", "--port", absl::StrCat(kPort), "--protected-mode", "no"};
  input.working_directory = "/";
  absl::StatusOr<Config> config = Config::Load(input);
  CHECK(config.ok());
  return *std::move(config);
}

NetworkProfile DrawNetwork(Draws draws) {
  NetworkProfile profile;
  if (draws.Chance({1, 4})) profile.latency_max += draws.Exponential(Milliseconds(20));
  profile.slow_latency_max = std::max(profile.slow_latency_max, profile.latency_max);
  if (draws.Chance({1, 10})) profile.bytes_per_second = 1'000'000;
  if (draws.Chance({1, 4})) profile.window_bytes = static_cast<size_t>(draws.Between(64, 4096));
  if (draws.Chance({1, 2})) profile.broken_per_segment = {1, 10'000};
  if (draws.Chance({1, 2})) profile.connect_failure = {1, 20};
  return profile;
}

WorkloadProfile DrawWorkload(Draws draws) {
  WorkloadProfile profile;
  profile.tags = static_cast<int>(draws.Between(1, 8));
  profile.keys_per_tag = static_cast<int>(draws.Between(1, 8));
  return profile;
}

class World {
 public:
  explicit World(const WorldOptions& options)
      : kernel_(options.seed),
        draws_(kernel_.draws("world", 0)),
        network_(kernel_, DrawNetwork(kernel_.draws("network profile", 0))),
        machine_(kernel_, network_, DrawMachine()),
        actor_(kernel_.AddActor()),
        workload_(DrawWorkload(kernel_.draws("workload profile", 0))),
        chaos_length_(draws_.Between(Seconds(10), Seconds(30))) {
    kernel_.trace().WriteTo(options.trace);
  }
  ~World() { kernel_.NextIncarnation(actor_); }

  WorldResult Run() {
    WorldResult result;
    result.violation = Live();
    if (result.violation.empty()) result.violation = Judge(result);
    machine_.Crash(SimMachine::CrashKind::kProcess);
    result.trace_hash = kernel_.trace().hash();
    result.events = kernel_.trace().event_count();
    result.operations = history_.size();
    result.simulated = kernel_.now();
    if (nemesis_) result.faults = nemesis_->strikes();
    return result;
  }

 private:
  SimMachine::Options DrawMachine() {
    SimMachine::Options options{.ip = "10.0.0.1"};
    options.clock.monotonic_start = draws_.Between(Nanos{}, Seconds(1'000'000));
    options.clock.wall_start = Seconds(1'700'000'000) + draws_.Between(Nanos{}, Seconds(1));
    options.clock.drift_ppm = draws_.Between(-200, 200);
    return options;
  }

  // Each returns what went wrong, or nothing.
  std::string Live();
  std::string StartNode();
  std::string Finish();
  std::string Audit();
  std::string Judge(WorldResult& result);

  void BootNode();
  void SampleClocks();
  void KeepSampling();
  void AddClient(std::function<std::optional<Operation>()> next, const ClientProfile& profile);
  void AddClients();
  ClientProfile DrawClient(int64_t client_count);
  std::string Faults() const;
  bool AllFinished() const;
  void RunFor(Nanos time) { kernel_.RunUntil(kernel_.now() + time); }
  NodeProgram& node() { return *static_cast<NodeProgram*>(machine_.program()); }
  SimClient& client(size_t index) const {
    return *static_cast<SimClient*>(clients_[index]->program());
  }

  Kernel kernel_;
  Draws draws_;
  SimNetwork network_;
  SimMachine machine_;
  const Actor actor_;
  const WorkloadProfile workload_;
  const Nanos chaos_length_;
  LogTimeBounds bounds_;
  Nanos node_paused_until_{};
  History history_;
  uint32_t next_connection_ = 0;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Workload>> workloads_;
  std::vector<std::unique_ptr<SimMachine>> clients_;
  std::unique_ptr<Nemesis> nemesis_;
};

std::string World::Live() {
  if (std::string wrong = StartNode(); !wrong.empty()) return wrong;
  AddClients();
  std::vector<HostId> hosts;
  for (const auto& machine : clients_) hosts.push_back(machine->host());
  nemesis_ = std::make_unique<Nemesis>(
      kernel_, network_,
      Nemesis::Target{
          .machine = &machine_,
          .clock_changes = [this] { SampleClocks(); },
          .paused =
              [this](Nanos until) { node_paused_until_ = std::max(node_paused_until_, until); }},
      std::move(hosts));
  nemesis_->Activate();
  RunFor(chaos_length_);
  nemesis_->Deactivate();
  stopping_ = true;
  if (std::string wrong = Finish(); !wrong.empty()) return wrong;
  RunFor(kQuiet);
  return Audit();
}

void World::BootNode() {
  const int workers = static_cast<int>(draws_.Between(1, 8));
  machine_.Boot(workers + 1, [this](Runtime& runtime) {
    auto program = std::make_unique<NodeProgram>(runtime, NodeConfig());
    // Log_time begins as the wall clock when the node is made.
    SimClock& clock = machine_.clock();
    bounds_ = LogTimeBounds();
    bounds_.Start(kernel_.now(), clock.PeekMonotonic(), clock.PeekWall());
    return program;
  });
}

std::string World::StartNode() {
  // Some lives begin with one that ends early.
  if (draws_.Chance({1, 4})) {
    BootNode();
    RunFor(draws_.Between(Nanos{}, Milliseconds(200)));
    machine_.Crash(SimMachine::CrashKind::kPower);
  }
  BootNode();
  const Nanos give_up = kernel_.now() + kStartMax;
  RunFor(Nanos{});
  while (!node().started()) {
    if (kernel_.now() >= give_up) return "the node does not start";
    RunFor(Milliseconds(1));
  }
  if (!node().status().ok()) {
    return absl::StrCat("the node refuses to start: ", node().status().message());
  }
  KeepSampling();
  return "";
}

void World::SampleClocks() {
  SimClock& clock = machine_.clock();
  bounds_.Sample(kernel_.now(), clock.PeekMonotonic(), clock.PeekWall(),
                 kernel_.now() < node_paused_until_);
}

void World::KeepSampling() {
  SampleClocks();
  kernel_.Schedule(LogTimeBounds::kSampleEvery, actor_, "sample clocks",
                   [this] { KeepSampling(); });
}

void World::AddClient(std::function<std::optional<Operation>()> next,
                      const ClientProfile& profile) {
  const uint64_t entity = clients_.size();
  clients_.push_back(std::make_unique<SimMachine>(
      kernel_, network_, SimMachine::Options{.ip = absl::StrCat("10.0.1.", entity + 1)}));
  SimClient::Options options{.kernel = &kernel_,
                             .server = {.host = "10.0.0.1", .port = kPort},
                             .profile = profile,
                             .entity = entity,
                             .next = std::move(next),
                             .history = &history_,
                             .next_connection = &next_connection_};
  clients_.back()->Boot(1, [options = std::move(options)](Runtime& runtime) {
    return std::make_unique<SimClient>(runtime, options);
  });
}

ClientProfile World::DrawClient(int64_t client_count) {
  ClientProfile profile;
  profile.pipeline_max = 1 << draws_.Below(5);
  profile.resp3 = draws_.Chance({1, 2});
  if (draws_.Chance({1, 2})) profile.slow_reader = {0, 1};
  if (draws_.Chance({1, 2})) profile.disconnect = {0, 1};
  // So many batches that all clients together come to about kOperationsMean.
  const int64_t batch_mean = (profile.pipeline_max + 1) / 2;
  const int64_t batches = std::max<int64_t>(1, kOperationsMean / client_count / batch_mean);
  profile.think_mean = std::max(kThinkMin, Nanos{chaos_length_.value / batches});
  return profile;
}

void World::AddClients() {
  const int64_t count = draws_.Between(2, 8);
  for (int64_t i = 0; i < count; ++i) {
    workloads_.push_back(
        std::make_unique<Workload>(kernel_, workload_, bounds_, static_cast<uint64_t>(i)));
    Workload& workload = *workloads_.back();
    AddClient(
        [this, &workload]() -> std::optional<Operation> {
          if (stopping_) return std::nullopt;
          return workload.Next();
        },
        DrawClient(count));
  }
}

std::string World::Faults() const {
  for (size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i]->running() && !client(i).fault().empty()) {
      return absl::StrCat("client ", i, ": ", client(i).fault());
    }
  }
  return "";
}

bool World::AllFinished() const {
  for (size_t i = 0; i < clients_.size(); ++i) {
    if (!clients_[i]->running() || !client(i).finished()) return false;
  }
  return true;
}

std::string World::Finish() {
  const Nanos give_up = kernel_.now() + kFinishMax;
  while (!AllFinished()) {
    if (kernel_.now() >= give_up) return "a client has no answer long after the faults ended";
    RunFor(Milliseconds(100));
  }
  return Faults();
}

std::string World::Audit() {
  // First the count, since a look at a key may remove it.
  std::vector<Operation> script = {{.commands = {{"DBSIZE"}}}};
  const std::vector<std::string> keys = Workload::AllKeys(workload_);
  for (const char* name : {"EXISTS", "PTTL", "TYPE"}) {
    for (const std::string& key : keys) script.push_back({.commands = {{name, key}}});
  }
  for (const std::string& key : keys) {
    script.push_back({.commands = {{"GET", key}}});
    script.push_back({.commands = {{"LRANGE", key, "0", "-1"}}});
  }
  const size_t first = history_.size();
  size_t next = 0;
  AddClient(
      [&]() -> std::optional<Operation> {
        if (next == script.size()) return std::nullopt;
        return script[next++];
      },
      {.think_mean = Milliseconds(1), .slow_reader = {0, 1}, .disconnect = {0, 1}});
  if (std::string wrong = Finish(); !wrong.empty()) return wrong;
  int64_t counted = 0;
  int64_t present = 0;
  for (size_t i = first; i < history_.size(); ++i) {
    const Operation& operation = history_[i];
    const std::string& name = operation.commands[0][0];
    if (name != "DBSIZE" && name != "EXISTS") continue;
    // The network breaks a connection now and then, also now: without all answers there is no sum.
    if (operation.outcome != Operation::Outcome::kReplied) return "";
    (name == "DBSIZE" ? counted : present) += operation.reply.integer;
  }
  if (counted != present) {
    return absl::StrCat("DBSIZE counts ", counted, " keys of which ", present,
                        " are there long after the last deadline");
  }
  return "";
}

std::string World::Judge(WorldResult& result) {
  for (size_t i = 0; i < clients_.size(); ++i) {
    for (const SimClient::Lost& lost : client(i).lost()) {
      const std::optional<Nanos> gone = network_.gone_at(lost.server_socket);
      if (gone) history_[lost.history_index].end = *gone;
    }
  }
  History keyed;
  for (const Operation& operation : history_) {
    const auto& commands = operation.commands;
    if (std::all_of(commands.begin(), commands.end(), Model::Knows)) keyed.push_back(operation);
  }
  const LinearizabilityResult judged = CheckLinearizability(keyed, bounds_);
  result.groups = judged.groups;
  result.undecided_groups = judged.undecided_groups;
  return judged.violation;
}

}  // namespace

WorldResult RunWorld(const WorldOptions& options) { return World(options).Run(); }

}  // namespace holdfast
