#include "sim/world.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/check/linearizability.h"
#include "sim/check/replay.h"
#include "sim/crowd.h"
#include "sim/group_life.h"
#include "sim/node_program.h"
#include "sim/observer.h"
#include "sim/peer_tap.h"

namespace holdfast {
namespace {

// A disk may stall meanwhile.
constexpr Nanos kStartMax = Seconds(10);
constexpr Nanos kFinishMax = Seconds(60);
// After this much quiet every deadline has passed, also by a clock that is one per cent slow, and
// the second in which expired keys are to be removed.
constexpr Nanos kQuiet = Seconds(7);
// How often a run looks whether it has failed already.
constexpr Nanos kLookEvery = Milliseconds(50);
// Every so many looks at the nodes their data are compared too.
constexpr uint64_t kSamplesPerDigest = 100;

NetworkProfile NetworkOf(const Knobs& knobs) {
  NetworkProfile profile;
  profile.latency_max = Microseconds(knobs.latency_max_us);
  profile.slow_latency_max = std::max(profile.slow_latency_max, profile.latency_max);
  profile.bytes_per_second = knobs.bytes_per_second;
  if (knobs.socket_window_bytes > 0) {
    profile.window_bytes = static_cast<size_t>(knobs.socket_window_bytes);
  }
  profile.broken_per_segment = {static_cast<uint64_t>(knobs.reset_per_10000_segments), 10'000};
  profile.connect_failure = {static_cast<uint64_t>(knobs.connect_failures_per_100), 100};
  return profile;
}

class World {
 public:
  explicit World(const WorldOptions& options)
      : options_(options),
        knobs_(options.script.AllKnobs()),
        kernel_(options.script.seed),
        draws_(kernel_.draws("world", 0)),
        network_(kernel_, NetworkOf(knobs_)),
        deployment_(kernel_, network_, knobs_, MakeNode),
        actor_(kernel_.AddActor()),
        observer_({.kernel = &kernel_,
                   .deployment = &deployment_,
                   .knobs = knobs_,
                   .story = options.story}),
        group_(kernel_, network_, deployment_, observer_, knobs_),
        crowd_({.kernel = &kernel_,
                .network = &network_,
                .deployment = &deployment_,
                .script = &options_.script,
                .knobs = knobs_,
                .bounds = &observer_.bounds(),
                .on_answer = [this](const Operation& done) { observer_.OnAnswer(done); }}) {
    kernel_.trace().WriteTo(options.trace);
    if (options.story != nullptr) TapPeers(network_, *options.story);
  }
  ~World() { kernel_.NextIncarnation(actor_); }

  WorldResult Run() {
    WorldResult result;
    result.violation = Live();
    if (result.violation.empty()) result.violation = Judge(result);
    if (!result.ok()) observer_.Tell(-1, result.violation);
    observer_.set_nemesis(nullptr);
    for (int i = 0; i < deployment_.size(); ++i) {
      deployment_.Crash(i, SimMachine::CrashKind::kProcess);
    }
    result.trace_hash = kernel_.trace().hash();
    result.events = kernel_.trace().event_count();
    result.operations = crowd_.history().size();
    result.simulated = kernel_.now();
    if (nemesis_) result.faults = nemesis_->strikes();
    if (options_.record) result.script = Recorded();
    return result;
  }

 private:
  // Each returns what went wrong, or nothing.
  std::string Live();
  std::string StartNodes();
  std::string Suffer();
  std::string Chaos(int64_t phase);
  std::string Finish();
  std::string Audit();
  std::string Judge(WorldResult& result);

  void MakeNemesis();
  void Operate(const Fault& fault);
  void KeepSampling();
  Script Recorded() const;
  // Lets time pass; stops early, and says why, when something has gone wrong.
  std::string RunFor(Nanos time);

  const WorldOptions options_;
  const Knobs knobs_;
  Kernel kernel_;
  Draws draws_;
  SimNetwork network_;
  Deployment deployment_;
  const Actor actor_;
  Observer observer_;
  GroupLife group_;
  Crowd crowd_;
  uint64_t samples_ = 0;
  std::unique_ptr<Nemesis> nemesis_;
};

std::string World::RunFor(Nanos time) {
  const Nanos end = kernel_.now() + time;
  while (kernel_.now() < end && observer_.violation().empty()) {
    kernel_.RunUntil(std::min(end, kernel_.now() + kLookEvery));
  }
  return observer_.violation();
}

std::string World::Live() {
  if (std::string wrong = StartNodes(); !wrong.empty()) return wrong;
  if (deployment_.clustered()) {
    if (std::string wrong = group_.Create(); !wrong.empty()) return wrong;
  }
  if (knobs_.ballast_keys > 0) {
    crowd_.Ask({Workload::Ballast(knobs_.ballast_keys)}, std::max(0, group_.primary()));
  }
  crowd_.Arrive();
  MakeNemesis();
  if (knobs_.priority_step_us > 0) {
    kernel_.Prioritise({.step = Microseconds(knobs_.priority_step_us), .events = 20'000});
  }
  if (std::string wrong = Suffer(); !wrong.empty()) return wrong;
  if (group_.lost()) return group_.JudgeLoss();
  crowd_.Stop();
  if (std::string wrong = Finish(); !wrong.empty()) return wrong;
  if (std::string wrong = RunFor(kQuiet); !wrong.empty()) return wrong;
  if (std::string wrong = Audit(); !wrong.empty()) return wrong;
  if (!deployment_.clustered()) return "";
  if (std::string wrong = group_.AwaitRest(); !wrong.empty()) return wrong;
  observer_.SampleAtRest(group_.core());
  return observer_.violation();
}

std::string World::Suffer() {
  if (std::string wrong = Chaos(0); !wrong.empty()) return wrong;
  nemesis_->Heal();
  if (deployment_.clustered()) {
    network_.set_calm(true);
    if (std::string wrong = group_.AwaitRecovery(); !wrong.empty()) return wrong;
    if (group_.lost()) return "";
    network_.set_calm(false);
  }
  if (std::string wrong = Chaos(1); !wrong.empty()) return wrong;
  const uint64_t core = group_.DrawCore(draws_);
  observer_.Tell(-1, absl::StrCat("heals: nodes ", core));
  nemesis_->HealCore(core);
  network_.set_calm(true);
  return deployment_.clustered() ? group_.AwaitRecovery() : "";
}

std::string World::Chaos(int64_t phase) {
  nemesis_->Begin(phase);
  return RunFor(ChaosLength(knobs_));
}

void World::MakeNemesis() {
  nemesis_ = std::make_unique<Nemesis>(Nemesis::Options{
      .kernel = &kernel_,
      .network = &network_,
      .deployment = &deployment_,
      .faults = options_.script.AllFaults(),
      .clients = [this] { return crowd_.hosts(); },
      .clock_changes = [this] { observer_.SampleClocks(); },
      .paused = [this](int node, Nanos until) { observer_.Paused(node, until); },
      .may_end =
          [this](const Nemesis::Options::Loss& loss) {
            return group_.MayEnd({.node = loss.node,
                                  .power = loss.power,
                                  .disk = loss.disk,
                                  .diskless = nemesis_->diskless()});
          },
      .may_lose_power = [this] { return group_.MayLosePower(); },
      .operate = [this](const Fault& fault) { Operate(fault); },
      .sync_failed = [this](int node) { observer_.SyncFailed(node); },
      .vote_lost = [this](int node) { observer_.VoteLost(node); },
      .tell = [this](int node, std::string what) { observer_.Tell(node, std::move(what)); }});
  observer_.set_nemesis(nemesis_.get());
}

void World::Operate(const Fault& fault) {
  if (fault.amount == kFlushAll) {
    crowd_.Ask({Workload::FlushAll()}, std::max(0, group_.primary()));
  } else {
    group_.Operate(fault);
  }
}

std::string World::StartNodes() {
  const auto boot = [this] {
    for (int i = 0; i < deployment_.size(); ++i) deployment_.Boot(i);
  };
  // Some lives begin with one that ends early.
  if (knobs_.false_start != 0) {
    boot();
    RunFor(draws_.Between(Nanos{}, Milliseconds(200)));
    for (int i = 0; i < deployment_.size(); ++i) {
      deployment_.Crash(i, SimMachine::CrashKind::kPower);
    }
  }
  boot();
  const Nanos give_up = kernel_.now() + kStartMax;
  kernel_.RunUntil(kernel_.now());
  // Log_time begins as the wall clock when a node is made.
  observer_.StartClocks();
  std::string refusal;
  while (!deployment_.AllStarted(refusal)) {
    if (kernel_.now() >= give_up) return "a node does not start";
    kernel_.RunUntil(kernel_.now() + Milliseconds(1));
  }
  KeepSampling();
  return refusal;
}

void World::KeepSampling() {
  observer_.SampleClocks();
  if (++samples_ % kSamplesPerDigest == 0) {
    observer_.SampleDigests();
  } else {
    observer_.Sample();
  }
  kernel_.Schedule(LogTimeBounds::kSampleEvery, actor_, "sample", [this] { KeepSampling(); });
}

std::string World::Finish() {
  const Nanos give_up = kernel_.now() + kFinishMax;
  while (!crowd_.AllFinished()) {
    if (kernel_.now() >= give_up) return "a client has no answer long after the faults ended";
    if (std::string wrong = RunFor(Milliseconds(100)); !wrong.empty()) return wrong;
  }
  return crowd_.Faults();
}

std::string World::Audit() {
  // First the count, since a look at a key may remove it.
  std::vector<Operation> script = {{.commands = {{"DBSIZE"}}}};
  const std::vector<std::string> keys = Workload::AllKeys(crowd_.workload());
  for (const char* name : {"EXISTS", "PTTL", "TYPE"}) {
    for (const std::string& key : keys) script.push_back({.commands = {{name, key}}});
  }
  if (knobs_.ballast_keys > 0) script.push_back(Workload::CountBallast(knobs_.ballast_keys));
  for (const std::string& key : keys) {
    script.push_back({.commands = {{"GET", key}}});
    script.push_back({.commands = {{"LRANGE", key, "0", "-1"}}});
  }
  const size_t first = crowd_.history().size();
  crowd_.Ask(std::move(script), std::max(0, group_.primary()));
  if (std::string wrong = Finish(); !wrong.empty()) return wrong;
  int64_t counted = 0;
  int64_t present = 0;
  for (size_t i = first; i < crowd_.history().size(); ++i) {
    const Operation& operation = crowd_.history()[i];
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
  const History& history = crowd_.Conclude();
  // A single node has no log to replay and is judged from outside only.
  if (deployment_.clustered()) {
    const ReplayResult replayed = CheckReplay(history, observer_.evidence());
    result.replayed = replayed.replayed;
    if (!replayed.ok()) return replayed.violation;
  }
  History keyed;
  for (const Operation& operation : history) {
    const auto& commands = operation.commands;
    if (std::all_of(commands.begin(), commands.end(), Model::Knows)) keyed.push_back(operation);
  }
  const LinearizabilityResult judged = CheckLinearizability(keyed, observer_.bounds());
  result.groups = judged.groups;
  result.undecided_groups = judged.undecided_groups;
  result.undecided = judged.undecided;
  return judged.violation;
}

Script World::Recorded() const {
  Script script = options_.script;
  script.faults = options_.script.AllFaults();
  script.operations.emplace();
  const int64_t ballast = knobs_.ballast_keys > 0 ? 1 : 0;
  const int64_t clients = ballast + knobs_.clients + knobs_.replica_readers;
  for (const Operation& operation : crowd_.history()) {
    if (operation.client >= clients) continue;  // the audit
    std::vector<Command>& commands = (*script.operations)[{operation.client, operation.number}];
    commands = operation.commands;
    if (operation.is_transaction) commands.insert(commands.begin(), {"MULTI"});
  }
  return script;
}

}  // namespace

WorldResult RunWorld(const WorldOptions& options) { return World(options).Run(); }

}  // namespace holdfast
