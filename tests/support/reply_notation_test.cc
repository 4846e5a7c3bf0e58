#include "tests/support/reply_notation.h"

#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "net/resp/reply_parser.h"

namespace holdfast {
namespace {

ReplyValue Reply(absl::string_view bytes) {
  absl::StatusOr<ReplyValue> reply = ParseReply(bytes);
  EXPECT_TRUE(reply.ok()) << bytes;
  return *std::move(reply);
}

std::vector<std::unique_ptr<ReplyPattern>> Patterns(absl::string_view text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  auto patterns = ParseReplyPatterns(lines);
  EXPECT_TRUE(patterns.ok()) << patterns.status();
  return *std::move(patterns);
}

bool Matches(absl::string_view text, absl::string_view bytes) {
  const auto patterns = Patterns(text);
  EXPECT_EQ(patterns.size(), 1u) << text;
  return patterns[0]->Matches(Reply(bytes));
}

TEST(ReplyNotation, EveryTypeHasATextOfItsOwn) {
  EXPECT_EQ(FormatReply(Reply("+OK\r\n")), "OK");
  EXPECT_EQ(FormatReply(Reply("+\r\n")), "(simple) \"\"");
  EXPECT_EQ(FormatReply(Reply("+(nil)\r\n")), "(simple) \"(nil)\"");
  EXPECT_EQ(FormatReply(Reply("$2\r\nOK\r\n")), "\"OK\"");
  EXPECT_EQ(FormatReply(Reply("-ERR a 'b'\r\n")), "(error) ERR a 'b'");
  EXPECT_EQ(FormatReply(Reply(":-7\r\n")), "(integer) -7");
  EXPECT_EQ(FormatReply(Reply("$-1\r\n")), "(nil)");
  EXPECT_EQ(FormatReply(Reply("*-1\r\n")), "(nil array)");
  EXPECT_EQ(FormatReply(Reply("*0\r\n")), "(empty array)");
  EXPECT_EQ(FormatReply(Reply("%0\r\n")), "(empty map)");
  EXPECT_EQ(FormatReply(Reply(",1.5\r\n")), "(double) 1.5");
  EXPECT_EQ(FormatReply(Reply("#t\r\n")), "(true)");
  EXPECT_EQ(FormatReply(Reply("=6\r\ntxt:hi\r\n")), "(verbatim) \"hi\"");
}

TEST(ReplyNotation, NestsByColumn) {
  const std::string text = FormatReply(
      Reply("*3\r\n*2\r\n:1\r\n$1\r\na\r\n%1\r\n$1\r\nk\r\n*2\r\n:2\r\n:3\r\n>1\r\n_\r\n"));
  EXPECT_EQ(text,
            "1) 1) (integer) 1\n"
            "   2) \"a\"\n"
            "2) 1# \"k\" => 1) (integer) 2\n"
            "             2) (integer) 3\n"
            "3) 1> (nil)");
}

TEST(ReplyNotation, ReadsBackWhatItWrites) {
  for (const char* bytes :
       {"+OK\r\n", "$3\r\na\"\n\r\n", "-\"quoted\r\n", "*2\r\n*0\r\n*1\r\n*1\r\n:1\r\n",
        "*12\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n*1\r\n:9\r\n:11\r\n:12\r\n",
        "%2\r\n:1\r\n*1\r\n:2\r\n$1\r\nx\r\n~1\r\n_\r\n"}) {
    EXPECT_TRUE(Matches(FormatReply(Reply(bytes)), bytes)) << bytes;
  }
}

TEST(ReplyNotation, SeesEveryDifference) {
  EXPECT_FALSE(Matches("\"OK\"", "+OK\r\n"));
  EXPECT_FALSE(Matches("OK", "$2\r\nOK\r\n"));
  EXPECT_FALSE(Matches("(nil)", "*-1\r\n"));
  EXPECT_FALSE(Matches("1) \"a\"", "*2\r\n$1\r\na\r\n$1\r\nb\r\n"));
  EXPECT_FALSE(Matches("1) \"a\"\n2) \"b\"", "*1\r\n$1\r\na\r\n"));
  EXPECT_FALSE(Matches("1) \"a\"", "~1\r\n$1\r\na\r\n"));
  EXPECT_FALSE(Matches("(integer) 1", "$1\r\n1\r\n"));
}

TEST(ReplyNotation, Patterns) {
  EXPECT_TRUE(Matches("(any)", "*1\r\n:1\r\n"));
  EXPECT_TRUE(Matches("(integer 1..3)", ":3\r\n"));
  EXPECT_FALSE(Matches("(integer 1..3)", ":4\r\n"));
  EXPECT_FALSE(Matches("(integer 1..3)", "$1\r\n2\r\n"));
  EXPECT_TRUE(Matches("(has \"b\" \"\\x0d\\n\")", "$4\r\nab\r\n\r\n"));
  EXPECT_FALSE(Matches("(has \"b\" \"c\")", "$2\r\nab\r\n"));
  EXPECT_TRUE(Matches("~ \"id=[0-9]+\"", "$4\r\nid=7\r\n"));
  EXPECT_FALSE(Matches("~ \"id=[0-9]+\"", "$5\r\nid=7x\r\n"));
  EXPECT_TRUE(Matches("(any order)\n1) \"a\"\n2) \"b\"", "*2\r\n$1\r\nb\r\n$1\r\na\r\n"));
  EXPECT_FALSE(Matches("(any order)\n1) \"a\"\n2) \"a\"", "*2\r\n$1\r\nb\r\n$1\r\na\r\n"));
  EXPECT_TRUE(Matches("1) \"0\"\n2) (any order)\n   1) \"a\"\n   2) \"b\"",
                      "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nb\r\n$1\r\na\r\n"));
}

TEST(ReplyNotation, SeveralRepliesInARow) {
  EXPECT_EQ(Patterns("OK\nQUEUED\n1) \"a\"\n2) \"b\"\n1) \"c\"\n(nil)").size(), 5u);
}

TEST(ReplyNotation, RefusesWhatIsNoExpectation) {
  const std::vector<std::vector<std::string>> wrong = {
      {"1) \"a\"", "3) \"b\""}, {"1# \"k\""}, {"(any order)"}, {"(integer 1..)"}, {"~ ("}};
  for (const auto& lines : wrong) EXPECT_FALSE(ParseReplyPatterns(lines).ok()) << lines[0];
}

}  // namespace
}  // namespace holdfast
