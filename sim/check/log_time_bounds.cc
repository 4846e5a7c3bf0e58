#include "sim/check/log_time_bounds.h"

#include <algorithm>

#include "net/base/check.h"

namespace holdfast {

void LogTimeBounds::Start(Nanos true_time, Nanos monotonic, Nanos wall) {
  points_ = {{true_time, wall, wall}};
  monotonic_ = monotonic;
  ahead_since_ = monotonic;
  behind_since_ = monotonic;
}

void LogTimeBounds::Sample(Nanos true_time, Nanos monotonic, Nanos wall, bool node_paused) {
  CHECK(!points_.empty());
  const Point last = points_.back();
  const Nanos elapsed = monotonic - monotonic_;
  monotonic_ = monotonic;
  const Nanos wall_then = wall - elapsed;
  if (node_paused || wall_then - last.slow <= kTolerance) ahead_since_ = monotonic;
  if (node_paused || last.fast - wall_then <= kTolerance) behind_since_ = monotonic;
  const bool slow_one_hurries = monotonic - ahead_since_ >= kReactionMax;
  const bool fast_one_lingers = monotonic - behind_since_ >= kReactionMax;
  const Nanos one_percent{elapsed.value / 100 + 1};
  const Nanos slow_step = slow_one_hurries ? elapsed + one_percent : elapsed - one_percent;
  const Nanos fast_step = fast_one_lingers ? elapsed - one_percent : elapsed + one_percent;
  points_.push_back({true_time, last.slow + slow_step, last.fast + fast_step});
}

const LogTimeBounds::Point& LogTimeBounds::At(Nanos true_time) const {
  auto after =
      std::upper_bound(points_.begin(), points_.end(), true_time,
                       [](Nanos wanted, const Point& point) { return wanted < point.true_time; });
  return after == points_.begin() ? points_.front() : *std::prev(after);
}

Millis LogTimeBounds::Earliest(Nanos true_time) const {
  if (points_.empty()) return ToMillis(true_time);
  const Point& point = At(true_time);
  // Between samples a machine's clock drifts by 1 per cent at most, log_time by another.
  const int64_t since = std::max<int64_t>(0, (true_time - point.true_time).value);
  return ToMillis(point.slow + Nanos{since / 100 * 97});
}

Millis LogTimeBounds::Latest(Nanos true_time) const {
  if (points_.empty()) return ToMillis(true_time);
  if (true_time >= points_.back().true_time + Seconds(1'000'000)) return {INT64_MAX / 4};
  const Point& point = At(true_time);
  const int64_t since = std::max<int64_t>(0, (true_time - point.true_time).value);
  return ToMillis(point.fast + Nanos{since / 100 * 103 + 100});
}

}  // namespace holdfast
