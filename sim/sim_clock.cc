#include "sim/sim_clock.h"

#include "net/base/check.h"

namespace holdfast {

SimClock::SimClock(Kernel& kernel, const Options& options)
    : kernel_(kernel),
      drift_ppm_(options.drift_ppm),
      base_true_(kernel.now()),
      base_monotonic_(options.monotonic_start),
      wall_offset_(options.wall_start - options.monotonic_start) {}

Nanos SimClock::PeekMonotonic() const {
  const __int128 elapsed = (kernel_.now() - base_true_).value;
  return base_monotonic_ +
         Nanos{static_cast<int64_t>(elapsed * (1'000'000 + drift_ppm_) / 1'000'000)};
}

void SimClock::SetDrift(int64_t ppm) {
  CHECK_GT(ppm, -1'000'000);
  base_monotonic_ = PeekMonotonic();
  base_true_ = kernel_.now();
  drift_ppm_ = ppm;
}

}  // namespace holdfast
