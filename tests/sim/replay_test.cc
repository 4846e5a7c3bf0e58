#include "sim/check/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"

namespace holdfast {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

ReplyValue Integer(int64_t value) { return {.kind = ReplyValue::Kind::kInteger, .integer = value}; }
ReplyValue Bulk(std::string text) {
  return {.kind = ReplyValue::Kind::kBulk, .text = std::move(text)};
}
ReplyValue Ok() { return {.kind = ReplyValue::Kind::kSimple, .text = "OK"}; }
ReplyValue Nil() { return {}; }
ReplyValue Error(std::string text) {
  return {.kind = ReplyValue::Kind::kError, .text = std::move(text)};
}

// What one request was and what its node said of it. Times are milliseconds of true time; log_time
// is the end of the request unless said otherwise.
struct Line {
  uint32_t connection = 1;
  int64_t begin = 0;
  int64_t end = 0;
  uint64_t epoch = 1;
  uint64_t executed_at = 0;
  uint64_t depends_on = 0;
  int64_t log_time = -1;
  bool on_replica = false;
};

// Epoch 1 begins with a no-op at LSN 1; everything is committed unless said otherwise.
class Story {
 public:
  Story() { Reign(1, 0, 1, 1); }

  // The epoch appends first..last behind a record of epoch `before`.
  Story& Reign(uint64_t epoch, uint64_t before, uint64_t first, uint64_t last) {
    for (uint64_t lsn = first; lsn <= last; ++lsn) {
      evidence_.records.push_back(
          {.epoch = {epoch}, .lsn = {lsn}, .previous_epoch = {lsn == first ? before : epoch}});
    }
    return *this;
  }
  Story& Commit(uint64_t epoch, uint64_t lsn) {
    evidence_.commits.push_back({.epoch = {epoch}, .lsn = {lsn}});
    return *this;
  }
  Story& Do(const Line& line, absl::string_view command, ReplyValue reply) {
    Operation operation = Make(line, command);
    operation.outcome = OutcomeOf(reply);
    operation.end = Milliseconds(line.end);
    operation.reply = std::move(reply);
    history_.push_back(std::move(operation));
    return *this;
  }
  // No reply came.
  Story& Lost(const Line& line, absl::string_view command) {
    history_.push_back(Make(line, command));
    return *this;
  }
  // The node keeps quiet about the last request.
  Story& Unwitnessed() {
    evidence_.replies.pop_back();
    return *this;
  }
  Evidence& evidence() { return evidence_; }

  std::string Violation() const { return CheckReplay(history_, evidence_).violation; }

 private:
  Operation Make(const Line& line, absl::string_view command) {
    const uint64_t ordinal = history_.size();
    const int64_t log_time = line.log_time < 0 ? line.end : line.log_time;
    evidence_.replies.push_back({.connection = static_cast<int>(line.connection),
                                 .ordinal = ordinal,
                                 .epoch = {line.epoch},
                                 .executed_at = {line.executed_at},
                                 .depends_on = {line.depends_on},
                                 .log_time = {log_time},
                                 .on_replica = line.on_replica});
    return {.connection = line.connection,
            .server_connection = static_cast<int>(line.connection),
            .ordinal = ordinal,
            .commands = {absl::StrSplit(command, ' ')},
            .begin = Milliseconds(line.begin)};
  }

  History history_;
  Evidence evidence_;
};

TEST(Replay, AcceptsAPlainStory) {
  Story story;
  story.Reign(1, 1, 2, 4).Commit(1, 4);
  story.Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Ok())
      .Do({.begin = 6, .end = 9, .depends_on = 2}, "GET a", Bulk("1"))
      .Do({.begin = 10, .end = 12, .executed_at = 3}, "INCRBY a 5", Integer(6))
      .Do({.connection = 2, .begin = 1, .end = 20, .executed_at = 4}, "DEL a", Integer(1))
      .Do({.connection = 3, .begin = 13, .end = 22, .depends_on = 4}, "GET a", Nil());
  EXPECT_THAT(story.Violation(), IsEmpty());
}

TEST(Replay, ComparesEveryReplyWithTheLog) {
  Story story;
  story.Reign(1, 1, 2, 2).Commit(1, 2);
  story.Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Ok())
      .Do({.begin = 6, .end = 9, .depends_on = 2}, "GET a", Bulk("2"));
  EXPECT_THAT(story.Violation(), HasSubstr("the log says"));
}

TEST(Replay, FlushAllLeavesNothing) {
  Story story;
  story.Reign(1, 1, 2, 4).Commit(1, 4);
  story.Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Ok())
      .Do({.begin = 0, .end = 6, .executed_at = 3}, "SET b 1", Ok())
      .Do({.connection = 2, .begin = 7, .end = 9, .executed_at = 4}, "FLUSHALL", Ok())
      .Do({.begin = 10, .end = 12, .depends_on = 4}, "GET b", Nil());
  EXPECT_THAT(story.Violation(), IsEmpty());
  story.Do({.connection = 3, .begin = 10, .end = 13, .depends_on = 2}, "GET a", Bulk("1"));
  EXPECT_THAT(story.Violation(), HasSubstr("places against time"));
}

Model::Entry Text(std::string text, std::optional<Model::Window> deadline = std::nullopt) {
  return {.text = std::move(text), .deadline = deadline};
}

// `a` and `t`, which expires at 50, are set; then `a` is set once more. Log_time is 20 at LSN 3.
Story Snapshots(Lsn cut, std::map<std::string, Model::Entry> entries, int64_t log_time = 20) {
  Story story;
  story.Reign(1, 1, 2, 4).Commit(1, 4);
  story.evidence().records[2].log_time = {log_time};
  story.Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Ok())
      .Do({.begin = 0, .end = 6, .executed_at = 3}, "SET t 2 PXAT 50", Ok())
      .Do({.begin = 7, .end = 30, .executed_at = 4}, "SET a 3", Ok());
  story.evidence().snapshots.push_back(
      {.node = 1, .epoch = {1}, .cut = cut, .entries = std::move(entries)});
  return story;
}

TEST(Replay, ASnapshotHoldsWhatTheLogSaysAtItsCut) {
  const Model::Entry expiring = Text("2", {{{50}, {50}}});
  EXPECT_THAT(Snapshots({2}, {{"a", Text("1")}}).Violation(), IsEmpty());
  EXPECT_THAT(Snapshots({3}, {{"a", Text("1")}, {"t", expiring}}).Violation(), IsEmpty());
  EXPECT_THAT(Snapshots({4}, {{"a", Text("3")}, {"t", expiring}}).Violation(), IsEmpty());
  // Of another moment, without a key, without a deadline, with a key too many.
  EXPECT_THAT(Snapshots({3}, {{"a", Text("3")}, {"t", expiring}}).Violation(), HasSubstr("I8"));
  EXPECT_THAT(Snapshots({3}, {{"a", Text("1")}}).Violation(), HasSubstr("nothing for t"));
  EXPECT_THAT(Snapshots({3}, {{"a", Text("1")}, {"t", Text("2")}}).Violation(), HasSubstr("I8"));
  EXPECT_THAT(Snapshots({2}, {{"a", Text("1")}, {"t", expiring}}).Violation(), HasSubstr("I8"));
}

TEST(Replay, ASnapshotMayLackAKeyThatHadExpired) {
  EXPECT_THAT(Snapshots({3}, {{"a", Text("1")}}, 50).Violation(), IsEmpty());
}

TEST(Replay, ASnapshotShowsNothingThatWasUndone) {
  Story story;
  story.Reign(1, 1, 2, 4).Commit(1, 3);
  story.evidence().snapshots.push_back({.node = 1, .epoch = {1}, .cut = {4}});
  story.Reign(2, 1, 4, 5).Commit(2, 5);
  EXPECT_THAT(story.Violation(), HasSubstr("shows what was undone"));
}

TEST(Replay, MissesAnAcknowledgedWriteThatWasUndone) {
  Story story;
  story.Reign(1, 1, 2, 3).Commit(1, 2).Reign(2, 1, 3, 4).Commit(2, 4);
  story.Do({.begin = 0, .end = 5, .executed_at = 3}, "SET a 1", Ok());
  EXPECT_THAT(story.Violation(), HasSubstr("an acknowledged write is lost"));
}

TEST(Replay, ForgivesAWriteOfUnknownFateThatWasUndone) {
  Story story;
  story.Reign(1, 1, 2, 3).Commit(1, 2).Reign(2, 1, 3, 4).Commit(2, 4);
  story.Do({.begin = 0, .end = 5, .executed_at = 3}, "SET a 1", Error("INDETERMINATE stepped down"))
      .Lost({.begin = 0, .executed_at = 3}, "SET a 2")
      .Do({.connection = 2, .begin = 9, .end = 10, .epoch = 2, .depends_on = 3}, "GET a", Nil());
  EXPECT_THAT(story.Violation(), IsEmpty());
}

TEST(Replay, ExecutesAWriteOfUnknownFateThatSurvived) {
  Story story;
  story.Reign(1, 1, 2, 2).Commit(1, 2);
  story.Lost({.begin = 0, .executed_at = 2, .log_time = 3}, "SET a 1")
      .Do({.connection = 2, .begin = 9, .end = 10, .depends_on = 2}, "GET a", Bulk("1"));
  EXPECT_THAT(story.Violation(), IsEmpty());
}

TEST(Replay, ARefusalMustNotHaveHadAnEffect) {
  Story story;
  story.Reign(1, 1, 2, 2).Commit(1, 2);
  story.Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Error("TRYAGAIN later"));
  EXPECT_THAT(story.Violation(), HasSubstr("a refusal that had an effect"));
}

TEST(Replay, AReplyMustNotShowWhatWasUndone) {
  Story story;
  story.Reign(1, 1, 2, 3).Commit(1, 2).Reign(2, 1, 3, 3).Commit(2, 3);
  story.Lost({.begin = 0, .executed_at = 3}, "SET a 1")
      .Do({.connection = 2, .begin = 3, .end = 4, .depends_on = 3}, "GET a", Bulk("1"));
  EXPECT_THAT(story.Violation(), HasSubstr("a reply shows what was undone"));
}

TEST(Replay, AReadBehindItsSuccessorsWriteIsStale) {
  Story story;
  story.Reign(1, 1, 2, 2).Commit(1, 2).Reign(2, 1, 3, 4).Commit(2, 4);
  story.Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Ok())
      .Do({.connection = 2, .begin = 6, .end = 8, .epoch = 2, .executed_at = 4}, "SET a 2", Ok())
      .Do({.connection = 3, .begin = 9, .end = 10, .depends_on = 2}, "GET a", Bulk("1"));
  EXPECT_THAT(story.Violation(), HasSubstr("places against time"));
}

TEST(Replay, OneConnectionsRequestsStandInTheOrderSent) {
  Story story;
  story.Reign(1, 1, 2, 3).Commit(1, 3);
  story.Do({.begin = 0, .end = 5, .executed_at = 3}, "SET a 1", Ok())
      .Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 2", Ok());
  EXPECT_THAT(story.Violation(), HasSubstr("places against time"));
}

TEST(Replay, OneRecordBelongsToOneOperation) {
  Story story;
  story.Reign(1, 1, 2, 2).Commit(1, 2);
  story.Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Ok())
      .Do({.connection = 2, .begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Ok());
  EXPECT_THAT(story.Violation(), HasSubstr("two operations claim one record"));
}

TEST(Replay, EveryReplyHasAWitness) {
  Story story;
  story.Reign(1, 1, 2, 2).Commit(1, 2);
  story.Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Ok()).Unwitnessed();
  EXPECT_THAT(story.Violation(), HasSubstr("a reply that no node knows of"));
}

TEST(Replay, DeadlinesAreExact) {
  Story story;
  story.Reign(1, 1, 2, 2).Commit(1, 2);
  story.Do({.begin = 0, .end = 5, .executed_at = 2, .log_time = 100}, "SET a 1 PX 50", Ok())
      .Do({.begin = 6, .end = 7, .depends_on = 2, .log_time = 149}, "PTTL a", Integer(1));
  EXPECT_THAT(story.Violation(), IsEmpty());
  story.Do({.begin = 8, .end = 9, .depends_on = 2, .log_time = 150}, "GET a", Bulk("1"));
  EXPECT_THAT(story.Violation(), HasSubstr("the log says"));
}

TEST(Replay, WhatWasSeenAsExpiredStaysGone) {
  Story story;
  story.Reign(1, 1, 2, 2).Commit(1, 2).Reign(2, 1, 3, 3).Commit(2, 3);
  story.Do({.begin = 0, .end = 5, .executed_at = 2, .log_time = 100}, "SET a 1 PX 50", Ok())
      .Do({.begin = 6, .end = 7, .depends_on = 2, .log_time = 151}, "GET a", Nil())
      .Do({.connection = 2, .begin = 8, .end = 9, .epoch = 2, .depends_on = 2, .log_time = 120},
          "GET a", Bulk("1"));
  EXPECT_THAT(story.Violation(), HasSubstr("places against time"));
}

TEST(Replay, LogTimeNeverFalls) {
  Story story;
  story.Reign(1, 1, 2, 3).Commit(1, 3);
  story.Do({.begin = 0, .end = 5, .executed_at = 2, .log_time = 100}, "SET a 1", Ok())
      .Do({.begin = 6, .end = 7, .executed_at = 3, .log_time = 99}, "SET a 2", Ok());
  EXPECT_THAT(story.Violation(), HasSubstr("log_time falls"));
}

TEST(Replay, AChangeNeedsARecord) {
  Story story;
  story.Reign(1, 1, 2, 2).Commit(1, 2);
  story.Do({.begin = 0, .end = 5, .executed_at = 2}, "SET a 1", Ok())
      .Do({.begin = 6, .end = 7, .depends_on = 2}, "DEL a", Integer(1));
  EXPECT_THAT(story.Violation(), HasSubstr("a change without a record"));
}

TEST(Replay, AReplicaMayShowAnOlderPrefixButNotGoBack) {
  Story story;
  story.Reign(1, 1, 2, 3).Commit(1, 3);
  story.Do({.begin = 0, .end = 1, .executed_at = 2}, "SET a 1", Ok())
      .Do({.begin = 2, .end = 3, .executed_at = 3}, "SET a 2", Ok())
      .Do({.connection = 2,
           .begin = 5,
           .end = 6,
           .depends_on = 2,
           .log_time = 2,
           .on_replica = true},
          "GET a", Bulk("1"));
  EXPECT_THAT(story.Violation(), IsEmpty());
  story.Do(
      {.connection = 2, .begin = 7, .end = 8, .depends_on = 3, .log_time = 3, .on_replica = true},
      "GET a", Bulk("2"));
  EXPECT_THAT(story.Violation(), IsEmpty());
  story.Do(
      {.connection = 2, .begin = 9, .end = 10, .depends_on = 2, .log_time = 3, .on_replica = true},
      "GET b", Nil());
  EXPECT_THAT(story.Violation(), HasSubstr("places against time"));
}

TEST(Replay, WhatHasExpiredForThePrimaryMayLiveOnAReplica) {
  Story story;
  story.Reign(1, 1, 2, 3)
      .Commit(1, 3)
      .Do({.begin = 1, .end = 2, .executed_at = 2}, "SET {t}k a PX 5", Ok())
      // It looks at nothing that has expired, so nothing is logged.
      .Do({.begin = 9, .end = 10, .depends_on = 2}, "LMOVE {t}from {t}k LEFT LEFT", Nil())
      .Do({.connection = 2, .begin = 4, .end = 5, .executed_at = 3}, "SET {u}k b", Ok())
      .Do({.connection = 3,
           .begin = 6,
           .end = 7,
           .depends_on = 3,
           .log_time = 5,
           .on_replica = true},
          "GET {t}k", Bulk("a"));
  EXPECT_THAT(story.Violation(), IsEmpty());
  story.Do(
      {.connection = 3, .begin = 11, .end = 12, .depends_on = 3, .log_time = 8, .on_replica = true},
      "GET {t}k", Bulk("a"));
  EXPECT_THAT(story.Violation(), HasSubstr("the log says"));
}

TEST(Replay, ACommitThatALaterEpochDoesNotHoldIsALoss) {
  Story story;
  story.Reign(1, 1, 2, 3).Commit(1, 3).Reign(2, 1, 3, 4).Commit(2, 4);
  EXPECT_THAT(story.Violation(), HasSubstr("LSN 3 was committed in epoch 1"));
}

TEST(Replay, FollowsTheFinalLogThroughAnEpochThatCommittedNothing) {
  Story story;
  // Epoch 2 goes on behind LSN 2 and is itself undone; epoch 3 had all of epoch 1.
  story.Reign(1, 1, 2, 5).Commit(1, 2).Reign(2, 1, 3, 6).Reign(3, 1, 6, 7).Commit(3, 7);
  story.Lost({.begin = 0, .executed_at = 5, .log_time = 1}, "SET a 1")
      .Lost({.connection = 2, .begin = 2, .epoch = 2, .executed_at = 5, .log_time = 2}, "SET a 2")
      .Do({.connection = 3, .begin = 5, .end = 6, .epoch = 3, .depends_on = 5}, "GET a", Bulk("1"));
  EXPECT_THAT(story.Violation(), IsEmpty());
}

TEST(Replay, AnEpochAppendsWithoutGaps) {
  Story story;
  story.Reign(1, 1, 3, 3).Commit(1, 3);
  EXPECT_THAT(story.Violation(), HasSubstr("appends LSN 3 behind LSN 1"));
}

}  // namespace
}  // namespace holdfast
