// What a node tells of its cluster's past: events and epochs out of a sequence of statuses.
#include "node/chronicle.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "net/base/limits.h"
#include "nlohmann/json.hpp"

namespace holdfast {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class ManualClock : public Clock {
 public:
  Nanos Monotonic() const override { return now; }
  Nanos Wall() const override { return Seconds(1'000) + now; }
  Nanos now = Seconds(10);
};

class ManualLogger : public Logger {
 public:
  void Write(LogLevel, absl::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

constexpr Identity kOne{{1}, {11}};
constexpr Identity kTwo{{2}, {22}};
constexpr Identity kThree{{3}, {33}};

// As n2 sees a cluster of three.
ClusterStatus Status(uint64_t epoch, Identity primary, IdentitySet in_sync) {
  ClusterStatus status{.self = kTwo};
  status.configuration = {
      .version = epoch,
      .nodes = {{.id = {1}, .name = "n1"}, {.id = {2}, .name = "n2"}, {.id = {3}, .name = "n3"}},
      .group = {.epoch = {epoch}, .primary = primary, .in_sync = in_sync}};
  status.group.epoch = {epoch};
  status.group.primary = primary;
  status.group.condition = GroupCondition::kLed;
  status.group.role = primary == kTwo ? GroupRole::kPrimary : GroupRole::kReplica;
  return status;
}

ClusterStatus Following(ClusterStatus status) {
  status.group.attached = true;
  return status;
}

ClusterStatus Serving(ClusterStatus status) {
  status.serving = true;
  status.group.lease_left = Seconds(1);
  return status;
}

std::vector<std::string> Told(const ClusterStatus& before, const ClusterStatus& after) {
  std::vector<std::string> told;
  for (const Event& event : Differences(before, after)) {
    told.push_back(absl::StrCat(event.name, event.detail.empty() ? "" : " ", event.detail));
  }
  return told;
}

TEST(KindOf, FollowsFromTheSets) {
  const GroupConfiguration none;
  const GroupConfiguration first{.epoch = {1}, .primary = kOne, .in_sync = {kOne, kTwo}};
  const GroupConfiguration handed{.epoch = {2}, .primary = kTwo, .in_sync = {kOne, kTwo}};
  const GroupConfiguration taken{.epoch = {2}, .primary = kTwo, .in_sync = {kTwo}};
  const GroupConfiguration again{.epoch = {2}, .primary = {{2}, {23}}, .in_sync = {{{2}, {23}}}};
  EXPECT_EQ(KindOf(none, first), EpochKind::kFounding);
  EXPECT_EQ(KindOf(first, handed), EpochKind::kSwitchover);
  EXPECT_EQ(KindOf(first, taken), EpochKind::kFailover);
  EXPECT_EQ(KindOf(first, again), EpochKind::kRecovery);
}

TEST(Differences, NothingIsToldTwice) {
  const ClusterStatus status = Following(Status(1, kOne, {kOne, kTwo, kThree}));
  EXPECT_THAT(Told(status, status), ElementsAre());
}

TEST(Differences, AMemberLeavesAndReturns) {
  const ClusterStatus all = Status(1, kOne, {kOne, kTwo, kThree});
  const ClusterStatus two = Status(1, kOne, {kOne, kTwo});
  EXPECT_THAT(Told(all, two), ElementsAre("member-out-of-sync node=n3"));
  EXPECT_THAT(Told(two, all), ElementsAre("member-in-sync node=n3"));
}

TEST(Differences, ALeaseThatEndsIsNotAHandover) {
  const ClusterStatus serving = Serving(Status(1, kTwo, {kOne, kTwo}));
  ClusterStatus overdue = serving;
  overdue.serving = false;
  overdue.group.lease_left = {};
  EXPECT_THAT(Told(serving, overdue), ElementsAre("lease-lost"));
  ClusterStatus released = overdue;
  released.group.released = true;
  EXPECT_THAT(Told(serving, released), ElementsAre("serving-ended"));
}

TEST(Differences, SilenceAndSyncsOfOthers) {
  ClusterStatus before = Status(1, kTwo, {kOne, kTwo});
  before.group.peers = {{.identity = kOne, .in_sync = true}, {.identity = kThree}};
  ClusterStatus after = before;
  after.group.peers[0].silent = true;
  after.group.peers[1].syncing = true;
  after.unreachable = {{{1}, "refused"}};
  EXPECT_THAT(Told(before, after), ElementsAre("member-silent node=n1", "sync-began node=n3",
                                               "node-unreachable node=n1"));
  EXPECT_THAT(Told(after, before),
              ElementsAre("member-heard node=n1", "sync-ended node=n3", "node-reached node=n1"));
}

TEST(Chronicle, AFailoverIsMeasuredFromTheLastHeartbeat) {
  ManualClock clock;
  ManualLogger logger;
  Chronicle chronicle(clock, logger);
  chronicle.Look(Following(Status(1, kOne, {kOne, kTwo, kThree})));
  clock.now = clock.now + Milliseconds(1'000);
  ClusterStatus silent = Following(Status(1, kOne, {kOne, kTwo, kThree}));
  silent.group.since_heard = Milliseconds(950);
  chronicle.Look(silent);
  clock.now = clock.now + Milliseconds(100);
  chronicle.Look(Status(2, kTwo, {kTwo, kThree}));
  EXPECT_EQ(chronicle.History().back().unavailable, std::nullopt);
  clock.now = clock.now + Milliseconds(30);
  chronicle.Look(Serving(Status(2, kTwo, {kTwo, kThree})));
  const std::vector<EpochEntry> history = chronicle.History();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].kind, EpochKind::kFounding);
  EXPECT_EQ(history[1].kind, EpochKind::kFailover);
  EXPECT_EQ(history[1].from, "n1");
  EXPECT_EQ(history[1].to, "n2");
  EXPECT_EQ(history[1].unavailable, Millis{1'080});
  EXPECT_EQ(chronicle.failovers(), 1u);
  EXPECT_THAT(logger.lines, Contains("epoch-began epoch=2 lsn=0 kind=failover from=n1 to=n2"));
}

TEST(Chronicle, TheEpochThatANodeFindsWhenItStartsIsNotItsToTell) {
  ManualClock clock;
  ManualLogger logger;
  Chronicle chronicle(clock, logger);
  chronicle.Look(Status(7, kOne, {kOne, kTwo}));
  EXPECT_TRUE(chronicle.History().empty());
  for (const std::string& line : logger.lines) EXPECT_THAT(line, Not(testing::HasSubstr("began")));
}

TEST(Chronicle, KeepsTheNewest) {
  ManualClock clock;
  ManualLogger logger;
  Chronicle chronicle(clock, logger);
  for (size_t i = 0; i < limits::kEventsKept + 5; ++i) {
    chronicle.Add("halted", absl::StrCat("i=", i));
  }
  EXPECT_EQ(chronicle.Last(limits::kEventsKept * 2).size(), limits::kEventsKept);
  const std::vector<Event> last = chronicle.Last(2);
  ASSERT_EQ(last.size(), 2u);
  EXPECT_EQ(last[1].detail, absl::StrCat("i=", limits::kEventsKept + 4));
}

TEST(Json, HasTheFieldsThatToolsRead) {
  ManualClock clock;
  ManualLogger logger;
  Chronicle chronicle(clock, logger);
  chronicle.Look(Following(Status(1, kOne, {kOne, kTwo})));
  const auto events = nlohmann::json::parse(EventsJson("n2", chronicle.Last(1)));
  EXPECT_EQ(events.at(0).at("node"), "n2");
  EXPECT_EQ(events.at(0).at("event"), "epoch-began");
  EXPECT_EQ(events.at(0).at("epoch"), 1);
  EXPECT_EQ(events.at(0).at("at_ms"), 1'010'000);
  EXPECT_TRUE(events.at(0).contains("lsn") && events.at(0).contains("detail"));
  const auto history = nlohmann::json::parse(HistoryJson(chronicle.History()));
  EXPECT_EQ(history.at(0).at("kind"), "founding");
  EXPECT_EQ(history.at(0).at("to"), "n1");
  EXPECT_TRUE(history.at(0).at("unavailable_ms").is_null());
}

}  // namespace
}  // namespace holdfast
