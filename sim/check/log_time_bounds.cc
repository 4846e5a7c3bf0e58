#include "sim/check/log_time_bounds.h"

#include <algorithm>
#include <utility>

#include "net/base/check.h"

namespace holdfast {

void LogTimeBounds::Start(Nanos true_time, const std::vector<Reading>& machines) {
  CHECK(!machines.empty());
  Point first{true_time, machines[0].wall, machines[0].wall};
  machines_.clear();
  for (const Reading& reading : machines) {
    first.slow = std::min(first.slow, reading.wall);
    first.fast = std::max(first.fast, reading.wall);
    machines_.push_back({reading.monotonic, reading.monotonic, reading.monotonic});
  }
  points_ = {first};
  falls_.clear();
  reign_began_ = true_time;
}

void LogTimeBounds::Sample(Nanos true_time, const std::vector<Reading>& machines) {
  CHECK_EQ(machines.size(), machines_.size());
  const Point last = points_.back();
  bool slow_one_hurries = true;
  bool fast_one_lingers = true;
  Nanos shortest = machines[0].monotonic - machines_[0].monotonic;
  Nanos longest = shortest;
  for (size_t i = 0; i < machines.size(); ++i) {
    const Reading& reading = machines[i];
    Machine& machine = machines_[i];
    const Nanos elapsed = reading.monotonic - machine.monotonic;
    shortest = std::min(shortest, elapsed);
    longest = std::max(longest, elapsed);
    machine.monotonic = reading.monotonic;
    const Nanos wall_then = reading.wall - elapsed;
    if (reading.paused || wall_then - last.slow <= kTolerance) {
      machine.ahead_since = reading.monotonic;
    }
    if (reading.paused || last.fast - wall_then <= kTolerance) {
      machine.behind_since = reading.monotonic;
    }
    slow_one_hurries &= reading.monotonic - machine.ahead_since >= kReactionMax;
    fast_one_lingers &= reading.monotonic - machine.behind_since >= kReactionMax;
  }
  const auto one_percent = [](Nanos time) { return Nanos{time.value / 100 + 1}; };
  const Nanos slow_step =
      slow_one_hurries ? shortest + one_percent(shortest) : shortest - one_percent(shortest);
  const Nanos fast_step =
      fast_one_lingers ? longest - one_percent(longest) : longest + one_percent(longest);
  points_.push_back({true_time, last.slow + slow_step, last.fast + fast_step});
}

void LogTimeBounds::Succeed(Nanos true_time, Millis log_time) {
  if (points_.empty()) return;
  CHECK_EQ(points_.back().true_time, true_time);
  for (Machine& machine : machines_) {
    machine.ahead_since = machine.behind_since = machine.monotonic;
  }
  // One per cent of lingering, and another of a clock that runs fast; log_time is cut to
  // milliseconds.
  const Nanos reign = true_time - std::exchange(reign_began_, true_time);
  const Nanos begins = ToNanos(log_time) + Milliseconds(1);
  if (begins <= points_.back().fast + Nanos{reign.value / 50} + Milliseconds(1)) {
    points_.back().fast = std::max(points_.back().fast, begins);
  }
  if (Earliest(true_time) <= log_time) return;
  points_.back().slow = ToNanos(log_time);
  falls_.push_back(points_.back());
}

Model::Window LogTimeBounds::Between(Nanos begin, Nanos end) const {
  Model::Window window{Earliest(begin), Latest(end)};
  for (const Point& fall : falls_) {
    if (begin < fall.true_time && fall.true_time <= end) {
      window.earliest = std::min(window.earliest, ToMillis(fall.slow));
    }
  }
  return window;
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
