#include "node/latency_monitor.h"

#include "gtest/gtest.h"
#include "net/base/limits.h"

namespace holdfast {
namespace {

TEST(LatencyMonitorTest, KeepsTheWorstOfEachSecond) {
  LatencyMonitor monitor;
  monitor.Add("command", {.unix_seconds = 10, .milliseconds = 5});
  monitor.Add("command", {.unix_seconds = 10, .milliseconds = 9});
  monitor.Add("command", {.unix_seconds = 10, .milliseconds = 7});
  monitor.Add("command", {.unix_seconds = 11, .milliseconds = 3});
  const LatencyEvent event = monitor.Event("command");
  ASSERT_EQ(event.samples.size(), 2u);
  EXPECT_EQ(event.samples[0].milliseconds, 9);
  EXPECT_EQ(event.samples[1].milliseconds, 3);
  EXPECT_EQ(event.milliseconds_max, 9);
}

TEST(LatencyMonitorTest, KeepsTheNewestAndRemembersTheWorst) {
  LatencyMonitor monitor;
  monitor.Add("command", {.unix_seconds = 0, .milliseconds = 1000});
  for (size_t second = 1; second <= limits::kLatencySamplesMax; ++second) {
    monitor.Add("command", {.unix_seconds = static_cast<int64_t>(second), .milliseconds = 2});
  }
  const LatencyEvent event = monitor.Event("command");
  EXPECT_EQ(event.samples.size(), limits::kLatencySamplesMax);
  EXPECT_EQ(event.samples.front().unix_seconds, 1);
  EXPECT_EQ(event.milliseconds_max, 1000);
}

TEST(LatencyMonitorTest, ForgetsOneEventAndKeepsTheOthers) {
  LatencyMonitor monitor;
  monitor.Add("fast-command", {.unix_seconds = 1, .milliseconds = 1});
  monitor.Add("command", {.unix_seconds = 1, .milliseconds = 1});
  ASSERT_EQ(monitor.Events().size(), 2u);
  EXPECT_EQ(monitor.Events()[0].name, "command");
  EXPECT_TRUE(monitor.Forget("command"));
  EXPECT_FALSE(monitor.Forget("command"));
  EXPECT_TRUE(monitor.Event("command").samples.empty());
  EXPECT_EQ(monitor.Event("fast-command").samples.size(), 1u);
}

}  // namespace
}  // namespace holdfast
