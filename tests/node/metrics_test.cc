// What a scrape sees, as text.
#include "node/metrics.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"

namespace holdfast {
namespace {

using testing::HasSubstr;
using testing::Not;

MetricsSample Sample() {
  MetricsSample sample;
  sample.port = 6379;
  sample.run_id = "abc";
  sample.commands = {{.name = "get", .calls = 3, .nanos = 1'500'000'000, .failed = 1}};
  sample.databases[2] = {.keys = 7, .with_deadline = 4};
  sample.errors = {{"WRONG\"TYPE\\", 2}};
  return sample;
}

MetricsSample::Part Part() {
  ClusterStatus status{.self = {{1}, {11}}};
  status.configuration = {.version = 3,
                          .name = "shop",
                          .nodes = {{.id = {1}, .name = "n1", .host = "10.0.0.1"},
                                    {.id = {2}, .name = "n2", .host = "10.0.0.2"},
                                    {.id = {3}, .name = "n3", .host = "10.0.0.3"}},
                          .voters = {{1}, {2}, {3}},
                          .group = {.epoch = {4},
                                    .primary = {{1}, {11}},
                                    .in_sync = {{{1}, {11}}, {{2}, {22}}, {{3}, {33}}}}};
  status.group.role = GroupRole::kPrimary;
  status.group.condition = GroupCondition::kLed;
  status.group.tail = {120};
  status.group.commit = {100};
  status.group.lease_left = Milliseconds(700);
  status.group.peers = {{.identity = {{2}, {22}}, .in_sync = true, .held = {110}}};
  status.min_in_sync = 2;
  status.serving = true;
  Settings settings;
  settings.suspect_after_ms = 300;
  return {.status = status, .map = MapOf(status, settings), .failovers = 2};
}

TEST(Metrics, ANodeThatStandsAlone) {
  const std::string text = MetricsText(Sample());
  EXPECT_THAT(text, HasSubstr("# TYPE redis_up gauge\nredis_up 1\n"));
  EXPECT_THAT(text, HasSubstr("redis_commands_total{cmd=\"get\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("redis_commands_duration_seconds_total{cmd=\"get\"} 1.5\n"));
  EXPECT_THAT(text, HasSubstr("redis_db_keys{db=\"db2\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("redis_db_keys_expiring{db=\"db2\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("role=\"master\""));
  EXPECT_THAT(text, Not(HasSubstr("holdfast_epoch")));
}

TEST(Metrics, ClientsOfOtherNodes) {
  MetricsSample sample = Sample();
  sample.forwarded_clients = 5;
  sample.counters.requests_passed_on = 12;
  const std::string text = MetricsText(sample);
  EXPECT_THAT(text, HasSubstr("holdfast_forwarded_clients 5\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_requests_passed_on_total 12\n"));
}

TEST(Metrics, AFullSyncAsBothSidesSeeIt) {
  MetricsSample sample = Sample();
  sample.part = Part();
  EXPECT_THAT(MetricsText(sample), HasSubstr("holdfast_sync_received_bytes 0\n"));
  sample.part->status.sync_taken = {{{2}, 4096}, {{9}, 1}};
  sample.part->status.sync_received = 512;
  const std::string text = MetricsText(sample);
  EXPECT_THAT(text, HasSubstr("holdfast_member_sync_bytes{member=\"n2\"} 4096\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_sync_received_bytes 512\n"));
}

TEST(Metrics, LabelsAreEscaped) {
  EXPECT_THAT(MetricsText(Sample()),
              HasSubstr("redis_errors_total{err=\"WRONG\\\"TYPE\\\\\"} 2\n"));
}

TEST(Metrics, APrimary) {
  MetricsSample sample = Sample();
  sample.part = Part();
  const std::string text = MetricsText(sample);
  EXPECT_THAT(text, HasSubstr("holdfast_serving 1\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_role{role=\"primary\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_commit_lag_records 20\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_lease_margin_seconds 0.7\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_failovers_total 2\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_survivable_failures 1\n"));
  EXPECT_THAT(text, HasSubstr("holdfast_member_lag_records{member=\"n2\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("redis_connected_slave_offset_bytes{slave_ip=\"10.0.0.2\","
                              "slave_port=\"0\",slave_state=\"online\"} 110\n"));
}

TEST(Metrics, SurvivesNoMoreThanTheVotersDo) {
  MetricsSample sample = Sample();
  sample.part = Part();
  sample.part->map.voters_reachable = 2;
  EXPECT_THAT(MetricsText(sample), HasSubstr("holdfast_survivable_failures 0\n"));
  sample.part->map.voters_reachable = 1;
  EXPECT_THAT(MetricsText(sample), HasSubstr("holdfast_survivable_failures 0\n"));
}

TEST(Metrics, EveryFamilyIsToldOnceBeforeItsSamples) {
  MetricsSample sample = Sample();
  sample.part = Part();
  std::set<std::string> told;
  std::string family;
  const std::string text = MetricsText(sample);
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "#") {
      EXPECT_EQ(told.insert(words[2]).second, words[1] == "HELP") << line;
      family = words[2];
    } else {
      EXPECT_EQ(words[0].substr(0, words[0].find('{')), family) << line;
    }
  }
}

}  // namespace
}  // namespace holdfast
