// LogTimeBounds: between which two values log_time lies at an instant of true time.
//
// Log_time advances with a machine's monotonic clock at a rate of 0.99 to 1.01, steered towards the
// machine's wall clock. When exactly the rate changes is the node's affair, so what can be said is
// an interval between two clocks of which one is as slow and one as fast as the rule allows:
//
//   slow   runs at 0.99, but at 1.01 while the wall has been ahead of it for long enough
//   fast   runs at 1.01, but at 0.99 while the wall has been behind it for long enough
//
// "Long enough" is how late a node may notice; "ahead" and "behind" leave room for how far log_time
// strays meanwhile. After a step of the wall the two follow it in parallel, and once there they
// stay within a few milliseconds of it on both sides.
//
// With several machines log_time may follow any of their clocks: the slow one hurries only while
// all walls are ahead of it, and the fast one lingers only while all are behind. A successor starts
// where the news it had leaves it, which may be behind its predecessor, and takes its time to
// notice where its own wall is (Succeed). From the news on it has counted at rate 1 by its own
// clock, while the fast one may have lingered: so it may start ahead of that, by no more than the
// two can have come apart since the reign began.
//
// 1. Earliest(t) <= log_time(t) <= Latest(t) for a node that keeps the rule.
// 2. Latest never falls, and jumps only where a successor starts; Earliest falls where a successor
// starts, and nowhere else.
#pragma once

#include <cstdint>
#include <vector>

#include "net/base/types.h"
#include "sim/model.h"

namespace holdfast {

class LogTimeBounds {
 public:
  // Samples are to be taken this often.
  static constexpr Nanos kSampleEvery = Milliseconds(10);
  // How long a running node may take to notice that its wall clock is elsewhere.
  static constexpr Nanos kReactionMax = Milliseconds(120);
  // Nearer to the wall clock than this any rate is right: a millisecond that the rule allows, and
  // what two clocks at 0.99 and 1.01 come apart while the node has yet to notice.
  static constexpr Nanos kTolerance = Milliseconds(4);

  // Log_time equals `true_time` exactly; for histories without a clock of their own.
  LogTimeBounds() = default;
  // What one machine's clocks say. `paused` means its node could not react.
  struct Reading {
    Nanos monotonic{};
    Nanos wall{};
    bool paused = false;
  };
  // Log_time starts at `true_time` as the wall clock of one of the machines.
  void Start(Nanos true_time, const std::vector<Reading>& machines);
  // What the same machines' clocks say at a later time.
  void Sample(Nanos true_time, const std::vector<Reading>& machines);
  // A successor was seen to start at this log_time. At the time of the newest sample.
  void Succeed(Nanos true_time, Millis log_time);

  Millis Earliest(Nanos true_time) const;
  Millis Latest(Nanos true_time) const;
  // What log_time may be somewhere from `begin` to `end`.
  Model::Window Between(Nanos begin, Nanos end) const;

 private:
  struct Point {
    Nanos true_time;
    Nanos slow;
    Nanos fast;
  };
  const Point& At(Nanos true_time) const;

  struct Machine {
    Nanos monotonic{};
    // Since when, by the monotonic clock, the node runs and the wall is ahead of `slow`, behind
    // `fast`.
    Nanos ahead_since{};
    Nanos behind_since{};
  };
  std::vector<Point> points_;
  std::vector<Point> falls_;  // of the slow one
  Nanos reign_began_;         // in true time
  std::vector<Machine> machines_;
};

}  // namespace holdfast
