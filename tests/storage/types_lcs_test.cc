#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "net/base/random.h"
#include "storage/types/lcs.h"

namespace holdfast {
namespace {

// The table as the LCS command's documentation has it, and a walk back that keeps to its ties.
Lcs ByTable(absl::string_view a, absl::string_view b) {
  std::vector<std::vector<size_t>> length(a.size() + 1, std::vector<size_t>(b.size() + 1, 0));
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      length[i][j] = a[i - 1] == b[j - 1] ? length[i - 1][j - 1] + 1
                                          : std::max(length[i - 1][j], length[i][j - 1]);
    }
  }
  Lcs lcs;
  bool extending = false;
  for (size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      --i, --j;
      lcs.text.insert(lcs.text.begin(), a[i]);
      if (!extending) lcs.matches.push_back({.a_last = i, .b_last = j});
      lcs.matches.back().a_first = i;
      lcs.matches.back().b_first = j;
      extending = true;
    } else {
      extending = false;
      length[i - 1][j] > length[i][j - 1] ? --i : --j;
    }
  }
  return lcs;
}

std::string RandomText(Prng& prng, size_t size, uint64_t alphabet) {
  std::string text(size, 'a');
  for (char& byte : text) byte = static_cast<char>('a' + prng.Below(alphabet));
  return text;
}

// LCS ... IDX of redis-server 7.0.15.
TEST(Lcs, AgreesWithTheDocumentedExample) {
  const Lcs lcs = FindLcs("ohmytext", "mynewtext");
  EXPECT_EQ(lcs.text, "mytext");
  ASSERT_EQ(lcs.matches.size(), 2u);
  EXPECT_EQ(lcs.matches[0], (LcsMatch{.a_first = 4, .a_last = 7, .b_first = 5, .b_last = 8}));
  EXPECT_EQ(lcs.matches[1], (LcsMatch{.a_first = 2, .a_last = 3, .b_first = 0, .b_last = 1}));
  EXPECT_EQ(lcs.matches[0].size(), 4u);
  EXPECT_EQ(LcsLength("ohmytext", "mynewtext"), 6u);
}

TEST(Lcs, EmptyAndDisjointStringsHaveNothingInCommon) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"a", ""}, {"", "b"}, {"abc", "xyz"}}) {
    EXPECT_EQ(LcsLength(a, b), 0u);
    EXPECT_EQ(FindLcs(a, b).text, "");
    EXPECT_TRUE(FindLcs(a, b).matches.empty());
  }
}

TEST(Lcs, EqualStringsAreOneMatch) {
  const std::string text(1000, 'q');
  const Lcs lcs = FindLcs(text, text);
  EXPECT_EQ(lcs.text, text);
  ASSERT_EQ(lcs.matches.size(), 1u);
  EXPECT_EQ(lcs.matches[0].size(), 1000u);
}

TEST(Lcs, AgreesWithTheTableOnRandomStrings) {
  Prng prng(7);
  for (int round = 0; round < 2000; ++round) {
    // Up to and beyond a few words of columns.
    const size_t size_max = round % 10 == 0 ? 200 : 24;
    const uint64_t alphabet = 1 + prng.Below(5);
    const std::string a = RandomText(prng, prng.Below(size_max), alphabet);
    const std::string b = RandomText(prng, prng.Below(size_max), alphabet);
    const Lcs expected = ByTable(a, b);
    const Lcs lcs = FindLcs(a, b);
    ASSERT_EQ(lcs.text, expected.text) << a << " / " << b;
    ASSERT_EQ(lcs.matches, expected.matches) << a << " / " << b;
    ASSERT_EQ(LcsLength(a, b), expected.text.size()) << a << " / " << b;
  }
}

TEST(Lcs, TableBytesAreRedis) {
  EXPECT_EQ(LcsTableBytes("", ""), 4u);
  EXPECT_EQ(LcsTableBytes("abc", "defg"), 80u);
}

}  // namespace
}  // namespace holdfast
