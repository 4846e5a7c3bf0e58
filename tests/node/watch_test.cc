#include "node/watch.h"

#include <gtest/gtest.h>

#include "node/session.h"

namespace holdfast {
namespace {

constexpr DatabaseId kDb0{0};
constexpr DatabaseId kDb1{1};

TEST(WatchRegistry, TouchBreaksWatchersOfThatKeyInThatDatabase) {
  WatchRegistry registry;
  Transaction one;
  Transaction two;
  registry.Watch(one, kDb0, "a");
  registry.Watch(one, kDb0, "a");
  registry.Watch(two, kDb1, "a");
  EXPECT_EQ(registry.size(), 2u);
  registry.Touch(kDb0, "b");
  EXPECT_FALSE(one.watch_broken);
  registry.Touch(kDb0, "a");
  EXPECT_TRUE(one.watch_broken);
  EXPECT_FALSE(two.watch_broken);
  registry.Unwatch(one);
  EXPECT_FALSE(one.watch_broken);
  registry.Touch(kDb0, "a");
  EXPECT_FALSE(one.watch_broken);
  registry.Unwatch(two);
  EXPECT_EQ(registry.size(), 0u);
}

TEST(WatchRegistry, TouchDatabaseAsksWhichKeysChanged) {
  WatchRegistry registry;
  Transaction one;
  Transaction eleven;
  registry.Watch(one, kDb1, "kept");
  registry.Watch(one, kDb1, "gone with space");
  registry.Watch(eleven, DatabaseId{11}, "gone with space");
  registry.TouchDatabase(kDb1, [](absl::string_view key) { return key == "other"; });
  EXPECT_FALSE(one.watch_broken);
  registry.TouchDatabase(kDb1, [](absl::string_view key) { return key == "gone with space"; });
  EXPECT_TRUE(one.watch_broken);
  EXPECT_FALSE(eleven.watch_broken);
  registry.Unwatch(one);
  registry.Unwatch(eleven);
}

}  // namespace
}  // namespace holdfast
