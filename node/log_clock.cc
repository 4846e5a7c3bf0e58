#include "node/log_clock.h"

#include "net/base/planted_bug.h"

namespace holdfast {

LogClock::LogClock(const Clock& clock)
    : clock_(clock), base_log_(clock.Wall().value), base_monotonic_(clock.Monotonic().value) {}

Nanos LogClock::At(Nanos monotonic) const {
  if (BUG("expiry-by-wall-clock")) return clock_.Wall();
  for (;;) {
    const uint64_t before = sequence_.load(std::memory_order_acquire);
    const Nanos log_time = Extrapolate(monotonic);
    if (before % 2 == 0 && sequence_.load(std::memory_order_relaxed) == before) return log_time;
  }
}

Nanos LogClock::Extrapolate(Nanos monotonic) const {
  // Acquiring: who sees one of the new values also sees the sequence number that came before it,
  // odd.
  const int64_t base_log = base_log_.load(std::memory_order_acquire);
  const int64_t rate = rate_percent_.load(std::memory_order_acquire);
  const int64_t elapsed = monotonic.value - base_monotonic_.load(std::memory_order_acquire);
  // A reading from just before the base was replaced counts as the base: time never falls.
  if (elapsed <= 0) return {base_log};
  return {base_log + elapsed / kRateUnit * rate + elapsed % kRateUnit * rate / kRateUnit};
}

void LogClock::Steer() {
  // Readers wait from here on. One that went on with the old rate while the new base is made could
  // see a later time than the next reader.
  sequence_.fetch_add(1, std::memory_order_acq_rel);
  const Nanos monotonic = clock_.Monotonic();
  const Nanos log_time = Extrapolate(monotonic);
  const Nanos ahead = log_time - clock_.Wall();
  int64_t rate = kRateUnit;
  if (ahead > kTolerance) rate = kRateUnit - 1;
  if (ahead < Nanos{-kTolerance.value}) rate = kRateUnit + 1;
  Replace(log_time, monotonic, rate);
}

void LogClock::Continue(Nanos log_time, Nanos elapsed) {
  if (BUG("log-time-falls-on-failover")) return;
  sequence_.fetch_add(1, std::memory_order_acq_rel);
  Replace(log_time + elapsed, clock_.Monotonic(), kRateUnit);
}

// The sequence number is odd already.
void LogClock::Replace(Nanos log_time, Nanos monotonic, int64_t rate_percent) {
  base_log_.store(log_time.value, std::memory_order_release);
  base_monotonic_.store(monotonic.value, std::memory_order_release);
  rate_percent_.store(rate_percent, std::memory_order_release);
  sequence_.fetch_add(1, std::memory_order_release);
}

}  // namespace holdfast
