#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/ascii.h"
#include "net/resp/reply_parser.h"
#include "tests/interop/differential/comparison.h"
#include "tests/interop/differential/generator.h"

namespace holdfast {
namespace {

using ::testing::IsSupersetOf;

using Words = std::vector<std::string>;

bool Same(const Words& words, absl::string_view left, absl::string_view right,
          absl::string_view allow = "", const std::vector<Words>& queued = {}) {
  const absl::StatusOr<AllowList> allowed = AllowList::Parse(allow);
  EXPECT_TRUE(allowed.ok()) << allowed.status();
  return Comparison(*allowed).Same(words, queued, *ParseReply(left), *ParseReply(right));
}

TEST(Generator, EqualSeedsGiveEqualSequences) {
  const auto first = CommandGenerator(7).Sequence(500);
  const auto second = CommandGenerator(7).Sequence(500);
  const auto other = CommandGenerator(8).Sequence(500);
  ASSERT_EQ(first.size(), second.size());
  bool differs = false;
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].words, second[i].words);
    EXPECT_EQ(first[i].client, second[i].client);
    differs |= i < other.size() && first[i].words != other[i].words;
  }
  EXPECT_TRUE(differs);
}

TEST(Generator, DrawsEveryCommandAndBothClients) {
  std::set<std::string> commands;
  std::set<int> clients;
  for (const GeneratedCommand& command : CommandGenerator(1).Sequence(20'000)) {
    commands.insert(absl::AsciiStrToUpper(command.words[0]));
    clients.insert(command.client);
  }
  EXPECT_THAT(commands, IsSupersetOf({"SET", "SUBSTR", "INCRBYFLOAT", "LMPOP", "PEXPIRETIME",
                                      "SWAPDB", "EXEC", "FLUSHALL", "HELLO"}));
  EXPECT_EQ(clients.size(), 2u);
}

TEST(Comparison, IsExactByDefault) {
  EXPECT_TRUE(Same({"GET", "k"}, "$1\r\na\r\n", "$1\r\na\r\n"));
  EXPECT_FALSE(Same({"GET", "k"}, "$1\r\na\r\n", "$1\r\nb\r\n"));
  EXPECT_FALSE(Same({"GET", "k"}, "$2\r\nOK\r\n", "+OK\r\n"));
  EXPECT_FALSE(Same({"LPOP", "k", "1"}, "*-1\r\n", "$-1\r\n"));
  EXPECT_FALSE(Same({"GET"}, "-ERR a\r\n", "-ERR b\r\n"));
}

TEST(Comparison, ForgivesOrderAndClocksOnly) {
  EXPECT_TRUE(Same({"keys", "*"}, "*2\r\n+a\r\n+b\r\n", "*2\r\n+b\r\n+a\r\n"));
  EXPECT_FALSE(Same({"KEYS", "*"}, "*2\r\n+a\r\n+b\r\n", "*2\r\n+a\r\n+a\r\n"));
  EXPECT_FALSE(Same({"LRANGE"}, "*2\r\n+a\r\n+b\r\n", "*2\r\n+b\r\n+a\r\n"));
  EXPECT_TRUE(Same({"SCAN", "0"}, "*2\r\n$1\r\n0\r\n*2\r\n+a\r\n+b\r\n",
                   "*2\r\n$1\r\n0\r\n*2\r\n+b\r\n+a\r\n"));
  EXPECT_FALSE(Same({"SCAN", "0"}, "*2\r\n$1\r\n0\r\n*1\r\n+a\r\n", "*2\r\n$1\r\n0\r\n*0\r\n"));
  EXPECT_TRUE(Same({"PTTL", "k"}, ":1000\r\n", ":1010\r\n"));
  EXPECT_FALSE(Same({"PTTL", "k"}, ":1000\r\n", ":2000\r\n"));
  EXPECT_FALSE(Same({"PTTL", "k"}, ":-1\r\n", ":-2\r\n"));
  EXPECT_FALSE(Same({"PEXPIRETIME", "k"}, ":-1\r\n", ":9223372036854775807\r\n"));
  EXPECT_FALSE(Same({"STRLEN", "k"}, ":1000\r\n", ":1001\r\n"));
}

TEST(Comparison, LooksInsideExec) {
  const std::vector<Words> queued = {{"PTTL", "k"}, {"STRLEN", "k"}};
  EXPECT_TRUE(Same({"EXEC"}, "*2\r\n:1000\r\n:5\r\n", "*2\r\n:1001\r\n:5\r\n", "", queued));
  EXPECT_FALSE(Same({"EXEC"}, "*2\r\n:1000\r\n:5\r\n", "*2\r\n:1000\r\n:6\r\n", "", queued));
  EXPECT_FALSE(Same({"EXEC"}, "*2\r\n:1000\r\n:5\r\n", "*-1\r\n", "", queued));
}

TEST(AllowListTest, AllowsWhatItSaysAndNothingElse) {
  constexpr absl::string_view kAllow =
      "# a comment\n\ncommand: OBJECT ENCODING\nredis: \"quicklist\"\nkvnode: \"listpack\"\n"
      "because: the documentation\n";
  EXPECT_TRUE(
      Same({"object", "encoding", "k"}, "$9\r\nquicklist\r\n", "$8\r\nlistpack\r\n", kAllow));
  EXPECT_FALSE(
      Same({"OBJECT", "ENCODING", "k"}, "$8\r\nlistpack\r\n", "$9\r\nquicklist\r\n", kAllow));
  EXPECT_FALSE(Same({"GET", "k"}, "$9\r\nquicklist\r\n", "$8\r\nlistpack\r\n", kAllow));
}

TEST(AllowListTest, RefusesAnEntryWithoutAReason) {
  EXPECT_FALSE(AllowList::Parse("command: GET\nredis: (nil)\nkvnode: (nil)\n").ok());
  EXPECT_FALSE(AllowList::Parse("command: GET\nbogus\n").ok());
}

}  // namespace
}  // namespace holdfast
