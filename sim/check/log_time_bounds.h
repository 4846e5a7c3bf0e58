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
// 1. Earliest and Latest never fall, and Earliest(t) <= log_time(t) <= Latest(t) for a node that
// keeps
//    the rule.
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
  // Log_time starts as the wall clock at `true_time`.
  void Start(Nanos true_time, Nanos monotonic, Nanos wall);
  // What the machine's clocks say at a later time. `node_paused` means it could not react.
  void Sample(Nanos true_time, Nanos monotonic, Nanos wall, bool node_paused);

  Millis Earliest(Nanos true_time) const;
  Millis Latest(Nanos true_time) const;
  Model::Window Between(Nanos begin, Nanos end) const { return {Earliest(begin), Latest(end)}; }

 private:
  struct Point {
    Nanos true_time;
    Nanos slow;
    Nanos fast;
  };
  const Point& At(Nanos true_time) const;

  std::vector<Point> points_;
  Nanos monotonic_{};
  // Since when, by the monotonic clock, the node runs and the wall is ahead of `slow`, behind
  // `fast`.
  Nanos ahead_since_{};
  Nanos behind_since_{};
};

}  // namespace holdfast
