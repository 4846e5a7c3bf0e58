// LatencyMonitor: the spikes of late, by event, for LATENCY.
//
//   "command"       commands that took latency-monitor-threshold or longer
//   "fast-command"  the same for commands that are flagged as fast
//
// An event keeps its newest samples, at most one per second: of the spikes of one second the worst.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holdfast {

struct LatencySample {
  int64_t unix_seconds = 0;
  int64_t milliseconds = 0;
};

struct LatencyEvent {
  std::string name;
  std::deque<LatencySample> samples;  // oldest first
  int64_t milliseconds_max = 0;       // ever, also of samples no longer kept
};

class LatencyMonitor {
 public:
  // Any thread, as all others.
  void Add(absl::string_view event, const LatencySample& sample);
  // By name.
  std::vector<LatencyEvent> Events() const;
  // The event, without samples if there were none.
  LatencyEvent Event(absl::string_view name) const;
  // False if there was no such event.
  bool Forget(absl::string_view event);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, LatencyEvent> events_;
};

}  // namespace holdfast
