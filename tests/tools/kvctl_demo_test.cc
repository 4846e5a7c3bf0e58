// What the failover demo counts, from records made by hand.

#include <gtest/gtest.h>

#include <algorithm>

#include "tools/kvctl/demo/record.h"
#include "tools/kvctl/demo/report.h"
#include "tools/kvctl/demo/traffic.h"

namespace holdfast::kvctl {
namespace {

using Kind = ReplyValue::Kind;

ReplyValue Ok() { return {.kind = Kind::kSimple, .text = "OK"}; }
ReplyValue Nil() { return {.kind = Kind::kNull}; }
ReplyValue Bulk(std::string text) { return {.kind = Kind::kBulk, .text = std::move(text)}; }
ReplyValue Error(std::string text) { return {.kind = Kind::kError, .text = std::move(text)}; }

class RecordTest : public ::testing::Test {
 protected:
  // A write or read that lasts from `begin` to `begin` + 10.
  void Set(const std::string& key, int64_t begin, ReplyValue reply) {
    Note(1, {"SET", key, "value of " + key}, begin, std::move(reply));
  }
  void Get(const std::string& key, int64_t begin, ReplyValue reply, uint32_t client = 2) {
    Note(client, {"GET", key}, begin, std::move(reply));
  }
  void Note(uint32_t client, Command command, int64_t begin, ReplyValue reply) {
    const size_t place = record_.NoteRequest(client, client, Nanos{begin}, std::move(command));
    record_.NoteReply(place, Nanos{begin + 10}, std::move(reply));
  }
  Tally Counted() const { return Count(record_.history()); }

  Record record_{"demo"};
};

TEST_F(RecordTest, WhatIsWrittenAndFoundIsInOrder) {
  Set("a", 0, Ok());
  Get("a", 20, Bulk("value of a"));
  Get("a", 40, Bulk("value of a"), kLastReader);
  const Tally tally = Counted();
  EXPECT_EQ(tally.acknowledged, 1u);
  EXPECT_EQ(tally.operations, 2u);
  EXPECT_EQ(tally.lost + tally.stale + tally.phantom + tally.indeterminate, 0u);
}

TEST_F(RecordTest, AnAcknowledgedWriteThatIsNotThereAtTheEndIsLost) {
  Set("a", 0, Ok());
  Get("a", 40, Nil(), kLastReader);
  EXPECT_EQ(Counted().lost, 1u);
}

TEST_F(RecordTest, OneThatNobodyAcknowledgedIsNot) {
  Set("a", 0, Error("INDETERMINATE the primary stepped down"));
  record_.NoteRequest(1, 1, Nanos{5}, {"SET", "b", "value of b"});  // no reply
  Set("c", 0, Error("READONLY"));
  for (const char* key : {"a", "b", "c"}) Get(key, 40, Nil(), kLastReader);
  EXPECT_EQ(Counted().lost, 0u);
  EXPECT_EQ(Counted().indeterminate, 2u);
}

TEST_F(RecordTest, AReadOfWhatWasBeforeAnAcknowledgedOrShownWriteIsStale) {
  Get("a", 0, Nil());
  Set("a", 5, Ok());
  Get("a", 12, Nil());  // they overlap
  EXPECT_EQ(Counted().stale, 0u);
  Get("a", 16, Nil());
  EXPECT_EQ(Counted().stale, 1u);
  Set("b", 0, Error("INDETERMINATE"));
  Get("b", 20, Bulk("value of b"));
  Get("b", 40, Nil());
  EXPECT_EQ(Counted().stale, 2u);
}

TEST_F(RecordTest, AReadOfWhatWasRefusedOrNeverWrittenIsAPhantom) {
  Set("a", 0, Error("TRYAGAIN"));
  Get("a", 20, Bulk("value of a"));
  Set("b", 0, Ok());
  Get("b", 20, Bulk("something else"));
  EXPECT_EQ(Counted().phantom, 2u);
}

TEST_F(RecordTest, TheLongestGapIsBetweenAcknowledgedWrites) {
  Set("a", 0, Ok());
  Set("b", 100, Error("TRYAGAIN"));
  Set("c", 190, Ok());
  EXPECT_EQ(record_.LongestGap(Nanos{0}, Nanos{210}), Nanos{190});
  EXPECT_EQ(record_.LongestGap(Nanos{150}, Nanos{400}), Nanos{200});
  EXPECT_EQ(record_.AcknowledgedSince(Nanos{50}), 1u);
}

TEST(DemoDoors, AThirdIsAtReplicasAndTheOthersTakeWhatThereIs) {
  Doors doors;
  const auto count = [&](Door door) {
    const std::vector<Door> chosen = DoorsOfClients(9, doors);
    return std::count(chosen.begin(), chosen.end(), door);
  };
  EXPECT_EQ(count(Door::kReplica), 3);
  EXPECT_EQ(count(Door::kPlain), 6);
  doors.sentinels = {{"127.0.0.1", 26379}};
  doors.cluster = true;
  EXPECT_EQ(count(Door::kReplica), 3);
  EXPECT_EQ(count(Door::kPlain), 2);
  EXPECT_EQ(count(Door::kSentinel), 2);
  EXPECT_EQ(count(Door::kCluster), 2);
}

TEST(DemoReport, TheLastLineSumsUp) {
  Summary summary;
  RoundResult round{.digests_equal = true, .linearizable = true};
  round.tally.acknowledged = 191'151;
  round.gap = Milliseconds(1076);
  summary.Add(round);
  EXPECT_TRUE(summary.ok());
  EXPECT_EQ(SummaryLine(summary),
            "1 round: 0 of 191,151 acknowledged writes lost, 0 stale reads, 0 phantoms, 0 "
            "indeterminate; longest write gap 1,076 ms; digests equal; linearizable\n");
  round.digests_equal = false;
  summary.Add(round);
  EXPECT_FALSE(summary.ok());
  EXPECT_NE(SummaryLine(summary).find("digests differ in 1 round"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::kvctl
