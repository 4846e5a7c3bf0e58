#include "node/log_clock.h"

#include <atomic>
#include <cstdlib>
#include <thread>

#include "gtest/gtest.h"
#include "net/base/random.h"

namespace holdfast {
namespace {

class ManualClock : public Clock {
 public:
  Nanos Monotonic() const override { return {monotonic_.load()}; }
  Nanos Wall() const override { return {wall_.load()}; }
  // Time passes for both.
  void Advance(Nanos span) {
    monotonic_ += span.value;
    wall_ += span.value;
  }
  void StepWall(Nanos span) { wall_ += span.value; }

 private:
  std::atomic<int64_t> monotonic_{Seconds(1000).value};
  std::atomic<int64_t> wall_{Seconds(1'700'000'000).value};
};

constexpr Nanos kSteerInterval = Milliseconds(100);

// Lets time pass and steers as the background loop does.
void PassTime(ManualClock& clock, LogClock& log_clock, Nanos span) {
  for (Nanos passed{}; passed < span; passed += kSteerInterval) {
    clock.Advance(kSteerInterval);
    log_clock.Steer();
  }
}

TEST(LogClockTest, StartsAtTheWallClockAndFollowsTheMonotonicOne) {
  ManualClock clock;
  LogClock log_clock(clock);
  EXPECT_EQ(log_clock.Now(), ToMillis(clock.Wall()));
  clock.Advance(Seconds(5));
  EXPECT_EQ(log_clock.Now(), ToMillis(clock.Wall()));
}

TEST(LogClockTest, AWallClockThatJumpsAheadIsApproachedByOnePercent) {
  ManualClock clock;
  LogClock log_clock(clock);
  const Millis before = log_clock.Now();
  clock.StepWall(Seconds(3600));
  log_clock.Steer();
  EXPECT_EQ(log_clock.Now(), before);
  PassTime(clock, log_clock, Seconds(100));
  EXPECT_NEAR(static_cast<double>((log_clock.Now() - before).value), 101'000, 100);
}

TEST(LogClockTest, ASuccessorContinuesItsPredecessorsTime) {
  ManualClock clock;
  LogClock log_clock(clock);
  const Nanos heard = clock.Wall() + Seconds(30);
  clock.Advance(Seconds(2));
  log_clock.Continue(heard, Seconds(2));
  EXPECT_EQ(log_clock.Now(), ToMillis(heard + Seconds(2)));
  clock.Advance(Seconds(1));
  EXPECT_EQ(log_clock.Now(), ToMillis(heard + Seconds(3)));
  // From then on it is steered like any other.
  log_clock.Steer();
  PassTime(clock, log_clock, Seconds(4000));
  EXPECT_NEAR(static_cast<double>((log_clock.Now() - ToMillis(clock.Wall())).value), 0, 2);
}

TEST(LogClockTest, AWallClockThatJumpsBackNeitherStopsNorReversesTime) {
  ManualClock clock;
  LogClock log_clock(clock);
  const Millis before = log_clock.Now();
  clock.StepWall(Seconds(-3600));
  log_clock.Steer();
  EXPECT_EQ(log_clock.Now(), before);
  PassTime(clock, log_clock, Seconds(100));
  EXPECT_NEAR(static_cast<double>((log_clock.Now() - before).value), 99'000, 100);
}

TEST(LogClockTest, ASmallStepIsMadeUpFor) {
  ManualClock clock;
  LogClock log_clock(clock);
  clock.StepWall(Milliseconds(200));
  PassTime(clock, log_clock, Seconds(30));
  EXPECT_LE(std::abs((log_clock.Now() - ToMillis(clock.Wall())).value), 2);
  PassTime(clock, log_clock, Seconds(30));
  EXPECT_LE(std::abs((log_clock.Now() - ToMillis(clock.Wall())).value), 2);
}

TEST(LogClockTest, NeverFallsAndKeepsTheRateUnderAnyWallClock) {
  ManualClock clock;
  LogClock log_clock(clock);
  Prng prng(7);
  for (int step = 0; step < 20'000; ++step) {
    const Nanos before = log_clock.At(clock.Monotonic());
    const auto span = static_cast<int64_t>(prng.Below(200'000'000));
    if (prng.Chance(1, 10)) {
      clock.StepWall({static_cast<int64_t>(prng.Below(20'000'000'000)) - 10'000'000'000});
    }
    if (prng.Chance(1, 2)) log_clock.Steer();
    EXPECT_GE(log_clock.At(clock.Monotonic()), before);
    clock.Advance({span});
    const int64_t advanced = (log_clock.At(clock.Monotonic()) - before).value;
    // One nanosecond for each rounding.
    EXPECT_GE(advanced, span - span / 100 - 2);
    EXPECT_LE(advanced, span + span / 100 + 2);
  }
}

// A clock that goes on with every look at it.
class TickingClock : public Clock {
 public:
  Nanos Monotonic() const override { return {ticks_.fetch_add(10'000)}; }
  Nanos Wall() const override { return {ticks_.load() + wall_offset_.load()}; }
  void set_wall_offset(Nanos offset) { wall_offset_ = offset.value; }

 private:
  mutable std::atomic<int64_t> ticks_{1};
  std::atomic<int64_t> wall_offset_{0};
};

TEST(LogClockTest, ReadersOnOtherThreadsSeeItRiseWhileTheRateChanges) {
  TickingClock clock;
  LogClock log_clock(clock);
  std::atomic<int> reading{2};
  const auto read = [&] {
    Nanos last{};
    int falls = 0;
    for (int i = 0; i < 200'000; ++i) {
      const Nanos now = log_clock.At(clock.Monotonic());
      falls += now < last;
      last = now;
    }
    EXPECT_EQ(falls, 0);
    --reading;
  };
  std::thread one(read), other(read);
  for (bool ahead = false; reading > 0; ahead = !ahead) {
    clock.set_wall_offset(ahead ? Seconds(60) : Seconds(-60));
    log_clock.Steer();
  }
  one.join();
  other.join();
}

}  // namespace
}  // namespace holdfast
