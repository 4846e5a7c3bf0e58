// GroupLife: what a run asks of its replication group: to be created, to recover, to come to rest;
// and how far faults may go.
//
// 1. A node is ended only while another member of the in-sync set lives, and a disk is lost only
//    while a majority of voters keeps theirs: then no failure is excused by "too many faults".
// 2. A group that says LOST is believed if every identity of its newest in-sync set has ended.
// 3. Where every acknowledged write is on disks, all may be ended at once, and nothing excuses
// LOST.
// 4. A single node is ended only if it keeps a log, and its machine only if that is synced in time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/deployment.h"
#include "sim/fault.h"
#include "sim/observer.h"
#include "sim/sim_operator.h"

namespace holdfast {

class GroupLife {
 public:
  GroupLife(Kernel& kernel, SimNetwork& network, Deployment& deployment, Observer& observer,
            const Knobs& knobs);

  // Each returns what went wrong, or nothing.
  std::string Create();
  // Until the group has a primary and every member of the core is in sync, or it is lost.
  std::string AwaitRecovery();
  // Until nothing moves any more.
  std::string AwaitRest();
  bool lost() const;
  std::string JudgeLoss() const;

  // The nodes that will heal, a bit each: all, or some that suffice for the group to go on.
  uint64_t DrawCore(Draws& draws);
  uint64_t core() const { return core_; }
  struct Ending {
    int node = 0;
    bool power = false;  // of the machine: what was not synced may be lost
    bool disk = false;
    uint64_t diskless = 0;  // nodes whose disks were lost before
  };
  bool MayEnd(const Ending& ending);
  bool MayLosePower() const;
  // The operator's command that the fault stands for.
  void Operate(const Fault& fault);
  // The node that leads, or -1.
  int primary() const;

 private:
  SimOperator& administrator() const {
    return *static_cast<SimOperator*>(operator_machine_->program());
  }
  void AddAgain(int node);
  void SwapTwice(int node, int leader);
  void SwitchOver(int node, int attempts, std::function<void()> then);
  // The newest in-sync set that any node knows.
  std::vector<Identity> InSync(const std::vector<NodeSample>& nodes) const;
  std::vector<uint64_t> VoterSets(const std::vector<NodeSample>& nodes) const;
  uint64_t MachineOf(NodeId voter, const std::vector<NodeSample>& nodes) const;
  bool Suffices(uint64_t core, const std::vector<NodeSample>& nodes) const;
  // The newest version of the configuration that any node knows, as commands expect it.
  std::string Version() const;
  bool Recovered() const;
  bool AtRest() const;
  // What each node believes, a line each.
  std::string Describe() const;
  std::string Await(bool (GroupLife::*reached)() const, absl::string_view what);

  Kernel& kernel_;
  Deployment& deployment_;
  Observer& observer_;
  const Knobs knobs_;
  std::unique_ptr<SimMachine> operator_machine_;
  std::vector<NodeId> node_ids_;  // by machine, as they were when the cluster was created
  uint64_t core_;
  uint64_t diskless_ = 0;
};

}  // namespace holdfast
