#include "cluster/core/log_view.h"

#include <gtest/gtest.h>

#include "net/base/limits.h"
#include "tests/cluster/explorer/model_log.h"

namespace holdfast {
namespace {

using explorer::ModelLog;

// A log of one record per epoch named.
ModelLog LogOf(std::vector<uint64_t> epochs, uint8_t value = 1) {
  ModelLog log;
  for (uint64_t epoch : epochs) log.Append({{epoch}, value});
  return log;
}

std::optional<LogPosition> Shared(const ModelLog& primary, const ModelLog& member, Lsn applied) {
  return FindShared(primary, BuildLadder(member, applied));
}

TEST(LogView, EqualLogsShareTheirTail) {
  const ModelLog log = LogOf({1, 1, 2});
  EXPECT_EQ(Shared(log, log, Lsn{1}), log.Tail());
}

TEST(LogView, EmptyLogsShareTheBeginning) { EXPECT_EQ(Shared({}, {}, {}), LogPosition{}); }

TEST(LogView, AMemberBehindSharesAllItHas) {
  const ModelLog member = LogOf({1, 1});
  EXPECT_EQ(Shared(LogOf({1, 1, 1, 2}), member, Lsn{0}), member.Tail());
}

TEST(LogView, AMemberAheadIsCutWhereThePrimarysEpochEnds) {
  const ModelLog primary = LogOf({1, 1, 1, 1, 2, 3, 3});
  const ModelLog member = LogOf({1, 1, 1, 1, 2, 2, 2});
  EXPECT_EQ(Shared(primary, member, Lsn{2})->lsn, Lsn{5});
}

TEST(LogView, TheCutIsExactWithinTheEpochThatWasPartlyApplied) {
  const ModelLog primary = LogOf({1, 1, 1, 2});
  const ModelLog member = LogOf({1, 1, 1, 1, 1});
  EXPECT_EQ(Shared(primary, member, Lsn{2})->lsn, Lsn{3});
}

TEST(LogView, WhatWasAppliedAndIsNotThePrimarysSharesNothing) {
  const ModelLog primary = LogOf({1, 1, 2, 2});
  const ModelLog member = LogOf({1, 1, 1});
  EXPECT_EQ(Shared(primary, member, Lsn{3}), std::nullopt);
}

TEST(LogView, EqualPlacesOfDifferentHistoriesAreNotShared) {
  EXPECT_EQ(Shared(LogOf({1, 1}, 1), LogOf({1, 1}, 2), Lsn{2}), std::nullopt);
}

TEST(LogView, ALadderThatDoesNotReachDownSharesNothingBelowIt) {
  std::vector<uint64_t> epochs;
  for (uint64_t epoch = 1; epoch <= limits::kLadderRungsMax + 4; ++epoch) epochs.push_back(epoch);
  const Ladder ladder = BuildLadder(LogOf(epochs), Lsn{0});
  EXPECT_EQ(ladder.size(), limits::kLadderRungsMax);
  EXPECT_EQ(FindShared(LogOf({1, 99}), ladder), std::nullopt);
}

}  // namespace
}  // namespace holdfast
