#include "node/latency_monitor.h"

#include <algorithm>

#include "net/base/limits.h"

namespace holdfast {

void LatencyMonitor::Add(absl::string_view name, const LatencySample& sample) {
  std::lock_guard hold(mutex_);
  LatencyEvent& event = events_[std::string(name)];
  event.name = std::string(name);
  event.milliseconds_max = std::max(event.milliseconds_max, sample.milliseconds);
  std::deque<LatencySample>& samples = event.samples;
  if (!samples.empty() && samples.back().unix_seconds == sample.unix_seconds) {
    samples.back().milliseconds = std::max(samples.back().milliseconds, sample.milliseconds);
    return;
  }
  samples.push_back(sample);
  if (samples.size() > limits::kLatencySamplesMax) samples.pop_front();
}

std::vector<LatencyEvent> LatencyMonitor::Events() const {
  std::lock_guard hold(mutex_);
  std::vector<LatencyEvent> events;
  for (const auto& [name, event] : events_) events.push_back(event);
  return events;
}

LatencyEvent LatencyMonitor::Event(absl::string_view name) const {
  std::lock_guard hold(mutex_);
  const auto found = events_.find(std::string(name));
  return found == events_.end() ? LatencyEvent{.name = std::string(name)} : found->second;
}

bool LatencyMonitor::Forget(absl::string_view name) {
  std::lock_guard hold(mutex_);
  return events_.erase(std::string(name)) > 0;
}

}  // namespace holdfast
