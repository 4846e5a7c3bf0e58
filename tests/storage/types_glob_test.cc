#include <string>

#include "gtest/gtest.h"
#include "storage/types/glob.h"

namespace holdfast {
namespace {

bool MatchesAnyCase(absl::string_view pattern, absl::string_view text) {
  return GlobMatch(pattern, text, {.ignore_case = true});
}

TEST(Glob, Literals) {
  EXPECT_TRUE(GlobMatch("abc", "abc"));
  EXPECT_FALSE(GlobMatch("abc", "abcd"));
  EXPECT_FALSE(GlobMatch("abcd", "abc"));
  EXPECT_FALSE(GlobMatch("abc", "ABC"));
  EXPECT_TRUE(GlobMatch(absl::string_view("a\0b", 3), absl::string_view("a\0b", 3)));
}

TEST(Glob, OnlyTheEmptyPatternMatchesTheEmptyText) {
  EXPECT_TRUE(GlobMatch("", ""));
  EXPECT_FALSE(GlobMatch("*", ""));
  EXPECT_FALSE(GlobMatch("**", ""));
  EXPECT_FALSE(GlobMatch("", "a"));
}

TEST(Glob, StarsAndQuestionMarks) {
  EXPECT_TRUE(GlobMatch("*", "anything"));
  EXPECT_TRUE(GlobMatch("h?llo", "hello"));
  EXPECT_FALSE(GlobMatch("h?llo", "hllo"));
  EXPECT_TRUE(GlobMatch("h*llo", "hllo"));
  EXPECT_TRUE(GlobMatch("h*llo", "heeeello"));
  EXPECT_TRUE(GlobMatch("*a*b", "xaxaxb"));
  EXPECT_FALSE(GlobMatch("*a*b", "xaxaxbc"));
  EXPECT_TRUE(GlobMatch("a**", "a"));
  EXPECT_FALSE(GlobMatch("a*?", "a"));
  EXPECT_TRUE(GlobMatch("*?*", "a"));
}

TEST(Glob, Brackets) {
  EXPECT_TRUE(GlobMatch("h[ae]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[ae]llo", "hillo"));
  EXPECT_TRUE(GlobMatch("h[a-c]llo", "hbllo"));
  EXPECT_TRUE(GlobMatch("h[c-a]llo", "hbllo"));
  EXPECT_TRUE(GlobMatch("h[^e]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[^e]llo", "hello"));
  EXPECT_FALSE(GlobMatch("[]", "a"));
  EXPECT_TRUE(GlobMatch("[^]", "a"));
  EXPECT_TRUE(GlobMatch("[a\\]b]", "]"));
  // A range takes what follows its dash, even the bracket.
  EXPECT_TRUE(GlobMatch("[a-]", "^"));
  EXPECT_FALSE(GlobMatch("[a-]", "-"));
  EXPECT_TRUE(GlobMatch("[-a]", "-"));
}

TEST(Glob, UnclosedBracketsEndWithThePattern) {
  EXPECT_TRUE(GlobMatch("x[ab", "xb"));
  EXPECT_FALSE(GlobMatch("x[ab", "xc"));
  EXPECT_TRUE(GlobMatch("x[a-", "x-"));
  EXPECT_FALSE(GlobMatch("x[", "x["));
  EXPECT_TRUE(GlobMatch("x[^", "xy"));
  EXPECT_TRUE(GlobMatch("x[\\", "x\\"));
}

TEST(Glob, Escapes) {
  EXPECT_TRUE(GlobMatch("a\\*b", "a*b"));
  EXPECT_FALSE(GlobMatch("a\\*b", "axb"));
  EXPECT_TRUE(GlobMatch("\\[a]", "[a]"));
  EXPECT_TRUE(GlobMatch("a\\", "a\\"));
}

TEST(Glob, RangesCompareSignedBytes) {
  // 0x80..0xff lie below 'a': the range spans them and everything up to it.
  EXPECT_TRUE(GlobMatch("[a-\xff]", "A"));
  EXPECT_TRUE(GlobMatch("[a-\xff]", "\xff"));
  EXPECT_FALSE(GlobMatch("[a-\xff]", "b"));
  EXPECT_TRUE(GlobMatch("[\x80-\xff]", "\xc0"));
}

TEST(Glob, IgnoresCaseWhenAsked) {
  EXPECT_TRUE(MatchesAnyCase("aBc*", "AbCd"));
  EXPECT_TRUE(MatchesAnyCase("[a-c]", "B"));
  EXPECT_TRUE(MatchesAnyCase("[ABC]", "b"));
  EXPECT_TRUE(MatchesAnyCase("\\A", "a"));
  EXPECT_FALSE(MatchesAnyCase("[\\A]", "a"));
}

TEST(Glob, ManyStarsTakeNoLongerThanTheProductOfTheLengths) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  pattern += "b";
  const std::string text(5000, 'a');
  EXPECT_FALSE(GlobMatch(pattern, text));
  EXPECT_TRUE(GlobMatch(pattern, text + "b"));
}

}  // namespace
}  // namespace holdfast
