// Deployment: the machines of one run and the nodes on them.
//
//   machine i   10.0.0.<i+1>   clients at port 6379, peers at 16379
//
// Data nodes come first, witnesses after them. A node is started, ended, and started again on the
// same disk or an empty one; its clocks and its place in the network outlive it.
//
// 1. A machine whose node was ended stays down until it is booted.
// 2. The deployment knows when each connection of a node can have no effect any more only through
//    the network.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/cluster_probe.h"
#include "sim/knobs.h"
#include "sim/sim_runtime.h"

namespace holdfast {

// A program that is a node, as far as the simulator must know it.
class NodeLike : public SimProgram {
 public:
  // Whether it has said that it serves, or why it does not.
  virtual bool started() const = 0;
  virtual const absl::Status& status() const = 0;
  // Null if it is no member of a cluster.
  virtual const ClusterProbe* probe() const = 0;
};

class Deployment {
 public:
  static constexpr uint16_t kClientPort = 6379;
  static constexpr uint16_t kPeerPort = 16379;

  struct NodeOptions {
    int index = 0;
    bool clustered = false;
    bool witness = false;
    const Knobs* knobs = nullptr;
  };
  // Makes the node's program; `clustered` and `witness` say which kind.
  using NodeFactory = std::function<std::unique_ptr<NodeLike>(Runtime&, const NodeOptions&)>;

  Deployment(Kernel& kernel, SimNetwork& network, const Knobs& knobs, NodeFactory factory);

  int size() const { return static_cast<int>(machines_.size()); }
  bool clustered() const { return size() > 1; }
  bool is_witness(int index) const { return index >= knobs_.nodes; }
  SimMachine& machine(int index) { return *machines_[index]; }
  SimClock& clock(int index) const { return machines_[index]->clock(); }
  Actor actor(int index) const { return machines_[index]->actor(); }
  std::string ip(int index) const;
  // As the operator calls it.
  std::string name(int index) const;
  Address client_address(int index) const { return {.host = ip(index), .port = kClientPort}; }

  void Boot(int index);
  void Crash(int index, SimMachine::CrashKind kind) { machines_[index]->Crash(kind); }
  // Empties the disk of a machine whose node does not run.
  void LoseDisk(int index);
  // The node, which does not run, forgets that it is a voter and what it promised as one.
  void LoseVote(int index);

  bool running(int index) const { return machines_[index]->running(); }
  // Runs, or is about to.
  bool up(int index) const { return machines_[index]->up(); }
  // Null unless it runs.
  const NodeLike* node(int index) const {
    return static_cast<const NodeLike*>(machines_[index]->program());
  }
  // Null unless it runs and is a member of a cluster.
  const ClusterProbe* probe(int index) const;
  // All that run have reported; `why` tells what one has refused to start for.
  bool AllStarted(std::string& why) const;
  // The node whose actor this is, or -1.
  int IndexOf(Actor actor) const;

  // How HOLDFAST ADD-NODE is told of a node, and the words of HOLDFAST CREATE.
  std::string Description(int index) const;
  std::vector<std::string> CreateCommand() const;

 private:
  Kernel& kernel_;
  const Knobs knobs_;
  const NodeFactory factory_;
  std::vector<std::unique_ptr<SimMachine>> machines_;
};

}  // namespace holdfast
