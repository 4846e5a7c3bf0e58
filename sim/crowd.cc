#include "sim/crowd.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

// Clients are idle while they think, but not for less than this.
constexpr Nanos kThinkMin = Milliseconds(5);
constexpr absl::string_view kTransaction = "MULTI";

WorkloadProfile WorkloadOf(const Knobs& knobs) {
  return {.tags = static_cast<int>(knobs.tags),
          .keys_per_tag = static_cast<int>(knobs.keys_per_tag)};
}

}  // namespace

Crowd::Crowd(const Options& options) : options_(options), workload_(WorkloadOf(options.knobs)) {}

void Crowd::Arrive() {
  const int64_t writers = options_.knobs.clients;
  for (int64_t i = 0; i < writers + options_.knobs.replica_readers; ++i) {
    const uint32_t client = static_cast<uint32_t>(machines_.size());
    workloads_.push_back(
        std::make_unique<Workload>(*options_.kernel, workload_, *options_.bounds, client));
    Workload& workload = *workloads_.back();
    ClientProfile profile = DrawClient(client);
    profile.reads_replicas = i >= writers;
    Add(
        [this, client, &workload, number = uint64_t{0},
         reader = profile.reads_replicas]() mutable -> std::optional<PlannedOperation> {
          if (stopping_) return std::nullopt;
          return Plan(client, number++, workload, reader);
        },
        profile, static_cast<int>(client));
  }
}

PlannedOperation Crowd::Plan(uint32_t client, uint64_t number, Workload& workload,
                             bool replica_reader) {
  PlannedOperation planned;
  planned.operation = replica_reader ? workload.NextRead() : workload.Next();
  planned.operation.client = client;
  planned.operation.number = number;
  planned.operation.may_be_stale = replica_reader;
  if (!options_.script->operations) return planned;
  const auto found = options_.script->operations->find({client, number});
  planned.sent = found != options_.script->operations->end();
  if (!planned.sent) return planned;
  std::vector<Command>& commands = planned.operation.commands;
  commands = found->second;
  planned.operation.is_transaction = commands[0] == Command{std::string(kTransaction)};
  if (planned.operation.is_transaction) commands.erase(commands.begin());
  return planned;
}

ClientProfile Crowd::DrawClient(uint64_t client) {
  Draws draws = options_.kernel->draws("client profile", client);
  ClientProfile profile;
  profile.pipeline_max = 1 << draws.Below(5);
  profile.resp3 = draws.Chance({1, 2});
  if (draws.Chance({1, 2})) profile.slow_reader = {0, 1};
  if (draws.Chance({1, 2})) profile.disconnect = {0, 1};
  // So many batches that all clients together come to about the number of operations wanted.
  const int64_t batch_mean = (profile.pipeline_max + 1) / 2;
  const int64_t batches =
      std::max<int64_t>(1, options_.knobs.operations / options_.knobs.clients / batch_mean);
  const Nanos time = Milliseconds(options_.knobs.chaos_ms);
  profile.think_mean = std::max(kThinkMin, Nanos{time.value / batches});
  return profile;
}

void Crowd::Add(std::function<std::optional<PlannedOperation>()> next, const ClientProfile& profile,
                int first_node) {
  const uint64_t entity = machines_.size();
  machines_.push_back(
      std::make_unique<SimMachine>(*options_.kernel, *options_.network,
                                   SimMachine::Options{.ip = absl::StrCat("10.0.1.", entity + 1)}));
  SimClient::Options client{.kernel = options_.kernel,
                            .profile = profile,
                            .entity = entity,
                            .next = std::move(next),
                            .history = &history_,
                            .on_answer = options_.on_answer,
                            .next_connection = &next_connection_};
  const int nodes = static_cast<int>(options_.knobs.nodes);
  for (int i = 0; i < nodes; ++i) {
    client.servers.push_back(options_.deployment->client_address((first_node + i) % nodes));
  }
  machines_.back()->Boot(1, [client = std::move(client)](Runtime& runtime) {
    return std::make_unique<SimClient>(runtime, client);
  });
}

void Crowd::Ask(std::vector<Operation> script, int first_node) {
  const uint32_t client = static_cast<uint32_t>(machines_.size());
  for (Operation& operation : script) operation.client = client;
  Add(
      [script = std::move(script), next = size_t{0}]() mutable -> std::optional<PlannedOperation> {
        if (next == script.size()) return std::nullopt;
        return PlannedOperation{.operation = script[next++]};
      },
      {.think_mean = Milliseconds(1), .slow_reader = {0, 1}, .disconnect = {0, 1}}, first_node);
}

bool Crowd::AllFinished() const {
  for (size_t i = 0; i < machines_.size(); ++i) {
    if (!machines_[i]->running() || !client(i).finished()) return false;
  }
  return true;
}

std::string Crowd::Faults() const {
  for (size_t i = 0; i < machines_.size(); ++i) {
    if (machines_[i]->running() && !client(i).fault().empty()) {
      return absl::StrCat("client ", i, ": ", client(i).fault());
    }
  }
  return "";
}

std::vector<HostId> Crowd::hosts() const {
  std::vector<HostId> hosts;
  for (const auto& machine : machines_) hosts.push_back(machine->host());
  return hosts;
}

const History& Crowd::Conclude() {
  for (size_t i = 0; i < machines_.size(); ++i) {
    if (!machines_[i]->running()) continue;
    for (const SimClient::Lost& lost : client(i).lost()) {
      const std::optional<Nanos> gone = options_.network->gone_at(lost.server_socket);
      Operation& operation = history_[lost.history_index];
      // A node of a cluster may have passed the write on before its connection was gone; where the
      // node was down, the socket that is known is an earlier connection's.
      if (gone && *gone >= operation.begin && !options_.deployment->clustered()) {
        operation.end = *gone;
      }
    }
  }
  return history_;
}

}  // namespace holdfast
