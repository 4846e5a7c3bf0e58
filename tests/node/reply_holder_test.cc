#include "node/reply_holder.h"

#include <string>

#include "gtest/gtest.h"

namespace holdfast {
namespace {

constexpr HeldErrors kErrors{.write = "INDETERMINATE gone", .read = "TRYAGAIN gone"};

// Replies of three letters each, one for each LSN.
void Hold(ReplyHolder& holder, const std::string& text, std::vector<HeldReply> replies,
          Nanos now = {}) {
  Buffer bytes;
  bytes.Append(text);
  holder.Hold(std::move(bytes), std::move(replies), now);
}

std::string Release(ReplyHolder& holder, uint64_t committed, uint64_t confirmed = 0) {
  std::string sent;
  holder.Release({.committed = Lsn{committed}, .confirmed = confirmed},
                 [&](Buffer bytes) { sent += std::string(bytes.view()); });
  return sent;
}

std::string Fail(ReplyHolder& holder, uint64_t committed, Nanos written_before) {
  std::string sent;
  holder.Fail({.committed = Lsn{committed}}, kErrors, written_before,
              [&](Buffer bytes) { sent += std::string(bytes.view()); });
  return sent;
}

TEST(ReplyHolder, ReleasesTheCommittedPrefixOnly) {
  ReplyHolder holder;
  Hold(holder, "+a\n+b\n+c\n",
       {{.end = 3, .until = Lsn{5}, .wrote = true},
        {.end = 6, .until = Lsn{7}, .wrote = true},
        {.end = 9, .until = Lsn{0}, .wrote = false}});
  EXPECT_EQ(Release(holder, 4), "");
  EXPECT_EQ(Release(holder, 6), "+a\n");
  EXPECT_EQ(holder.replies(), 2u);
  EXPECT_EQ(holder.bytes(), 6u);
  EXPECT_EQ(Release(holder, 6), "");
  EXPECT_EQ(Release(holder, 7), "+b\n+c\n");
  EXPECT_TRUE(holder.empty());
  EXPECT_EQ(holder.bytes(), 0u);
  EXPECT_EQ(holder.replies(), 0u);
}

TEST(ReplyHolder, WhatNeedsAConfirmationWaitsForItToo) {
  ReplyHolder holder;
  Hold(holder, "+a\n+b\n",
       {{.end = 3, .until = Lsn{5}, .wrote = true}, {.end = 6, .until = Lsn{5}, .token = 2}});
  EXPECT_EQ(Release(holder, 5, 1), "+a\n");
  EXPECT_EQ(Release(holder, 5, 2), "+b\n");
}

TEST(ReplyHolder, LaterBatchesWaitForEarlierOnes) {
  ReplyHolder holder;
  Hold(holder, "+a\n", {{.end = 3, .until = Lsn{5}, .wrote = true}});
  Hold(holder, "+b\n", {{.end = 3, .until = Lsn{0}, .wrote = false}});
  EXPECT_EQ(Release(holder, 4), "");
  EXPECT_EQ(Release(holder, 5), "+a\n+b\n");
}

TEST(ReplyHolder, FailsWhatIsNotCommittedAndKeepsTheOrder) {
  ReplyHolder holder;
  Hold(holder, "+a\n+b\n+c\n+d\n",
       {{.end = 3, .until = Lsn{5}, .wrote = true},
        {.end = 6, .until = Lsn{7}, .wrote = true},
        {.end = 9, .until = Lsn{7}, .wrote = false},
        {.end = 12, .until = Lsn{0}, .wrote = false}});
  EXPECT_EQ(Fail(holder, 5, Nanos{0}), "+a\n-INDETERMINATE gone\r\n-TRYAGAIN gone\r\n+d\n");
  EXPECT_TRUE(holder.empty());
}

TEST(ReplyHolder, FailsOnlyBatchesOldEnough) {
  ReplyHolder holder;
  Hold(holder, "+a\n", {{.end = 3, .until = Lsn{5}, .wrote = true}}, Seconds(1));
  Hold(holder, "+b\n", {{.end = 3, .until = Lsn{6}, .wrote = true}}, Seconds(2));
  EXPECT_EQ(holder.oldest(), Seconds(1));
  EXPECT_EQ(Fail(holder, 0, Seconds(1)), "-INDETERMINATE gone\r\n");
  EXPECT_EQ(holder.oldest(), Seconds(2));
  EXPECT_EQ(Release(holder, 6), "+b\n");
}

TEST(ReplyHolder, AReplyThatWasPartlyReleasedFailsFromThere) {
  ReplyHolder holder;
  Hold(holder, "+a\n+b\n",
       {{.end = 3, .until = Lsn{5}, .wrote = true}, {.end = 6, .until = Lsn{7}, .wrote = false}});
  EXPECT_EQ(Release(holder, 5), "+a\n");
  EXPECT_EQ(Fail(holder, 6, Nanos{0}), "-TRYAGAIN gone\r\n");
  EXPECT_EQ(holder.bytes(), 0u);
}

TEST(ReplyHolder, AReplyThatNobodyWantsStaysSilent) {
  ReplyHolder holder;
  Hold(holder, "+b\n",
       {{.end = 0, .until = Lsn{5}, .wrote = true}, {.end = 3, .until = Lsn{6}, .wrote = true}});
  EXPECT_EQ(Fail(holder, 0, Nanos{0}), "-INDETERMINATE gone\r\n");
}

}  // namespace
}  // namespace holdfast
