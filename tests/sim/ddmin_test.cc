#include "sim/ddmin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int> UpTo(int count) {
  std::vector<int> items(static_cast<size_t>(count));
  std::iota(items.begin(), items.end(), 0);
  return items;
}

bool Has(const std::vector<int>& items, int wanted) {
  return std::find(items.begin(), items.end(), wanted) != items.end();
}

TEST(Ddmin, FindsWhatIsNeeded) {
  int tries = 0;
  const auto small = Ddmin<int>(UpTo(1000), [&](const std::vector<int>& items) {
    ++tries;
    return Has(items, 3) && Has(items, 700) && Has(items, 701);
  });
  EXPECT_THAT(small, ElementsAre(3, 700, 701));
  EXPECT_LT(tries, 200);
}

TEST(Ddmin, TakesEverythingAwayIfNothingIsNeeded) {
  EXPECT_THAT(Ddmin<int>(UpTo(10), [](const std::vector<int>&) { return true; }), IsEmpty());
}

TEST(Ddmin, KeepsWhatOnlyTogetherIsEnough) {
  EXPECT_EQ(Ddmin<int>(UpTo(7), [](const std::vector<int>& items) { return items.size() >= 7; }),
            UpTo(7));
}

TEST(Ddmin, LeavesNothingThatCouldGo) {
  const auto odd_sum = [](const std::vector<int>& items) {
    return std::accumulate(items.begin(), items.end(), 0) % 2 == 1;
  };
  const auto small = Ddmin<int>(UpTo(10), odd_sum);
  EXPECT_EQ(small.size(), 1u);
  EXPECT_TRUE(odd_sum(small));
}

}  // namespace
}  // namespace holdfast
