// Nemesis: makes a run's faults happen (sim/fault.h), and undoes them when it is time to heal.
//
//   Begin(0) .. faults of phase 0 .. Heal .. Begin(1) .. faults of phase 1 .. Heal or HealCore
//
// 1. A directed link is blocked while at least one cut blocks it.
// 2. A node is ended only if whoever judges allows it: what a fault may destroy is limited, so that
//    every failure is a mistake of the nodes and never "too many faults".
// 3. After Heal everything that can be undone is: links are open, clocks run true, nodes run. After
//    HealCore that holds for the core only; who is outside stays as it is and is cut off from all
//    other nodes, for ever.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sim/deployment.h"
#include "sim/fault.h"

namespace holdfast {

class Nemesis {
 public:
  struct Options {
    Kernel* kernel = nullptr;
    SimNetwork* network = nullptr;
    Deployment* deployment = nullptr;
    std::vector<Fault> faults;
    std::function<std::vector<HostId>()> clients;
    // Called before and after a node's clocks are bent.
    std::function<void()> clock_changes;
    // Called with the end of a pause.
    std::function<void(int node, Nanos until)> paused;
    // Whether the node may be ended, and its disk be lost with it, at this moment.
    struct Loss {
      int node = 0;
      bool power = false;
      bool disk = false;
    };
    std::function<bool(const Loss&)> may_end;
    std::function<bool()> may_lose_power;
    std::function<void(const Fault&)> operate;
    // Told that a node's disk fails a sync, and that a node has lost what it knew as a voter.
    std::function<void(int node)> sync_failed;
    std::function<void(int node)> vote_lost;
    // Told of what happens; node -1: to all.
    std::function<void(int node, std::string what)> tell;
  };
  explicit Nemesis(Options options);
  ~Nemesis();
  Nemesis(const Nemesis&) = delete;
  Nemesis& operator=(const Nemesis&) = delete;

  void Begin(int64_t phase);
  void Heal() { HealCore((uint64_t{1} << options_.deployment->size()) - 1); }
  // A bit per node of the core.
  void HealCore(uint64_t core);
  // The node says so.
  void OnVulnerable(int node, Vulnerable moment);
  // The node stops by itself; its process ends, and somebody starts it again.
  void OnHalt(int node);

  uint64_t strikes() const { return strikes_; }
  // Nodes whose disk was lost: a bit each.
  uint64_t diskless() const { return diskless_; }
  bool power_was_lost() const { return power_was_lost_; }

 private:
  using Link = std::pair<uint32_t, uint32_t>;

  void Strike(const Fault& fault);
  void Clock(const Fault& fault);
  void Connection(const Fault& fault);
  void SlowLink(const Fault& fault);
  void Swizzle(const Fault& fault);
  void SyncError(const Fault& fault);
  void EndNode(const Fault& fault);
  void BootLater(int node, Nanos delay);
  void PowerLoss(const Fault& fault);

  HostId host(int node) const { return options_.deployment->machine(node).host(); }
  // The links that a cut of this shape blocks.
  std::vector<Link> LinksOf(const Fault& fault) const;
  bool Separated(const Fault& fault, int from, int to) const;
  void Cut(std::vector<Link> links, Nanos length);
  void Block(Link link);
  void Unblock(Link link);
  void Later(Nanos delay, absl::string_view name, std::function<void()> act);

  const Options options_;
  const Actor actor_;
  std::vector<int64_t> own_drifts_;
  std::map<Link, int> blocked_;
  std::set<Link> slow_;
  std::map<int64_t, Fault> waiting_;  // those that wait for a moment, by id
  std::map<int, Fault> halting_;      // by node: what it is about to stop for
  uint64_t generation_ = 0;           // of faults whose ends are still to come; heal ends them all
  uint64_t strikes_ = 0;
  uint64_t diskless_ = 0;
  bool power_was_lost_ = false;
};

}  // namespace holdfast
