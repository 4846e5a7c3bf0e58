#include "node/front.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

constexpr uint64_t kWay = 7;
constexpr uint64_t kOtherWay = 8;
constexpr uint64_t kClient = 3;

// A front, with what it sent and what its client saw, as text.
struct Drive {
  Front front;
  std::vector<std::string> sent;
  std::string seen;
  uint64_t number = 0;

  void Add(const std::string& text, Front::Request request = {}) {
    request.number = number;
    number += request.count;
    front.Add(request).Append(text);
    front.SizeLast(text.size());
  }
  void Write(const std::string& text) { Add(text, {.writes = true}); }
  void Send(uint64_t way = kWay) {
    front.set_open_way(way);
    front.Send(way, kClient, [&](const ForwardItem& item) {
      EXPECT_EQ(item.client, kClient);
      sent.push_back(absl::StrCat(item.number, "+", item.count, " ", item.bytes));
    });
  }
  absl::Status Reply(absl::string_view replies) {
    return front.TakeReplies(replies,
                             [&](absl::string_view bytes) { absl::StrAppend(&seen, bytes); });
  }
  auto Concluding() {
    return [this](Front::Fate fate) {
      constexpr absl::string_view kNames[] = {"unknown ", "ask-again ", "not-done ", "nil "};
      absl::StrAppend(&seen, kNames[static_cast<int>(fate)]);
    };
  }
};

TEST(Front, ARunOfRequestsIsOneItemAndItsRepliesAreHandedOnInOrder) {
  Drive drive;
  drive.Add("one ");
  drive.Write("two ");
  drive.Add("three ");
  drive.Send();
  EXPECT_EQ(drive.sent, std::vector<std::string>{"0+3 one two three "});
  EXPECT_TRUE(drive.Reply("+1\r\n$3\r\na\r\n\r\n").ok());
  EXPECT_EQ(drive.seen, "+1\r\n$3\r\na\r\n\r\n");
  EXPECT_EQ(drive.front.requests(), 1u);
  EXPECT_EQ(drive.front.bytes(), 6u);
  EXPECT_TRUE(drive.Reply(":3\r\n").ok());
  EXPECT_FALSE(drive.front.busy());
  EXPECT_EQ(drive.front.bytes(), 0u);
  EXPECT_EQ(drive.front.way(), 0u);
}

TEST(Front, AGapInTheNumbersBeginsAnItem) {
  Drive drive;
  drive.Add("one ");
  drive.number = 5;
  drive.Add("six ");
  drive.Send();
  EXPECT_EQ(drive.sent, (std::vector<std::string>{"0+1 one ", "5+1 six "}));
}

TEST(Front, OfATransactionTheLastReplyIsSeen) {
  Drive drive;
  drive.Add("multi set exec ", {.count = 3, .writes = true});
  drive.Add("get ");
  drive.Send();
  EXPECT_TRUE(drive.Reply("+OK\r\n+QUEUED\r\n").ok());
  EXPECT_EQ(drive.seen, "");
  EXPECT_TRUE(drive.Reply("*1\r\n+OK\r\n$1\r\nv\r\n").ok());
  EXPECT_EQ(drive.seen, "*1\r\n+OK\r\n$1\r\nv\r\n");
}

TEST(Front, SilentRequestsHaveNoReplyAndPushesBelongToNone) {
  Drive drive;
  drive.Add("quiet ", {.silent = true});
  drive.Add("loud ");
  drive.Send();
  EXPECT_TRUE(drive.Reply("+no\r\n>1\r\n+news\r\n+yes\r\n").ok());
  EXPECT_EQ(drive.seen, ">1\r\n+news\r\n+yes\r\n");
}

TEST(Front, WhatIsNoReplyToAnythingIsAnError) {
  Drive drive;
  EXPECT_FALSE(drive.Reply("+1\r\n").ok());
  drive.Add("one ");
  drive.Send();
  EXPECT_FALSE(drive.Reply("$5\r\nab").ok());
  EXPECT_FALSE(drive.Reply("what\r\n").ok());
}

TEST(Front, RefusedRequestsAreSentAgainAsTheyWere) {
  Drive drive;
  drive.Add("read ");
  drive.Write("write ");
  drive.Send();
  EXPECT_TRUE(drive.Reply("+1\r\n").ok());
  drive.front.Refused(drive.Concluding());
  EXPECT_EQ(drive.front.open_way(), 0u);
  drive.sent.clear();
  drive.Send(kOtherWay);
  EXPECT_EQ(drive.sent, std::vector<std::string>{"1+1 write "});
  EXPECT_EQ(drive.seen, "+1\r\n");
}

TEST(Front, ATransactionThatWasRefusedHalfwayIsSentAgainWhole) {
  Drive drive;
  drive.Add("multi set exec ", {.count = 3, .writes = true});
  drive.Send();
  EXPECT_TRUE(drive.Reply("+OK\r\n").ok());
  drive.front.Refused(drive.Concluding());
  drive.Send(kOtherWay);
  EXPECT_TRUE(drive.Reply("+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n").ok());
  EXPECT_EQ(drive.seen, "*1\r\n+OK\r\n");
}

TEST(Front, ABrokenWayLeavesWritesInDoubtAndReadsAreSentAgain) {
  Drive drive;
  drive.Add("before ");
  drive.Write("write ");
  drive.Add("after ");
  drive.Send();
  drive.Write("unsent ");
  drive.front.Broken(drive.Concluding());
  // What was read before the write must not see it.
  EXPECT_EQ(drive.seen, "ask-again unknown ");
  drive.sent.clear();
  drive.Send(kOtherWay);
  EXPECT_EQ(drive.sent, std::vector<std::string>{"2+2 after unsent "});
}

TEST(Front, WhatWasNeverSentIsGivenUpWithoutDoubt) {
  Drive drive;
  drive.Add("early ", {.writes = true, .since = Nanos{10}});
  drive.Add("late ", {.since = Nanos{20}});
  drive.front.GiveUp(Nanos{9}, drive.Concluding());
  EXPECT_EQ(drive.seen, "");
  drive.front.GiveUp(Nanos{10}, drive.Concluding());
  EXPECT_EQ(drive.seen, "not-done ");
  drive.Send();
  drive.front.GiveUp(Nanos{30}, drive.Concluding());
  EXPECT_EQ(drive.seen, "not-done ");
  EXPECT_EQ(drive.front.requests(), 1u);
}

TEST(Front, AWatchHoldsWhereItWasMadeOnly) {
  Drive drive;
  drive.Add("watch ", {.watches = true});
  EXPECT_TRUE(drive.front.watching());
  EXPECT_FALSE(drive.front.WatchHolds(kWay));
  drive.Send();
  EXPECT_TRUE(drive.Reply("+OK\r\n").ok());
  EXPECT_TRUE(drive.front.WatchHolds(kWay));
  EXPECT_FALSE(drive.front.WatchHolds(kOtherWay));
  drive.front.Broken(drive.Concluding());
  EXPECT_TRUE(drive.front.watching());
  EXPECT_FALSE(drive.front.WatchHolds(kWay));
  // Another key watched elsewhere does not bring the first one back.
  drive.Add("watch ", {.watches = true});
  drive.Send(kOtherWay);
  EXPECT_FALSE(drive.front.WatchHolds(kOtherWay));
  drive.front.ForgetWatch();
  EXPECT_FALSE(drive.front.watching());
}

TEST(Front, AnExecThatReliesOnAWatchIsNotSentElsewhere) {
  Drive drive;
  drive.Add("exec ", {.count = 2, .writes = true, .conditional = true});
  drive.Send();
  drive.front.Refused(drive.Concluding());
  EXPECT_EQ(drive.seen, "nil ");
  EXPECT_FALSE(drive.front.busy());
}

TEST(Front, BytesOfAnsweredRequestsAreGivenBack) {
  Drive drive;
  const std::string long_text(1000, 'x');
  drive.Add(long_text);
  for (int i = 0; i < 1000; ++i) {
    drive.Add(long_text);
    drive.Send();
    EXPECT_TRUE(drive.Reply("+1\r\n").ok());
    EXPECT_EQ(drive.front.bytes(), long_text.size());
  }
  EXPECT_EQ(drive.sent.back(), absl::StrCat("1000+1 ", long_text));
}

}  // namespace
}  // namespace holdfast
