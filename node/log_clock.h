// LogClock: log_time, the only `now` that expiry knows.
//
// It starts at the wall clock's time and then advances with the monotonic clock. Where the two
// drift apart it is steered towards the wall clock by running at a rate of 0.99 to 1.01, so that a
// wall clock that jumps by an hour neither expires every key at once nor keeps any for an hour
// longer.
//
//   log_time = base_log + (monotonic - base_monotonic) * rate
//
// 1. It never falls, whatever the wall clock does.
// 2. Between two readings it advances by the monotonic difference, plus or minus one per cent.
//
// Readers take no lock: base and rate are replaced together under a sequence number.
#pragma once

#include <atomic>
#include <cstdint>

#include "net/base/types.h"
#include "net/runtime/clock.h"

namespace holdfast {

class LogClock {
 public:
  explicit LogClock(const Clock& clock);

  // Any thread.
  Millis Now() const { return ToMillis(At(clock_.Monotonic())); }
  Nanos At(Nanos monotonic) const;

  // Sets the rate anew from how far log_time is from the wall clock. To be called every 100 ms or
  // so, by one thread.
  void Steer();

  // Goes on from another clock's time: `log_time` was read `elapsed` ago or a little earlier. A
  // successor continues its predecessor's time with it, and so never falls behind what any record
  // or client has seen. Nobody may read meanwhile; by the thread that steers.
  void Continue(Nanos log_time, Nanos elapsed);

 private:
  // Within this distance of the wall clock the rate is 1.
  static constexpr Nanos kTolerance = Milliseconds(1);
  static constexpr int64_t kRateUnit = 100;

  void Replace(Nanos log_time, Nanos monotonic, int64_t rate_percent);
  // From base and rate as they are; means something only if they are not being replaced.
  Nanos Extrapolate(Nanos monotonic) const;

  const Clock& clock_;
  std::atomic<uint64_t> sequence_{0};  // odd while the three below are being replaced
  std::atomic<int64_t> base_log_;
  std::atomic<int64_t> base_monotonic_;
  std::atomic<int64_t> rate_percent_{kRateUnit};
};

}  // namespace holdfast
