// Crowd: the clients of one run, what they ask for, and what they saw.
//
// Each client plans its operations by itself, numbered; a script may say which of them are sent,
// and in which words. The others pass as if they had been asked for, so that the rest is left
// alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/client.h"
#include "sim/deployment.h"
#include "sim/script.h"
#include "sim/workload.h"

namespace holdfast {

class Crowd {
 public:
  struct Options {
    Kernel* kernel = nullptr;
    SimNetwork* network = nullptr;
    const Deployment* deployment = nullptr;
    const Script* script = nullptr;
    Knobs knobs;
    const LogTimeBounds* bounds = nullptr;
    std::function<void(const Operation&)> on_answer;
  };
  explicit Crowd(const Options& options);

  // The clients of the seed, at work until Stop.
  void Arrive();
  void Stop() { stopping_ = true; }
  // One more client, which asks for each of these once, in order, and then leaves. It tries
  // `first_node` first.
  void Ask(std::vector<Operation> script, int first_node);

  bool AllFinished() const;
  // What a server did wrong to a client; empty if nothing.
  std::string Faults() const;
  std::vector<HostId> hosts() const;
  const WorkloadProfile& workload() const { return workload_; }

  const History& history() const { return history_; }
  // The history, with the time from which an operation without a reply can have no effect any more.
  // Call it when all is over.
  const History& Conclude();

 private:
  void Add(std::function<std::optional<PlannedOperation>()> next, const ClientProfile& profile,
           int first_node);
  PlannedOperation Plan(uint32_t client, uint64_t number, Workload& workload, bool replica_reader);
  ClientProfile DrawClient(uint64_t client);
  SimClient& client(size_t index) const {
    return *static_cast<SimClient*>(machines_[index]->program());
  }

  const Options options_;
  const WorkloadProfile workload_;
  History history_;
  uint32_t next_connection_ = 0;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Workload>> workloads_;
  std::vector<std::unique_ptr<SimMachine>> machines_;
};

}  // namespace holdfast
