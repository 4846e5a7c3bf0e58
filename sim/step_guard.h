// StepGuard: whether the process is inside a simulated step.
//
// The simulator binary replaces the C library's clocks, random numbers and thread creation
// (sim/traps.cc) by versions that abort while a guard lives: whatever a step needs of those has to
// come through net/runtime, or a seed could not be replayed.
#pragma once

namespace holdfast {

class StepGuard {
 public:
  StepGuard() { inside_ = true; }
  ~StepGuard() { inside_ = false; }
  StepGuard(const StepGuard&) = delete;
  StepGuard& operator=(const StepGuard&) = delete;

  static bool inside() { return inside_; }

 private:
  static inline bool inside_ = false;
};

}  // namespace holdfast
