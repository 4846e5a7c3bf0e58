#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/resp/parser.h"
#include "net/resp/writer.h"
#include "tests/net/resp_drive.h"

namespace holdfast {
namespace {

using resp_drive::Drive;
using resp_drive::EveryByte;
using resp_drive::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

std::string ErrorOf(absl::string_view bytes, const ParserLimits& limits = {}) {
  const Outcome whole = Drive(bytes, {}, limits);
  EXPECT_EQ(Drive(bytes, EveryByte(bytes.size()), limits), whole);
  return whole.error;
}

std::vector<Words> RequestsOf(absl::string_view bytes) {
  const Outcome whole = Drive(bytes, {});
  EXPECT_EQ(whole.error, "");
  EXPECT_EQ(whole.consumed, bytes.size());
  EXPECT_EQ(Drive(bytes, EveryByte(bytes.size())), whole);
  return whole.requests;
}

TEST(RespParserTest, ReadsOneRequest) {
  const absl::string_view value("a\r\nb\0", 5);
  EXPECT_THAT(RequestsOf(absl::StrCat("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\n", value, "\r\n")),
              ElementsAre(ElementsAre("SET", "k", std::string(value))));
}

TEST(RespParserTest, ReadsAPipelineAndKeepsItsOrder) {
  EXPECT_THAT(RequestsOf("*1\r\n$4\r\nPING\r\nECHO hi\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n"),
              ElementsAre(ElementsAre("PING"), ElementsAre("ECHO", "hi"), ElementsAre("GET", "")));
}

TEST(RespParserTest, SkipsRequestsForNothing) {
  EXPECT_THAT(RequestsOf("\r\n\n  \r\n*0\r\n*-1\r\n*-7\r\n*1\r\n$4\r\nPING\r\n\r\n"),
              ElementsAre(ElementsAre("PING")));
}

TEST(RespParserTest, LooksOnlyAtTheCarriageReturnOfALineEnd) {
  EXPECT_THAT(RequestsOf("*1\rx$4\ryPING!!"), ElementsAre(ElementsAre("PING")));
}

TEST(RespParserTest, ShorterLinesFollowLongerOnes) {
  const Words words = {std::string(1000, 'a'), std::string(100, 'b'), std::string(10, 'c'), "d",
                       ""};
  std::string bytes = "*5\r\n";
  for (const std::string& word : words) {
    absl::StrAppend(&bytes, "$", word.size(), "\r\n", word, "\r\n");
  }
  EXPECT_THAT(
      RequestsOf(absl::StrCat(bytes, "LONGER LINE\nA\n*1\r\n$1\r\nB\r\n")),
      ElementsAre(words, ElementsAre("LONGER", "LINE"), ElementsAre("A"), ElementsAre("B")));
}

TEST(RespParserTest, StopsAtTheRequestLimitAndGoesOn) {
  const std::string bytes = "PING\nPING\nPING\n";
  RequestParser parser;
  RequestBatch batch;
  const ParseProgress first = parser.Parse(bytes, {.requests_max = 2}, batch);
  EXPECT_EQ(first.consumed, 10u);
  EXPECT_EQ(batch.requests.size(), 2u);
  EXPECT_FALSE(parser.mid_request());
  const ParseProgress second = parser.Parse(bytes.substr(10), {.requests_max = 2}, batch);
  EXPECT_EQ(second.consumed, 5u);
  EXPECT_EQ(batch.requests.size(), 3u) << "a batch is appended to";
}

TEST(RespParserTest, RemembersAnIncompleteRequest) {
  const std::string bytes = "*2\r\n$3\r\nGET\r\n$100\r\nabc";
  RequestParser parser;
  RequestBatch batch;
  EXPECT_EQ(parser.Parse(bytes, {}, batch).consumed, 0u);
  EXPECT_TRUE(parser.mid_request());
  EXPECT_THAT(batch.arguments, IsEmpty());
  EXPECT_EQ(parser.bytes_wanted(), bytes.size() - 3 + 100 + 2);
  const std::string rest = bytes + std::string(97, 'd') + "\r\n";
  EXPECT_EQ(parser.Parse(rest, {}, batch).consumed, rest.size());
  EXPECT_FALSE(parser.mid_request());
  EXPECT_EQ(parser.bytes_wanted(), 0u);
  EXPECT_EQ(batch.Arguments(0)[1], "abc" + std::string(97, 'd'));
}

TEST(RespParserTest, WantsNothingInParticularInsideALine) {
  RequestParser parser;
  RequestBatch batch;
  for (absl::string_view bytes : {"P", "PIN", "PING"}) {
    parser.Parse(bytes, {}, batch);
    EXPECT_TRUE(parser.mid_request());
    EXPECT_EQ(parser.bytes_wanted(), 0u);
  }
}

TEST(RespParserTest, RefusesBadCounts) {
  for (absl::string_view count :
       {"", "-", "+1", " 1", "1 ", "01", "-0", "1.0", "abc", "9223372036854775807",
        "9223372036854775808", "99999999999999999999999"}) {
    EXPECT_EQ(ErrorOf(absl::StrCat("*", count, "\r\n")), "Protocol error: invalid multibulk length")
        << count;
  }
}

TEST(RespParserTest, RefusesBadBulkLengths) {
  for (absl::string_view length : {"", "-", "-1", "+1", " 1", "1 ", "01", "-0", "x", "536870913",
                                   "9223372036854775808", "99999999999999999999999"}) {
    EXPECT_EQ(ErrorOf(absl::StrCat("*1\r\n$", length, "\r\n")),
              "Protocol error: invalid bulk length")
        << length;
  }
}

TEST(RespParserTest, RefusesABulkWithoutItsTypeByte) {
  EXPECT_EQ(ErrorOf("*2\r\n$3\r\nGET\r\nfoo\r\n"), "Protocol error: expected '$', got 'f'");
  EXPECT_EQ(ErrorOf("*1\r\n:1\r\n"), "Protocol error: expected '$', got ':'");
  EXPECT_EQ(ErrorOf("*1\r\n\r\n\r\n"), "Protocol error: expected '$', got '\r'");
}

TEST(RespParserTest, RefusesAnOversizedBulkWhenItsHeaderIsRead) {
  EXPECT_EQ(ErrorOf("*1\r\n$11\r\n", {.bulk_bytes_max = 10}),
            "Protocol error: invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$10\r\n", {.bulk_bytes_max = 10}), "");
}

TEST(RespParserTest, RefusesEndlessLines) {
  const std::string endless(limits::kInlineRequestMax, '1');
  EXPECT_EQ(ErrorOf(endless + "1"), "Protocol error: too big inline request");
  EXPECT_EQ(ErrorOf("*" + endless), "Protocol error: too big mbulk count string");
  EXPECT_EQ(ErrorOf("*1\r\n$" + endless), "Protocol error: too big bulk count string");
  EXPECT_EQ(ErrorOf(endless), "");
  EXPECT_EQ(ErrorOf(endless + "\n"), "");
}

TEST(RespParserTest, KeepsUnauthenticatedClientsSmall) {
  const ParserLimits strangers = {.authenticated = false};
  EXPECT_EQ(ErrorOf("*11\r\n", strangers), "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(ErrorOf("*10\r\n", strangers), "");
  EXPECT_EQ(ErrorOf("*1\r\n$16385\r\n", strangers), "Protocol error: unauthenticated bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$16384\r\n", strangers), "");
}

TEST(RespParserTest, KeepsWhatCameBeforeAFault) {
  const Outcome outcome = Drive("PING\r\n*1\r\n$4\r\nTIME\r\n*2\r\n$3\r\nGET\r\n?\r\n", {});
  EXPECT_THAT(outcome.requests, ElementsAre(ElementsAre("PING"), ElementsAre("TIME")));
  EXPECT_EQ(outcome.consumed, 20u);
  EXPECT_EQ(outcome.error, "Protocol error: expected '$', got '?'");
}

TEST(RespParserTest, SplitsInlineWords) {
  EXPECT_THAT(RequestsOf("  SET\tkey  \v value \n"),
              ElementsAre(ElementsAre("SET", "key", "value")));
  EXPECT_THAT(RequestsOf("a\"b c\" 'd e' \"\" ''\r\n"),
              ElementsAre(ElementsAre("ab c", "d e", "", "")));
  EXPECT_THAT(RequestsOf("\"\\n\\r\\t\\b\\a\\\\\\\"\\q\\x41\\xfF\\xg\"\n"),
              ElementsAre(ElementsAre("\n\r\t\b\a\\\"qA\xffxg")));
  EXPECT_THAT(RequestsOf("'it\\'s \\n'\n"), ElementsAre(ElementsAre("it's \\n")));
}

TEST(RespParserTest, RefusesUnbalancedQuotes) {
  for (absl::string_view line :
       {"\"", "'", "GET \"a", "GET 'a", "GET \"a\"b", "GET 'a''b'", "\"a\\\"", "'a\\'", "\"a\\"}) {
    EXPECT_EQ(ErrorOf(absl::StrCat(line, "\r\n")), "Protocol error: unbalanced quotes in request")
        << line;
  }
}

TEST(RespParserTest, UnquotedWordsOutliveLaterRequestsOfTheBatch) {
  std::string bytes;
  for (int i = 0; i < 64; ++i) absl::StrAppend(&bytes, "ECHO \"w\\x6f", i, "\"\n");
  const std::vector<Words> requests = RequestsOf(bytes);
  ASSERT_EQ(requests.size(), 64u);
  for (int i = 0; i < 64; ++i) EXPECT_THAT(requests[i], ElementsAre("ECHO", absl::StrCat("wo", i)));
}

// Were every piece to start over, this would look at some 10^12 bytes.
TEST(RespParserTest, AMillionArgumentsInSmallPiecesStayLinear) {
  constexpr size_t kCount = 1'000'000;
  std::string bytes = absl::StrCat("*", kCount, "\r\n");
  for (size_t i = 0; i < kCount; ++i) absl::StrAppend(&bytes, "$1\r\n", i % 10, "\r\n");
  RequestParser parser;
  RequestBatch batch;
  size_t consumed = 0;
  for (size_t shown = 64; consumed == 0; shown += 64) {
    ASSERT_LE(shown, bytes.size() + 64);
    consumed = parser.Parse(absl::string_view(bytes).substr(0, shown), {}, batch).consumed;
  }
  ASSERT_EQ(batch.requests.size(), 1u);
  ASSERT_EQ(batch.Arguments(0).size(), kCount);
  EXPECT_EQ(batch.Arguments(0)[kCount - 1], "9");
  EXPECT_EQ(batch.Arguments(0)[10], "0");
  batch.Clear();
  EXPECT_LE(batch.arguments.capacity(), limits::kArgumentsRetainedMax);
}

TEST(RespParserTest, ALongLineInSingleBytesStaysLinear) {
  const std::string line = std::string(limits::kInlineRequestMax, 'a') + "\n";
  EXPECT_EQ(Drive(line, {}).requests.size(), 1u);
  RequestParser parser;
  RequestBatch batch;
  for (size_t shown = 1; shown <= line.size(); ++shown) {
    parser.Parse(absl::string_view(line).substr(0, shown), {}, batch);
  }
  EXPECT_EQ(batch.requests.size(), 1u);
}

TEST(RespParserTest, ReadsWhatAppendRequestWrites) {
  Buffer bytes;
  AppendRequest({"SET", "", "a\r\n"}, bytes);
  EXPECT_EQ(bytes.view(), "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$3\r\na\r\n\r\n");
  EXPECT_THAT(RequestsOf(bytes.view()), ElementsAre(ElementsAre("SET", "", "a\r\n")));
}

}  // namespace
}  // namespace holdfast
