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

std::string Release(ReplyHolder& holder, uint64_t committed) {
  std::string sent;
  holder.Release(Lsn{committed}, [&](Buffer bytes) { sent += std::string(bytes.view()); });
  return sent;
}

std::string Fail(ReplyHolder& holder, uint64_t committed, Nanos written_before) {
  std::string sent;
  holder.Fail(Lsn{committed}, kErrors, written_before,
              [&](Buffer bytes) { sent += std::string(bytes.view()); });
  return sent;
}

TEST(ReplyHolder, ReleasesTheCommittedPrefixOnly) {
  ReplyHolder holder;
  Hold(holder, "+a\n+b\n+c\n", {{3, Lsn{5}, true}, {6, Lsn{7}, true}, {9, Lsn{0}, false}});
  EXPECT_EQ(Release(holder, 4), "");
  EXPECT_EQ(holder.first_until(), Lsn{5});
  EXPECT_EQ(Release(holder, 6), "+a\n");
  EXPECT_EQ(holder.replies(), 2u);
  EXPECT_EQ(holder.bytes(), 6u);
  EXPECT_EQ(Release(holder, 6), "");
  EXPECT_EQ(Release(holder, 7), "+b\n+c\n");
  EXPECT_TRUE(holder.empty());
  EXPECT_EQ(holder.bytes(), 0u);
  EXPECT_EQ(holder.replies(), 0u);
}

TEST(ReplyHolder, LaterBatchesWaitForEarlierOnes) {
  ReplyHolder holder;
  Hold(holder, "+a\n", {{3, Lsn{5}, true}});
  Hold(holder, "+b\n", {{3, Lsn{0}, false}});
  EXPECT_EQ(Release(holder, 4), "");
  EXPECT_EQ(Release(holder, 5), "+a\n+b\n");
}

TEST(ReplyHolder, FailsWhatIsNotCommittedAndKeepsTheOrder) {
  ReplyHolder holder;
  Hold(holder, "+a\n+b\n+c\n+d\n",
       {{3, Lsn{5}, true}, {6, Lsn{7}, true}, {9, Lsn{7}, false}, {12, Lsn{0}, false}});
  EXPECT_EQ(Fail(holder, 5, Nanos{0}), "+a\n-INDETERMINATE gone\r\n-TRYAGAIN gone\r\n+d\n");
  EXPECT_TRUE(holder.empty());
}

TEST(ReplyHolder, FailsOnlyBatchesOldEnough) {
  ReplyHolder holder;
  Hold(holder, "+a\n", {{3, Lsn{5}, true}}, Seconds(1));
  Hold(holder, "+b\n", {{3, Lsn{6}, true}}, Seconds(2));
  EXPECT_EQ(holder.oldest(), Seconds(1));
  EXPECT_EQ(Fail(holder, 0, Seconds(1)), "-INDETERMINATE gone\r\n");
  EXPECT_EQ(holder.oldest(), Seconds(2));
  EXPECT_EQ(Release(holder, 6), "+b\n");
}

TEST(ReplyHolder, AReplyThatWasPartlyReleasedFailsFromThere) {
  ReplyHolder holder;
  Hold(holder, "+a\n+b\n", {{3, Lsn{5}, true}, {6, Lsn{7}, false}});
  EXPECT_EQ(Release(holder, 5), "+a\n");
  EXPECT_EQ(Fail(holder, 6, Nanos{0}), "-TRYAGAIN gone\r\n");
  EXPECT_EQ(holder.bytes(), 0u);
}

TEST(ReplyHolder, AReplyThatNobodyWantsStaysSilent) {
  ReplyHolder holder;
  Hold(holder, "+b\n", {{0, Lsn{5}, true}, {3, Lsn{6}, true}});
  EXPECT_EQ(Fail(holder, 0, Nanos{0}), "-INDETERMINATE gone\r\n");
}

}  // namespace
}  // namespace holdfast
