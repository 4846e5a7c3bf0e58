#include "node/slowlog.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/base/limits.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr size_t kLengthMax = 4;

void Add(Slowlog& slowlog, std::vector<absl::string_view> arguments,
         size_t length_max = kLengthMax) {
  slowlog.Add({.unix_seconds = 100, .microseconds = 7}, arguments, length_max);
}

std::vector<uint64_t> Ids(const Slowlog& slowlog, size_t count) {
  std::vector<uint64_t> ids;
  for (const SlowlogEntry& entry : slowlog.Newest(count)) ids.push_back(entry.id);
  return ids;
}

TEST(SlowlogTest, ReturnsTheNewestFirst) {
  Slowlog slowlog;
  for (int i = 0; i < 3; ++i) Add(slowlog, {"get", "k"});
  EXPECT_THAT(Ids(slowlog, 2), ElementsAre(2, 1));
  EXPECT_THAT(Ids(slowlog, SIZE_MAX), ElementsAre(2, 1, 0));
  EXPECT_TRUE(Ids(slowlog, 0).empty());
}

TEST(SlowlogTest, ForgetsTheOldest) {
  Slowlog slowlog;
  for (int i = 0; i < 6; ++i) Add(slowlog, {"get", "k"});
  EXPECT_THAT(Ids(slowlog, SIZE_MAX), ElementsAre(5, 4, 3, 2));
}

TEST(SlowlogTest, ALoweredLimitHoldsFromTheNextEntryOn) {
  Slowlog slowlog;
  for (int i = 0; i < 4; ++i) Add(slowlog, {"get", "k"});
  Add(slowlog, {"get", "k"}, 2);
  EXPECT_THAT(Ids(slowlog, SIZE_MAX), ElementsAre(4, 3));
  Add(slowlog, {"get", "k"}, 0);
  EXPECT_EQ(slowlog.size(), 0u);
}

TEST(SlowlogTest, ClearingDoesNotStartTheIdsAnew) {
  Slowlog slowlog;
  Add(slowlog, {"get", "k"});
  slowlog.Clear();
  EXPECT_EQ(slowlog.size(), 0u);
  Add(slowlog, {"get", "k"});
  EXPECT_THAT(Ids(slowlog, SIZE_MAX), ElementsAre(1));
}

TEST(SlowlogTest, CutsLongArguments) {
  Slowlog slowlog;
  const std::string fits(limits::kSlowlogArgumentBytesMax, 'x');
  const std::string longer = fits + "yz";
  Add(slowlog, {"set", fits, longer});
  EXPECT_THAT(slowlog.Newest(1)[0].arguments,
              ElementsAre("set", fits, fits + "... (2 more bytes)"));
}

TEST(SlowlogTest, CutsManyArguments) {
  Slowlog slowlog;
  std::vector<absl::string_view> arguments(limits::kSlowlogArgumentsMax, "a");
  Add(slowlog, arguments);
  EXPECT_THAT(slowlog.Newest(1)[0].arguments, SizeIs(limits::kSlowlogArgumentsMax));
  EXPECT_EQ(slowlog.Newest(1)[0].arguments.back(), "a");

  arguments.resize(limits::kSlowlogArgumentsMax + 3, "b");
  Add(slowlog, arguments);
  EXPECT_THAT(slowlog.Newest(1)[0].arguments, SizeIs(limits::kSlowlogArgumentsMax));
  EXPECT_EQ(slowlog.Newest(1)[0].arguments.back(), "... (4 more arguments)");
}

}  // namespace
}  // namespace holdfast
