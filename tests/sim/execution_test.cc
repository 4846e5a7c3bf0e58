// What requests leave in the log of a node that leads, what is known of their replies, and what a
// node does that does not lead.
#include "node/execution.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/effects/effect_format.h"
#include "tests/sim/sim_target.h"
#include "tests/support/reply_notation.h"

namespace holdfast {
namespace {

constexpr DatabaseId kZero{0};

class ExecutionTest : public testing::Test {
 protected:
  ExecutionTest() : target_({.logged = true}) {
    CHECK(target_.Start().ok());
    Call("DEBUG SET-ACTIVE-EXPIRE 0");
  }

  // Sends a request of words without blanks and returns what is known of it.
  ExecutionOutcome Call(absl::string_view request) {
    const std::vector<absl::string_view> words = absl::StrSplit(request, ' ');
    std::string bytes = absl::StrCat("*", words.size(), "\r\n");
    for (const absl::string_view word : words) {
      absl::StrAppend(&bytes, "$", word.size(), "\r\n", word, "\r\n");
    }
    CHECK(target_.Send("client", bytes).ok());
    const auto reply = target_.ReadReply("client");
    CHECK(reply.ok() && reply->has_value());
    return target_.node().workers()[0]->execution.outcome();
  }
  std::string PayloadOf(Lsn lsn) {
    target_.log().Advance();
    const auto bytes = target_.log().Read({.after = Lsn{lsn.value - 1}, .until = lsn});
    CHECK(bytes.has_value());
    return std::string(ReadRecord(*bytes)->payload);
  }
  uint64_t tail() { return target_.log().tail().value; }
  uint64_t keys() { return target_.node().keyspace().Size(kZero); }

  SimTarget target_;
};

TEST_F(ExecutionTest, WhatARequestChangedIsOneRecord) {
  EXPECT_EQ(Call("SET a 1").lsn, Lsn{1});
  EXPECT_EQ(Call("MSET a 1 b 2 c 3").lsn, Lsn{2});
  EXPECT_EQ(Call("RPUSH l 1 2 3").lsn, Lsn{3});
  Call("MULTI");
  Call("SET a 1");
  Call("DEL b");
  Call("GET c");
  EXPECT_EQ(tail(), 3u);
  EXPECT_EQ(Call("EXEC").lsn, Lsn{4});
  EXPECT_EQ(Call("FLUSHALL").lsn, Lsn{5});
  EXPECT_EQ(tail(), 5u);
}

TEST_F(ExecutionTest, WhatChangesNothingIsNoRecord) {
  Call("SET a text");
  for (const char* request :
       {"GET a", "SET a b NX", "DEL absent", "INCR a", "LPUSH a x", "PERSIST a", "LPUSHX absent x",
        "RENAME absent b", "GETEX a", "FLUSHDB wrong", "NOSUCHCOMMAND", "PING"}) {
    EXPECT_FALSE(Call(request).wrote()) << request;
  }
  EXPECT_EQ(tail(), 1u);
  Call("FLUSHALL");
  EXPECT_FALSE(Call("FLUSHALL").wrote());
}

TEST_F(ExecutionTest, AReplyDependsOnTheLastRecordsOfTheSlotsItShows) {
  Call("SET {x}a 1");
  Call("SET {y}a 1");
  EXPECT_EQ(Call("GET {x}a").depends_on, Lsn{1});
  // Also what is not there, of the wrong type, or known of the slot only.
  EXPECT_EQ(Call("GET {x}absent").depends_on, Lsn{1});
  EXPECT_EQ(Call("LLEN {y}a").depends_on, Lsn{2});
  EXPECT_EQ(Call("GET {z}a").depends_on, Lsn{0});
  EXPECT_EQ(Call("MGET {z}a {y}a {x}a").depends_on, Lsn{2});
  EXPECT_EQ(Call("SET {x}a 1 NX").visible_at(), Lsn{1});
  const ExecutionOutcome write = Call("SET {x}a 2");
  EXPECT_EQ(write.depends_on, Lsn{1});
  EXPECT_EQ(write.visible_at(), Lsn{3});
  EXPECT_EQ(Call("PING").depends_on, Lsn{0});
}

TEST_F(ExecutionTest, ScansAndCountsDependOnEverything) {
  Call("SET a 1");
  Call("SET b 1");
  for (const char* request : {"DBSIZE", "KEYS *", "SCAN 0", "RANDOMKEY"}) {
    EXPECT_EQ(Call(request).depends_on, Lsn{2}) << request;
  }
  // An operator is answered whatever waits.
  EXPECT_EQ(Call("INFO").depends_on, Lsn{0});
}

TEST_F(ExecutionTest, FlushesAndSwapsTouchEverySlot) {
  Call("SET a 1");
  Call("FLUSHALL");
  EXPECT_EQ(Call("GET elsewhere").depends_on, Lsn{2});
  Call("SWAPDB 0 1");
  EXPECT_EQ(Call("GET elsewhere").depends_on, Lsn{3});
}

TEST_F(ExecutionTest, TransactionsDependOnWhatTheyWatchAndShow) {
  Call("SET {x}a 1");
  Call("SET {y}a 1");
  Call("WATCH {y}a");
  Call("SET {y}a 2");
  Call("MULTI");
  Call("GET {x}a");
  // It shows nothing but that a watched key has changed.
  EXPECT_EQ(Call("EXEC").depends_on, Lsn{3});
  Call("MULTI");
  EXPECT_EQ(Call("GET {x}a").depends_on, Lsn{0});
  EXPECT_EQ(Call("EXEC").depends_on, Lsn{1});
  Call("MULTI");
  Call("DBSIZE");
  EXPECT_EQ(Call("EXEC").depends_on, Lsn{3});
}

TEST_F(ExecutionTest, AKeyThatIsFoundExpiredIsErasedInTheLog) {
  Call("SET {x}a 1 PX 10");
  Call("SET {x}b 1 PX 10");
  Call("SET {x}c 1 PX 10");
  ASSERT_TRUE(target_.Advance(Milliseconds(20)).ok());
  const std::string erase_a("\x08\0\4{x}a", 7);
  const std::string erase_b("\x08\0\4{x}b", 7);
  const std::string push_b("\x0b\0\4{x}b\1\1\1v", 11);
  const ExecutionOutcome read = Call("GET {x}a");
  EXPECT_TRUE(read.wrote());
  EXPECT_EQ(PayloadOf(read.lsn), erase_a);
  const ExecutionOutcome write = Call("RPUSH {x}b v");
  EXPECT_EQ(PayloadOf(write.lsn), erase_b + push_b);
  // A walk finds the last one, and logs that although it holds the lock itself.
  Call("DEL {x}b");
  EXPECT_EQ(Call("RANDOMKEY").lsn, Lsn{7});
  EXPECT_EQ(tail(), 7u);
  EXPECT_EQ(keys(), 0u);
}

TEST_F(ExecutionTest, WhatExpiresUnseenIsOneRecordPerSlot) {
  for (int i = 0; i < 10; ++i) Call(absl::StrCat("SET {x}", i, " v PX 10"));
  Call("DEBUG SET-ACTIVE-EXPIRE 1");
  ASSERT_TRUE(target_.Advance(Milliseconds(500)).ok());
  EXPECT_EQ(keys(), 0u);
  ASSERT_EQ(tail(), 11u);
  EXPECT_EQ(PayloadOf(Lsn{11})[0], static_cast<char>(EffectOp::kExpireDue));
  EXPECT_EQ(PayloadOf(Lsn{11}).back(), 10);
}

TEST_F(ExecutionTest, WhoDoesNotLeadHidesWhatIsExpiredAndErasesNothing) {
  Call("SET a 1 PX 10");
  Call("SET b 1");
  Call("DEBUG SET-ACTIVE-EXPIRE 1");
  target_.node().set_leads(std::nullopt);
  target_.log().Close();
  ASSERT_TRUE(target_.Advance(Seconds(1)).ok());
  ASSERT_TRUE(target_.Send("client", "GET a\r\nEXISTS a b\r\nTTL a\r\nKEYS *\r\n").ok());
  const auto replies = [&] {
    std::string all;
    for (int i = 0; i < 4; ++i) {
      absl::StrAppend(&all, FormatReply(target_.ReadReply("client")->value()), " ");
    }
    return all;
  }();
  EXPECT_EQ(replies, "(nil) (integer) 1 (integer) -2 1) \"b\" ");
  EXPECT_EQ(keys(), 2u);
  EXPECT_EQ(tail(), 2u);
  EXPECT_EQ(target_.log().refused_appends(), 0u);
}

TEST_F(ExecutionTest, AWriteThatTheLogRefusesIsSaidToBe) {
  Call("SET a 1");
  target_.log().Close();
  const ExecutionOutcome outcome = Call("SET a 2");
  EXPECT_TRUE(outcome.unlogged);
  EXPECT_FALSE(outcome.wrote());
  EXPECT_EQ(target_.log().refused_appends(), 1u);
  // What was not taken is not in the next record.
  target_.log().Open(Epoch{1});
  EXPECT_EQ(PayloadOf(Call("DEL a").lsn), std::string("\x08\0\1a", 4));
}

}  // namespace
}  // namespace holdfast
