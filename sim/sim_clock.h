// SimClock: the clocks of one machine, bent.
//
//   monotonic = base + (true time - base's true time) * (1 + drift / 10^6)
//   wall      = monotonic + offset                      offset: set at start, changed by steps
//
// True time is the kernel's; no node ever sees it. Drift bends both clocks, a step only the wall.
//
// 1. Monotonic never falls: a change of drift starts a new straight line where the old one ended.
// 2. A reading costs kReadingCost of true time, so that a loop which waits for the clock comes to
// an
//    end and two readings in one callback differ, as they do on a machine.
#pragma once

#include "net/runtime/clock.h"
#include "sim/kernel.h"

namespace holdfast {

class SimClock : public Clock {
 public:
  static constexpr Nanos kReadingCost{20};

  struct Options {
    Nanos monotonic_start{};
    Nanos wall_start{};
    int64_t drift_ppm = 0;
  };
  SimClock(Kernel& kernel, const Options& options);

  Nanos Monotonic() const override {
    kernel_.Spend(kReadingCost);
    return PeekMonotonic();
  }
  Nanos Wall() const override { return Monotonic() + wall_offset_; }

  // The same without the cost, for whoever judges a run.
  Nanos PeekMonotonic() const;
  Nanos PeekWall() const { return PeekMonotonic() + wall_offset_; }

  int64_t drift_ppm() const { return drift_ppm_; }
  void SetDrift(int64_t ppm);
  void StepWall(Nanos by) { wall_offset_ += by; }

 private:
  Kernel& kernel_;
  int64_t drift_ppm_;
  Nanos base_true_;
  Nanos base_monotonic_;
  Nanos wall_offset_;
};

}  // namespace holdfast
