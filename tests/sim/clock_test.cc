#include <gtest/gtest.h>

#include "sim/sim_clock.h"

namespace holdfast {
namespace {

TEST(SimClock, DriftBendsBothClocks) {
  Kernel kernel(1);
  SimClock clock(kernel,
                 {.monotonic_start = Seconds(5), .wall_start = Seconds(1000), .drift_ppm = 200});
  kernel.RunUntil(Seconds(100));
  EXPECT_EQ(clock.PeekMonotonic(), Seconds(105) + Milliseconds(20));
  EXPECT_EQ(clock.PeekWall(), Seconds(1100) + Milliseconds(20));
}

TEST(SimClock, StepsMoveTheWallOnly) {
  Kernel kernel(1);
  SimClock clock(kernel, {.wall_start = Seconds(1000)});
  clock.StepWall(Seconds(-10));
  EXPECT_EQ(clock.PeekWall(), Seconds(990));
  EXPECT_EQ(clock.PeekMonotonic(), Nanos{});
}

TEST(SimClock, MonotonicNeverFallsAcrossChangesOfDrift) {
  Kernel kernel(1);
  SimClock clock(kernel, {.drift_ppm = 10'000});
  Draws draws(1, "drift", 0);
  Nanos last{};
  for (int i = 0; i < 10'000; ++i) {
    kernel.RunUntil(kernel.now() + draws.Between(Nanos{}, Microseconds(10)));
    clock.SetDrift(draws.Between(-10'000, 10'000));
    clock.StepWall(draws.Between(Seconds(-10), Seconds(10)));
    const Nanos now = clock.Monotonic();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(SimClock, WaitingForTheClockComesToAnEnd) {
  Kernel kernel(1);
  SimClock clock(kernel, {});
  const Nanos until = clock.Monotonic() + Microseconds(1);
  int readings = 0;
  while (clock.Monotonic() < until) ++readings;
  EXPECT_EQ(readings, Microseconds(1).value / SimClock::kReadingCost.value - 1);
  EXPECT_GE(kernel.now(), Microseconds(1));
}

}  // namespace
}  // namespace holdfast
