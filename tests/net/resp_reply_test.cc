#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/resp/reply_parser.h"

namespace holdfast {
namespace {

using ::testing::HasSubstr;
using Kind = ReplyValue::Kind;

ReplyValue Parsed(absl::string_view bytes) {
  absl::StatusOr<ReplyValue> value = ParseReply(bytes);
  EXPECT_TRUE(value.ok()) << value.status();
  return value.value_or(ReplyValue());
}

std::string Shown(absl::string_view bytes) { return Parsed(bytes).ToString(); }

TEST(RespReplyTest, ReadsEveryScalar) {
  EXPECT_EQ(Parsed("+OK\r\n").kind, Kind::kSimple);
  EXPECT_EQ(Parsed("+OK\r\n").text, "OK");
  EXPECT_TRUE(Parsed("-ERR no\r\n").is_error());
  EXPECT_EQ(Parsed("-ERR no\r\n").text, "ERR no");
  EXPECT_EQ(Parsed(":-42\r\n").integer, -42);
  EXPECT_EQ(Parsed("$4\r\na\r\nb\r\n").text, "a\r\nb");
  EXPECT_EQ(Parsed("$-1\r\n").kind, Kind::kNull);
  EXPECT_EQ(Parsed("*-1\r\n").kind, Kind::kNullArray);
  EXPECT_EQ(Parsed("_\r\n").kind, Kind::kNull);
  EXPECT_EQ(Parsed(",-1.5e3\r\n").real, -1500);
  EXPECT_EQ(Parsed(",-inf\r\n").real, -HUGE_VAL);
  EXPECT_TRUE(std::isnan(Parsed(",nan\r\n").real));
  EXPECT_EQ(Parsed("#t\r\n").integer, 1);
  EXPECT_EQ(Parsed("#f\r\n").kind, Kind::kBoolean);
  EXPECT_EQ(Parsed("(-123456789012345678901234567890\r\n").text, "-123456789012345678901234567890");
  EXPECT_EQ(Parsed("=8\r\ntxt:text\r\n").text, "text");
  EXPECT_EQ(Parsed("!6\r\nERR no\r\n").kind, Kind::kBulkError);
}

TEST(RespReplyTest, ReadsNestedAggregates) {
  const ReplyValue value = Parsed("*3\r\n*0\r\n%1\r\n+k\r\n~2\r\n:1\r\n:2\r\n>1\r\n+m\r\n");
  ASSERT_EQ(value.children.size(), 3u);
  EXPECT_EQ(value.children[0].kind, Kind::kArray);
  ASSERT_EQ(value.children[1].children.size(), 2u);
  EXPECT_EQ(value.children[1].children[1].kind, Kind::kSet);
  EXPECT_EQ(value.children[1].children[1].children[1].integer, 2);
  EXPECT_EQ(value.children[2].kind, Kind::kPush);
}

TEST(RespReplyTest, AnAttributeBelongsToTheValueBehindIt) {
  const ReplyValue value = Parsed("*2\r\n:1\r\n|1\r\n+ttl\r\n*1\r\n:9\r\n:2\r\n");
  ASSERT_EQ(value.children.size(), 2u);
  EXPECT_TRUE(value.children[0].attributes.empty());
  EXPECT_EQ(value.children[1].integer, 2);
  ASSERT_EQ(value.children[1].attributes.size(), 2u);
  EXPECT_EQ(value.children[1].attributes[0].text, "ttl");
  EXPECT_EQ(value.children[1].attributes[1].children[0].integer, 9);
}

TEST(RespReplyTest, ReadsAStreamByteByByte) {
  const absl::string_view stream =
      "+OK\r\n*2\r\n$3\r\nfoo\r\n|1\r\n+a\r\n+b\r\n*1\r\n:5\r\n$-1\r\n";
  ReplyParser parser;
  std::vector<std::string> shown;
  for (char byte : stream) {
    parser.Feed(absl::string_view(&byte, 1));
    absl::StatusOr<absl::optional<ReplyValue>> reply = parser.Next();
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->has_value(), !parser.mid_reply());
    if (reply->has_value()) shown.push_back((*reply)->ToString());
  }
  EXPECT_THAT(shown, testing::ElementsAre("OK", "1) \"foo\"\n2) 1) (integer) 5", "(nil)"));
}

TEST(RespReplyTest, RefusesWhatIsNotResp) {
  for (absl::string_view bytes :
       {"?\r\n",     "\r\n",          "+OK\rx",  ":\r\n",         ":1x\r\n",         "$-2\r\n",
        "$1\r\nabc", "*-2\r\n",       "~-1\r\n", "#x\r\n",        "_x\r\n",          ",1.2.3\r\n",
        ", 1\r\n",   "(12a\r\n",      "(\r\n",   "=3\r\ntxt\r\n", "=5\r\ntxt-a\r\n", "$?\r\n",
        "*?\r\n",    "$536870913\r\n"}) {
    ReplyParser parser;
    parser.Feed(bytes);
    const absl::Status first = parser.Next().status();
    EXPECT_EQ(first.code(), absl::StatusCode::kInvalidArgument) << bytes;
    parser.Feed("+OK\r\n");
    EXPECT_EQ(parser.Next().status(), first) << "framing is lost for good";
  }
}

TEST(RespReplyTest, BoundsNesting) {
  std::string bytes;
  for (size_t i = 0; i < limits::kReplyDepthMax; ++i) bytes += "*1\r\n";
  EXPECT_TRUE(ParseReply(bytes + ":1\r\n").ok());
  EXPECT_THAT(std::string(ParseReply("*1\r\n" + bytes + ":1\r\n").status().message()),
              HasSubstr("nested too deeply"));
}

TEST(RespReplyTest, ParseReplyWantsExactlyOne) {
  EXPECT_THAT(std::string(ParseReply("+O").status().message()), HasSubstr("cut short"));
  EXPECT_THAT(std::string(ParseReply("+a\r\n+b\r\n").status().message()), HasSubstr("behind"));
}

TEST(RespReplyTest, ShowsRepliesAsRedisCliDoes) {
  EXPECT_EQ(Shown("+OK\r\n"), "OK");
  EXPECT_EQ(Shown("-ERR no\r\n"), "(error) ERR no");
  EXPECT_EQ(Shown(":7\r\n"), "(integer) 7");
  EXPECT_EQ(Shown(absl::string_view("$9\r\na\"\\\n\x01\xff\0 z\r\n", 15)),
            "\"a\\\"\\\\\\n\\x01\\xff\\x00 z\"");
  EXPECT_EQ(Shown("*-1\r\n"), "(nil)");
  EXPECT_EQ(Shown("#t\r\n"), "(true)");
  EXPECT_EQ(Shown(",1.5\r\n"), "(double) 1.5");
  EXPECT_EQ(Shown("*0\r\n"), "(empty array)");
  EXPECT_EQ(Shown("%0\r\n"), "(empty hash)");
  EXPECT_EQ(Shown("~0\r\n"), "(empty set)");
  EXPECT_EQ(Shown("%2\r\n+a\r\n:1\r\n+b\r\n*2\r\n:2\r\n:3\r\n"),
            "1# a => (integer) 1\n2# b => 1) (integer) 2\n   2) (integer) 3");
  EXPECT_EQ(Shown("~1\r\n$1\r\nx\r\n"), "1~ \"x\"");
}

TEST(RespReplyTest, AlignsElementNumbers) {
  std::string bytes = "*10\r\n";
  for (int i = 0; i < 9; ++i) bytes += ":0\r\n";
  const std::string shown = Shown(bytes + "*2\r\n:1\r\n:2\r\n");
  EXPECT_THAT(shown, testing::StartsWith(" 1) (integer) 0\n 2) (integer) 0\n"));
  EXPECT_THAT(shown, testing::EndsWith("\n10) 1) (integer) 1\n    2) (integer) 2"));
}

}  // namespace
}  // namespace holdfast
