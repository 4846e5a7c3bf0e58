#include "sim/check/linearizability.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sim/draws.h"

namespace holdfast {
namespace {

ReplyValue Integer(int64_t value) { return {.kind = ReplyValue::Kind::kInteger, .integer = value}; }
ReplyValue Bulk(std::string text) {
  return {.kind = ReplyValue::Kind::kBulk, .text = std::move(text)};
}
ReplyValue Ok() { return {.kind = ReplyValue::Kind::kSimple, .text = "OK"}; }
ReplyValue Nil() { return {}; }
ReplyValue Error(std::string text) {
  return {.kind = ReplyValue::Kind::kError, .text = std::move(text)};
}
ReplyValue Array(std::vector<ReplyValue> children) {
  return {.kind = ReplyValue::Kind::kArray, .children = std::move(children)};
}

// Times are in milliseconds, which are also those of log_time: the bounds are exact unless said
// otherwise.
class Story {
 public:
  Story& Do(uint32_t connection, int64_t begin, int64_t end, absl::string_view line,
            ReplyValue reply) {
    Operation operation = Make(connection, begin, line);
    operation.end = Milliseconds(end);
    operation.outcome = OutcomeOf(reply);
    if (operation.outcome == Operation::Outcome::kUnknown) operation.end = kForever;
    operation.reply = std::move(reply);
    history_.push_back(std::move(operation));
    return *this;
  }
  // No reply came; no effect after `latest`.
  Story& Lost(uint32_t connection, int64_t begin, absl::string_view line, int64_t latest = -1) {
    Operation operation = Make(connection, begin, line);
    if (latest >= 0) operation.end = Milliseconds(latest);
    history_.push_back(std::move(operation));
    return *this;
  }
  // Commands separated by ';', as one transaction.
  Story& Exec(uint32_t connection, int64_t begin, int64_t end, absl::string_view lines,
              ReplyValue reply) {
    Do(connection, begin, end, "", std::move(reply));
    history_.back().commands.clear();
    for (absl::string_view line : absl::StrSplit(lines, ';')) {
      history_.back().commands.push_back(absl::StrSplit(line, ' '));
    }
    history_.back().is_transaction = true;
    return *this;
  }

  LinearizabilityResult Check(LinearizabilityOptions options = {}) const {
    return CheckLinearizability(history_, LogTimeBounds(), options);
  }
  bool Legal() const {
    const LinearizabilityResult result = Check();
    EXPECT_EQ(result.undecided_groups, 0u);
    return result.ok();
  }

 private:
  static Operation Make(uint32_t connection, int64_t begin, absl::string_view line) {
    return {.connection = connection,
            .commands = {absl::StrSplit(line, ' ')},
            .begin = Milliseconds(begin)};
  }
  History history_;
};

TEST(Linearizability, SequentialOperationsMustAgreeWithTheirOrder) {
  EXPECT_TRUE(Story().Do(1, 0, 1, "SET k a", Ok()).Do(2, 2, 3, "GET k", Bulk("a")).Legal());
  EXPECT_FALSE(Story().Do(1, 0, 1, "SET k a", Ok()).Do(2, 2, 3, "GET k", Nil()).Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 1, "SET k a", Ok())
                   .Do(1, 2, 3, "SET k b", Ok())
                   .Do(2, 4, 5, "GET k", Bulk("a"))
                   .Legal());
}

TEST(Linearizability, ConcurrentOperationsMayTakeEitherOrder) {
  for (const char* seen : {"a", "b"}) {
    EXPECT_TRUE(Story()
                    .Do(1, 0, 10, "SET k a", Ok())
                    .Do(2, 0, 10, "SET k b", Ok())
                    .Do(3, 11, 12, "GET k", Bulk(seen))
                    .Legal());
  }
  EXPECT_FALSE(Story()
                   .Do(1, 0, 10, "SET k a", Ok())
                   .Do(2, 0, 10, "SET k b", Ok())
                   .Do(3, 11, 12, "GET k", Bulk("a"))
                   .Do(3, 13, 14, "GET k", Bulk("b"))
                   .Legal());
}

TEST(Linearizability, AReadDuringAWriteMaySeeItOrNotButNotGoBack) {
  EXPECT_TRUE(Story()
                  .Do(1, 0, 20, "SET k a", Ok())
                  .Do(2, 1, 2, "GET k", Nil())
                  .Do(2, 3, 4, "GET k", Bulk("a"))
                  .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 20, "SET k a", Ok())
                   .Do(2, 1, 2, "GET k", Bulk("a"))
                   .Do(2, 3, 4, "GET k", Nil())
                   .Legal());
}

TEST(Linearizability, APipelineKeepsItsOrder) {
  // Sent together, answered together: only the order on the connection tells them apart.
  EXPECT_TRUE(Story()
                  .Do(1, 0, 10, "SET k a", Ok())
                  .Do(1, 0, 10, "GET k", Bulk("a"))
                  .Do(1, 0, 10, "SET k b", Ok())
                  .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 10, "SET k a", Ok())
                   .Do(1, 0, 10, "GET k", Nil())
                   .Do(1, 0, 10, "SET k b", Ok())
                   .Legal());
}

TEST(Linearizability, AWriteWithoutReplyHappensOnceOrNever) {
  EXPECT_TRUE(Story().Lost(1, 0, "SET k a").Do(2, 50, 51, "GET k", Nil()).Legal());
  EXPECT_TRUE(Story().Lost(1, 0, "SET k a").Do(2, 50, 51, "GET k", Bulk("a")).Legal());
  EXPECT_TRUE(Story()
                  .Lost(1, 0, "INCRBY k 1")
                  .Do(2, 50, 51, "GET k", Nil())
                  .Do(2, 60, 61, "GET k", Bulk("1"))
                  .Legal());
  EXPECT_FALSE(Story()
                   .Lost(1, 0, "INCRBY k 1")
                   .Do(2, 50, 51, "GET k", Bulk("1"))
                   .Do(2, 60, 61, "GET k", Bulk("2"))
                   .Legal());
  EXPECT_FALSE(Story().Do(2, 0, 1, "GET k", Bulk("a")).Lost(1, 5, "SET k a").Legal());
}

TEST(Linearizability, AnIndeterminateWriteInTheMiddleHappensOnceOrNever) {
  const ReplyValue unknown = Error("INDETERMINATE who knows");
  const auto story = [&] {
    return Story().Do(1, 0, 1, "SET k a", Ok()).Do(2, 2, 3, "APPEND k b", unknown);
  };
  // On the same connection, and on others before and after it.
  EXPECT_TRUE(story().Do(2, 4, 5, "GET k", Bulk("a")).Legal());
  EXPECT_TRUE(story().Do(2, 4, 5, "GET k", Bulk("ab")).Legal());
  EXPECT_FALSE(story().Do(2, 4, 5, "GET k", Bulk("abb")).Legal());
  EXPECT_FALSE(story().Do(2, 4, 5, "GET k", Bulk("c")).Legal());
  EXPECT_TRUE(story().Do(3, 4, 5, "GET k", Bulk("a")).Do(2, 6, 7, "GET k", Bulk("ab")).Legal());
  EXPECT_FALSE(story().Do(3, 4, 5, "GET k", Bulk("ab")).Do(2, 6, 7, "GET k", Bulk("a")).Legal());
  // What comes behind it on its connection shuts it in: by then it has happened or never will.
  EXPECT_FALSE(story().Do(2, 4, 5, "GET k", Bulk("a")).Do(3, 6, 7, "GET k", Bulk("ab")).Legal());
}

TEST(Linearizability, OfTwoWritesWithoutReplyTheLaterMayBeTheOneThatHappened) {
  const auto pushes = [] { return Story().Lost(1, 0, "RPUSH l a").Lost(1, 1, "RPUSH l b"); };
  EXPECT_TRUE(pushes().Do(2, 2, 3, "LRANGE l 0 -1", Array({Bulk("b")})).Legal());
  EXPECT_TRUE(pushes().Do(2, 2, 3, "LRANGE l 0 -1", Array({Bulk("a"), Bulk("b")})).Legal());
  EXPECT_FALSE(pushes().Do(2, 2, 3, "LRANGE l 0 -1", Array({Bulk("b"), Bulk("a")})).Legal());
}

TEST(Linearizability, FlushAllDeletesEveryKeyOfEveryGroup) {
  const auto sets = [] {
    return Story().Do(1, 0, 1, "SET a 1", Ok()).Do(1, 2, 3, "SET b 1", Ok());
  };
  EXPECT_TRUE(sets()
                  .Do(2, 4, 5, "FLUSHALL", Ok())
                  .Do(1, 6, 7, "GET a", Nil())
                  .Do(1, 8, 9, "GET b", Nil())
                  .Legal());
  EXPECT_FALSE(sets().Do(2, 4, 5, "FLUSHALL", Ok()).Do(1, 6, 7, "GET b", Bulk("1")).Legal());
  EXPECT_FALSE(sets().Do(1, 6, 7, "GET b", Nil()).Legal());
  EXPECT_TRUE(sets().Lost(2, 4, "FLUSHALL").Do(1, 6, 7, "GET b", Nil()).Legal());
  EXPECT_TRUE(sets().Lost(2, 4, "FLUSHALL").Do(1, 6, 7, "GET b", Bulk("1")).Legal());
}

TEST(Linearizability, KeysThatOnlyMeetElsewhereAreNotTriedInEveryOrder) {
  Story story;
  for (uint32_t connection = 0; connection < 8; ++connection) {
    const std::string key = absl::StrCat("k", connection);
    for (int64_t at = 0; at < 6; ++at) {
      story.Do(connection, 0, 100, absl::StrCat("APPEND ", key, " x"), Integer(at + 1));
    }
  }
  story.Do(20, 200, 201, "MGET k0 k1 k2 k3 k4 k5 k6 k7", Array({}));
  const LinearizabilityResult result = story.Check();
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.undecided_groups, 0u);
  EXPECT_LT(result.states, 100u);
}

TEST(Linearizability, NothingHappensAfterTheQuiescePoint) {
  EXPECT_TRUE(Story()
                  .Lost(1, 0, "SET k a", 20)
                  .Do(2, 10, 15, "GET k", Nil())
                  .Do(2, 25, 26, "GET k", Bulk("a"))
                  .Legal());
  EXPECT_FALSE(Story()
                   .Lost(1, 0, "SET k a", 20)
                   .Do(2, 21, 22, "GET k", Nil())
                   .Do(2, 25, 26, "GET k", Bulk("a"))
                   .Legal());
}

TEST(Linearizability, ADefiniteErrorHadNoEffect) {
  EXPECT_FALSE(Story()
                   .Do(1, 0, 1, "SET k a", Error("NOREPLICAS not enough"))
                   .Do(2, 2, 3, "GET k", Bulk("a"))
                   .Legal());
  EXPECT_TRUE(Story()
                  .Do(1, 0, 1, "SET k a", Error("NOREPLICAS not enough"))
                  .Do(2, 2, 3, "GET k", Nil())
                  .Legal());
  // This one may have had one.
  EXPECT_TRUE(Story()
                  .Do(1, 0, 1, "SET k a", Error("INDETERMINATE stepped down"))
                  .Do(2, 2, 3, "GET k", Bulk("a"))
                  .Legal());
  // A type error has to be deserved.
  EXPECT_FALSE(Story().Do(1, 0, 1, "GET k", Error("WRONGTYPE no")).Legal());
}

TEST(Linearizability, ListsAndSeveralKeys) {
  EXPECT_TRUE(Story()
                  .Do(1, 0, 10, "RPUSH l a b", Integer(2))
                  .Do(2, 5, 15, "LMOVE l m LEFT RIGHT", Bulk("a"))
                  .Do(3, 16, 17, "LRANGE l 0 -1", Array({Bulk("b")}))
                  .Do(3, 18, 19, "LRANGE m 0 -1", Array({Bulk("a")}))
                  .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 10, "MSET a 1 b 1", Ok())
                   .Do(2, 2, 3, "MGET a b", Array({Bulk("1"), Nil()}))
                   .Legal());
}

TEST(Linearizability, TransactionsAreOneStep) {
  EXPECT_TRUE(Story()
                  .Exec(1, 0, 10, "SET a 1;INCRBY a 1;GET b", Array({Ok(), Integer(2), Nil()}))
                  .Do(2, 5, 6, "GET a", Nil())
                  .Legal());
  EXPECT_FALSE(Story()
                   .Exec(1, 0, 10, "SET a 1;INCRBY a 1", Array({Ok(), Integer(2)}))
                   .Do(2, 5, 6, "GET a", Bulk("1"))
                   .Legal());
  EXPECT_FALSE(Story()
                   .Exec(1, 0, 10, "SET a 1;SET b 1", Error("EXECABORT discarded"))
                   .Do(2, 12, 13, "GET a", Bulk("1"))
                   .Legal());
  EXPECT_FALSE(Story().Exec(1, 0, 10, "SET a 1;GET a", Array({Ok()})).Legal());
}

TEST(TtlChecks, AKeyIsThereBeforeItsDeadlineAndGoneAfter) {
  const auto read_at = [](int64_t begin, int64_t end, ReplyValue reply) {
    return Story()
        .Do(1, 0, 10, "SET k a PX 100", Ok())
        .Do(2, begin, end, "GET k", std::move(reply))
        .Legal();
  };
  // Set between 0 and 10, so it is due between 100 and 110.
  EXPECT_TRUE(read_at(50, 60, Bulk("a")));
  EXPECT_FALSE(read_at(50, 60, Nil())) << "gone before its time";
  EXPECT_TRUE(read_at(105, 106, Bulk("a")));
  EXPECT_TRUE(read_at(105, 106, Nil()));
  EXPECT_TRUE(read_at(90, 130, Bulk("a"))) << "it may have been read early";
  EXPECT_TRUE(read_at(90, 130, Nil())) << "or late";
  EXPECT_TRUE(read_at(111, 112, Nil()));
  EXPECT_FALSE(read_at(111, 112, Bulk("a"))) << "served after its time";
}

TEST(TtlChecks, WhatWasSeenAsGoneDoesNotComeBack) {
  EXPECT_TRUE(Story()
                  .Do(1, 0, 10, "SET k a PX 100", Ok())
                  .Do(2, 101, 102, "GET k", Bulk("a"))
                  .Do(2, 104, 105, "GET k", Nil())
                  .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 10, "SET k a PX 100", Ok())
                   .Do(2, 101, 102, "GET k", Nil())
                   .Do(2, 104, 105, "GET k", Bulk("a"))
                   .Legal());
}

TEST(TtlChecks, ReadsAreBoundedByWhatIsOrderedAroundThem) {
  // The long read has to come before the SET that ended at 40, so it cannot have seen an expiry.
  EXPECT_FALSE(Story()
                   .Do(1, 0, 1, "SET k a PX 100", Ok())
                   .Do(2, 10, 200, "GET k", Nil())
                   .Do(1, 30, 40, "SET k b", Ok())
                   .Do(3, 250, 251, "GET k", Bulk("b"))
                   .Legal());
}

TEST(TtlChecks, AWriteWithoutTtlForgetsTheOldOne) {
  EXPECT_TRUE(Story()
                  .Do(1, 0, 1, "SET k a PX 100", Ok())
                  .Do(1, 2, 3, "SET k b", Ok())
                  .Do(1, 500, 501, "GET k", Bulk("b"))
                  .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 1, "SET k a PX 100", Ok())
                   .Do(1, 2, 3, "SET k b", Ok())
                   .Do(1, 500, 501, "GET k", Nil())
                   .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 1, "SET k a PX 100", Ok())
                   .Do(1, 2, 3, "SET k b KEEPTTL", Ok())
                   .Do(1, 500, 501, "GET k", Bulk("b"))
                   .Legal());
}

TEST(TtlChecks, PersistAndRename) {
  EXPECT_FALSE(Story()
                   .Do(1, 0, 1, "SET k a PX 100", Ok())
                   .Do(1, 2, 3, "PERSIST k", Integer(1))
                   .Do(1, 500, 501, "GET k", Nil())
                   .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 1, "SET k a PX 100", Ok())
                   .Do(1, 2, 3, "RENAME k r", Ok())
                   .Do(1, 500, 501, "GET r", Bulk("a"))
                   .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 1, "SET k a PX 100", Ok())
                   .Do(1, 2, 3, "RENAME k r", Ok())
                   .Do(1, 4, 5, "PTTL r", Integer(-1))
                   .Legal());
}

TEST(TtlChecks, RemainingTimeFallsAsTimePasses) {
  EXPECT_TRUE(Story()
                  .Do(1, 0, 10, "SET k a PX 1000", Ok())
                  .Do(1, 100, 101, "PTTL k", Integer(905))
                  .Do(1, 200, 201, "PTTL k", Integer(805))
                  .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 10, "SET k a PX 1000", Ok())
                   .Do(1, 100, 101, "PTTL k", Integer(905))
                   .Do(1, 200, 201, "PTTL k", Integer(802))
                   .Legal())
      << "each alone fits, together they fall too fast";
  EXPECT_FALSE(Story()
                   .Do(1, 0, 10, "SET k a PX 1000", Ok())
                   .Do(1, 100, 101, "PTTL k", Integer(850))
                   .Legal());
  // Once a reply has told the deadline, reads are held to it.
  EXPECT_FALSE(Story()
                   .Do(1, 0, 50, "SET k a PX 100", Ok())
                   .Do(1, 60, 61, "PEXPIRETIME k", Integer(110))
                   .Do(1, 120, 121, "GET k", Bulk("a"))
                   .Legal());
}

TEST(TtlChecks, AnExpiredKeyIsAbsentForWrites) {
  EXPECT_TRUE(Story()
                  .Do(1, 0, 1, "RPUSH l a", Integer(1))
                  .Do(1, 2, 3, "PEXPIRE l 50", Integer(1))
                  .Do(1, 100, 101, "RPUSH l b", Integer(1))
                  .Do(1, 102, 103, "PTTL l", Integer(-1))
                  .Legal());
  EXPECT_FALSE(Story()
                   .Do(1, 0, 1, "RPUSH l a", Integer(1))
                   .Do(1, 2, 3, "PEXPIRE l 50", Integer(1))
                   .Do(1, 100, 101, "RPUSH l b", Integer(2))
                   .Legal());
}

TEST(TtlChecks, ATransactionRunsAtOneTime) {
  // A deadline in the past takes the key away from the commands behind it, for certain.
  EXPECT_TRUE(Story()
                  .Exec(1, 50, 60, "SET k a PXAT 40;APPEND k b;PTTL k",
                        Array({Ok(), Integer(1), Integer(-1)}))
                  .Legal());
  EXPECT_FALSE(Story().Exec(1, 50, 60, "SET k a PXAT 40;GET k", Array({Ok(), Bulk("a")})).Legal());
  // It may have run before or after 55, but not both.
  for (const bool gone : {true, false}) {
    EXPECT_TRUE(Story()
                    .Exec(1, 50, 60, "SET k a PXAT 55;SET m a PXAT 55;EXISTS k;EXISTS m",
                          Array({Ok(), Ok(), Integer(gone ? 0 : 1), Integer(gone ? 0 : 1)}))
                    .Legal());
    EXPECT_FALSE(Story()
                     .Exec(1, 50, 60, "SET k a PXAT 55;SET m a PXAT 55;EXISTS k;EXISTS m",
                           Array({Ok(), Ok(), Integer(gone ? 0 : 1), Integer(gone ? 1 : 0)}))
                     .Legal());
  }
}

TEST(Linearizability, TooMuchWorkIsUndecidedNotWrong) {
  // Each subset of the lost writes is a state of its own.
  Story story;
  for (uint32_t connection = 0; connection < 9; ++connection) {
    story.Lost(connection, 0, absl::StrCat("SET k ", connection));
  }
  story.Do(20, 100, 101, "GET k", Bulk("never written"));
  EXPECT_FALSE(story.Check().ok());
  EXPECT_GT(story.Check().states, 200u);
  const LinearizabilityResult bounded = story.Check({.states_per_group_max = 200});
  EXPECT_TRUE(bounded.ok());
  EXPECT_EQ(bounded.undecided_groups, 1u);
}

TEST(Linearizability, AViolationNamesTheOperations) {
  const LinearizabilityResult result =
      Story().Do(1, 0, 1, "SET k a", Ok()).Do(2, 2, 3, "GET k", Bulk("b")).Check();
  EXPECT_NE(result.violation.find("GET k -> \"b\""), std::string::npos) << result.violation;
  EXPECT_NE(result.violation.find("k = \"a\""), std::string::npos) << result.violation;
}

// Histories made by running a model are legal by construction, however they overlap.
TEST(Linearizability, GeneratedLegalHistoriesPass) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Draws draws(seed, "history", 0);
    Model model;
    History history;
    for (int64_t at = 0; at < 200; ++at) {
      const std::string key = "k" + std::to_string(draws.Below(2));
      const std::string number = std::to_string(1 + draws.Below(60));
      const std::vector<Command> commands = {
          {"SET", key, std::to_string(at)},
          {"SET", key, std::to_string(at), "PX", number},
          {"GET", key},
          {"PTTL", key},
          {"PEXPIRE", key, number},
          {"PERSIST", key},
          {"APPEND", key, "1"},
      };
      Operation operation{.connection = static_cast<uint32_t>(draws.Below(4)),
                          .commands = {commands[draws.Below(commands.size())]}};
      model.EraseDue({at});
      operation.reply = model.Execute(operation.commands[0], {{at}, {at}});
      operation.outcome = Operation::Outcome::kReplied;
      operation.begin = Milliseconds(at - draws.Between(0, 5));
      operation.end = Milliseconds(at + draws.Between(0, 5));
      // One connection's operations keep their order in both respects.
      for (const Operation& before : history) {
        if (before.connection != operation.connection) continue;
        operation.begin = std::max(operation.begin, before.begin);
        operation.end = std::max(operation.end, before.end);
      }
      if (draws.Chance({1, 20})) {
        operation.outcome = Operation::Outcome::kUnknown;
        operation.connection = static_cast<uint32_t>(100 + at);
        operation.end = kForever;
      }
      history.push_back(std::move(operation));
    }
    const LinearizabilityResult result = CheckLinearizability(history, LogTimeBounds());
    EXPECT_TRUE(result.ok()) << "seed " << seed << ": " << result.violation;
    EXPECT_EQ(result.undecided_groups, 0u);
  }
}

// Whether some order of all interleavings explains all replies, found by trying every one.
bool SomeOrderExplains(const History& history, std::vector<bool> done, const Model& model) {
  Nanos ceiling = kForever;
  bool explained = true;
  for (size_t i = 0; i < history.size(); ++i) {
    if (done[i] || history[i].outcome != Operation::Outcome::kReplied) continue;
    ceiling = std::min(ceiling, history[i].end);
    explained = false;
  }
  if (explained) return true;
  for (size_t i = 0; i < history.size(); ++i) {
    if (done[i] || history[i].begin > ceiling) continue;
    const bool waits = std::any_of(history.begin(), history.begin() + static_cast<int64_t>(i),
                                   [&](const Operation& before) {
                                     return before.connection == history[i].connection &&
                                            !done[static_cast<size_t>(&before - &history[0])];
                                   });
    if (waits) continue;
    done[i] = true;
    Model next = model;
    const Command& command = history[i].commands[0];
    const bool is_unknown = history[i].outcome == Operation::Outcome::kUnknown;
    const Model::Window now{{1}, {1}};
    if (is_unknown && SomeOrderExplains(history, done, model)) return true;
    if (is_unknown) next.Execute(command, now);
    const bool fits = is_unknown || next.Accept(command, now, history[i].reply);
    if (fits && SomeOrderExplains(history, done, next)) return true;
    done[i] = false;
  }
  return false;
}

TEST(Linearizability, TheSearchAgreesWithTryingEveryOrder) {
  int legal = 0;
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    Draws draws(seed, "small history", 0);
    History history;
    std::map<uint32_t, Nanos> busy;
    for (int i = 0; i < 7; ++i) {
      const std::string key = "{t}" + std::to_string(draws.Below(3));
      const std::string other = "{t}" + std::to_string(draws.Below(3));
      const std::string value = std::to_string(draws.Below(2));
      const std::vector<Command> commands = {{"SET", key, value},
                                             {"GET", key},
                                             {"GETSET", key, value},
                                             {"MGET", key, other},
                                             {"RENAME", key, other}};
      Operation operation{.connection = static_cast<uint32_t>(draws.Below(4)),
                          .commands = {commands[draws.Below(commands.size())]}};
      operation.begin = Milliseconds(draws.Between(0, 30));
      operation.begin = std::max(operation.begin, busy[operation.connection]);
      busy[operation.connection] = operation.begin;
      operation.end = operation.begin + Milliseconds(draws.Between(1, 30));
      for (const Operation& before : history) {
        if (before.connection != operation.connection || before.end == kForever) continue;
        operation.end = std::max(operation.end, before.end);
      }
      // What some state would answer.
      Model guess;
      for (const char* guessed : {"{t}0", "{t}1", "{t}2"}) {
        const uint64_t which = draws.Below(3);
        if (which < 2) guess.Execute({"SET", guessed, std::to_string(which)}, {{1}, {1}});
      }
      operation.outcome = Operation::Outcome::kReplied;
      operation.reply = guess.Execute(operation.commands[0], {{1}, {1}});
      if (draws.Chance({1, 4})) {
        operation.outcome = Operation::Outcome::kUnknown;
        operation.end = kForever;
      }
      history.push_back(std::move(operation));
    }
    const bool expected = SomeOrderExplains(history, std::vector<bool>(history.size()), Model());
    legal += expected ? 1 : 0;
    // Keys that never meet are judged apart, and then the order of pipelined requests on different
    // keys is not looked at. A read without a reply makes them meet and matters for nothing else.
    history.push_back({.connection = 9, .commands = {{"MGET", "{t}0", "{t}1", "{t}2"}}});
    EXPECT_EQ(CheckLinearizability(history, LogTimeBounds()).ok(), expected) << "seed " << seed;
  }
  EXPECT_GT(legal, 100);
}

}  // namespace
}  // namespace holdfast
