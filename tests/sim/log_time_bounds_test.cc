#include "sim/check/log_time_bounds.h"

#include <gtest/gtest.h>

#include "sim/kernel.h"
#include "sim/sim_clock.h"

namespace holdfast {
namespace {

// A node's log_time by the rule: looked at every 50 ms, within a millisecond of the wall at rate 1.
class ReferenceLogClock {
 public:
  ReferenceLogClock(Nanos monotonic, Nanos wall) : monotonic_(monotonic), log_(wall) {}
  Nanos At(Nanos monotonic) const {
    return log_ + Nanos{(monotonic - monotonic_).value / 100 * percent_};
  }
  void Steer(Nanos monotonic, Nanos wall) {
    log_ = At(monotonic);
    monotonic_ = monotonic;
    const Nanos ahead = log_ - wall;
    percent_ = ahead > Milliseconds(1) ? 99 : ahead < Milliseconds(-1) ? 101 : 100;
  }

 private:
  Nanos monotonic_;
  Nanos log_;
  int64_t percent_ = 100;
};

TEST(LogTimeBounds, HoldUnderStepsDriftAndPauses) {
  int64_t widest = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Kernel kernel(seed);
    Draws draws(seed, "bounds", 0);
    SimClock clock(kernel, {.wall_start = Seconds(1000), .drift_ppm = draws.Between(-200, 200)});
    ReferenceLogClock log(clock.PeekMonotonic(), clock.PeekWall());
    LogTimeBounds bounds;
    bounds.Start(kernel.now(), {{clock.PeekMonotonic(), clock.PeekWall()}});
    std::vector<std::pair<Nanos, Nanos>> truth;
    Nanos paused_until{};
    const auto sample = [&] {
      bounds.Sample(kernel.now(),
                    {{clock.PeekMonotonic(), clock.PeekWall(), kernel.now() < paused_until}});
    };
    for (int tick = 1; tick <= 6000; ++tick) {
      kernel.RunUntil(Milliseconds(10 * tick));
      if (draws.Chance({1, 500})) {
        sample();
        clock.StepWall(draws.Between(Seconds(-2), Seconds(2)));
      }
      if (draws.Chance({1, 800})) paused_until = kernel.now() + draws.Between({}, Seconds(2));
      if (draws.Chance({1, 1000})) clock.SetDrift(draws.Between(-10'000, 10'000));
      sample();
      const bool steers = (tick + static_cast<int>(seed)) % 5 == 0 && kernel.now() >= paused_until;
      if (steers) log.Steer(clock.PeekMonotonic(), clock.PeekWall());
      truth.push_back({kernel.now(), log.At(clock.PeekMonotonic())});
    }
    for (const auto& [time, log_time] : truth) {
      ASSERT_LE(bounds.Earliest(time), ToMillis(log_time)) << "seed " << seed << " at " << time;
      ASSERT_GE(bounds.Latest(time), ToMillis(log_time)) << "seed " << seed << " at " << time;
      widest = std::max(widest, (bounds.Latest(time) - bounds.Earliest(time)).value);
    }
  }
  EXPECT_LT(widest, 300);
}

TEST(LogTimeBounds, AreNarrowOnceTheWallIsReached) {
  Kernel kernel(1);
  SimClock clock(kernel, {.wall_start = Seconds(1000)});
  LogTimeBounds bounds;
  bounds.Start(kernel.now(), {{clock.PeekMonotonic(), clock.PeekWall()}});
  clock.StepWall(Milliseconds(100));
  for (int tick = 1; tick <= 3000; ++tick) {
    kernel.RunUntil(Milliseconds(10 * tick));
    bounds.Sample(kernel.now(), {{clock.PeekMonotonic(), clock.PeekWall()}});
  }
  const Millis wall = ToMillis(clock.PeekWall());
  EXPECT_GE(bounds.Earliest(kernel.now()), wall - Millis{8});
  EXPECT_LE(bounds.Latest(kernel.now()), wall + Millis{8});
}

TEST(LogTimeBounds, ASuccessorStartsWhereItsNewsLeavesIt) {
  LogTimeBounds bounds;
  const auto sample = [&](Nanos time) { bounds.Sample(time, {{time, Seconds(1000) + time}}); };
  bounds.Start(Nanos{}, {{Nanos{}, Seconds(1000)}});
  for (int tick = 1; tick <= 100; ++tick) sample(Milliseconds(10 * tick));
  // Between two samples.
  const Nanos begins = Milliseconds(1'009);
  const Millis first = bounds.Earliest(begins) - Millis{50};
  sample(begins);
  bounds.Succeed(begins, first);
  sample(Milliseconds(1'010));
  EXPECT_EQ(bounds.Earliest(begins), first);
  EXPECT_LE(bounds.Earliest(Milliseconds(1'010)), first + Millis{1});
  // What began before it may have run after it.
  EXPECT_EQ(bounds.Between(Milliseconds(1'000), Milliseconds(1'020)).earliest, first);
  EXPECT_GT(bounds.Between(Milliseconds(1'000), Milliseconds(1'005)).earliest, first);
  // It cannot know yet that its wall is ahead.
  for (int tick = 102; tick <= 110; ++tick) sample(Milliseconds(10 * tick));
  EXPECT_LE(bounds.Earliest(Milliseconds(1'100)), first + Millis{91});
}

TEST(LogTimeBounds, ASuccessorMayStartAheadOfALingeringPredecessorButNotFarther) {
  for (const bool far : {false, true}) {
    LogTimeBounds bounds;
    bounds.Start(Nanos{}, {{Nanos{}, Seconds(1000)}});
    // The wall falls back by a second, so that the predecessor lingers at 0.99 for ten.
    for (Nanos now = LogTimeBounds::kSampleEvery; now <= Seconds(10);
         now += LogTimeBounds::kSampleEvery) {
      bounds.Sample(now, {{now, Seconds(999) + now}});
    }
    ASSERT_LT(bounds.Latest(Seconds(10)), Millis{1'009'950});
    // Its successor has counted at rate 1.
    const Millis starts{far ? 1'011'000 : 1'010'000};
    bounds.Succeed(Seconds(10), starts);
    EXPECT_EQ(bounds.Latest(Seconds(10)) >= starts, !far);
  }
}

TEST(LogTimeBounds, WithoutSamplesLogTimeIsTrueTime) {
  EXPECT_EQ(LogTimeBounds().Earliest(Milliseconds(5)), Millis{5});
  EXPECT_EQ(LogTimeBounds().Latest(Milliseconds(5)), Millis{5});
}

}  // namespace
}  // namespace holdfast
