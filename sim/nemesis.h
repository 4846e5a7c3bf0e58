// Nemesis: the faults of one seed, each class with a sub-stream and a rhythm of its own.
//
// A class is on or off for the whole life of the seed. While the nemesis is active each class that
// is on strikes after an exponentially distributed time, again and again. Deactivated, it undoes
// what can be undone: links are open again and clocks run true.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/sim_runtime.h"

namespace holdfast {

class Nemesis {
 public:
  struct Target {
    SimMachine* machine = nullptr;
    // Called before and after the machine's clocks are bent.
    std::function<void()> clock_changes;
    // Called with the end of a pause.
    std::function<void(Nanos until)> paused;
  };
  Nemesis(Kernel& kernel, SimNetwork& network, Target target, std::vector<HostId> clients);
  ~Nemesis();
  Nemesis(const Nemesis&) = delete;
  Nemesis& operator=(const Nemesis&) = delete;

  void Activate();
  void Deactivate();
  uint64_t strikes() const { return strikes_; }
  // Connections broken so far, of which one end may never learn.
  uint64_t connections_broken() const { return connections_broken_; }

 private:
  enum Fault { kWallStep, kDrift, kPause, kBreak, kPartition, kFaults };
  struct Class {
    bool on = false;
    Nanos every_mean{};
    Draws draws;
  };

  void Schedule(Fault fault);
  void Strike(Fault fault, Draws& draws);
  void StepWall(Draws& draws);
  void Drift(Draws& draws);
  void Pause(Draws& draws);
  void Break(Draws& draws);
  void Partition(Draws& draws);
  void SetBlocked(HostId client, bool blocked, uint64_t directions);

  Kernel& kernel_;
  SimNetwork& network_;
  const Target target_;
  const std::vector<HostId> clients_;
  const Actor actor_;
  std::vector<Class> classes_;
  const int64_t own_drift_ppm_;
  bool active_ = false;
  uint64_t strikes_ = 0;
  uint64_t connections_broken_ = 0;
};

}  // namespace holdfast
