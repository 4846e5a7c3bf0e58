#include "node/log_clock.h"

namespace holdfast {

LogClock::LogClock(const Clock& clock)
    : clock_(clock), base_log_(clock.Wall().value), base_monotonic_(clock.Monotonic().value) {}

Nanos LogClock::At(Nanos monotonic) const {
  for (;;) {
    const uint64_t before = sequence_.load(std::memory_order_acquire);
    const int64_t base_log = base_log_.load(std::memory_order_relaxed);
    const int64_t base_monotonic = base_monotonic_.load(std::memory_order_relaxed);
    const int64_t rate = rate_percent_.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 != 0 || sequence_.load(std::memory_order_relaxed) != before) continue;
    const int64_t elapsed = monotonic.value - base_monotonic;
    // A reading from just before the base was replaced counts as the base: time never falls.
    if (elapsed <= 0) return {base_log};
    return {base_log + elapsed / kRateUnit * rate + elapsed % kRateUnit * rate / kRateUnit};
  }
}

void LogClock::Steer() {
  const Nanos monotonic = clock_.Monotonic();
  const Nanos log_time = At(monotonic);
  const Nanos ahead = log_time - clock_.Wall();
  int64_t rate = kRateUnit;
  if (ahead > kTolerance) rate = kRateUnit - 1;
  if (ahead < Nanos{-kTolerance.value}) rate = kRateUnit + 1;
  const uint64_t sequence = sequence_.load(std::memory_order_relaxed);
  sequence_.store(sequence + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  base_log_.store(log_time.value, std::memory_order_relaxed);
  base_monotonic_.store(monotonic.value, std::memory_order_relaxed);
  rate_percent_.store(rate, std::memory_order_relaxed);
  sequence_.store(sequence + 2, std::memory_order_release);
}

}  // namespace holdfast
