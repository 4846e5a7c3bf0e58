#include "node/map_askers.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "net/base/limits.h"

namespace holdfast {
namespace {

TEST(MapAskers, AnAddressIsRememberedForAMinute) {
  MapAskers askers;
  const Address asker{.host = "10.0.0.1", .port = 4000};
  const Address neighbour{.host = "10.0.0.1", .port = 4001};
  askers.Note(asker, Seconds(100));
  EXPECT_TRUE(askers.Asked(neighbour, Seconds(160)));
  EXPECT_FALSE(askers.Asked(neighbour, Seconds(161)));
  EXPECT_FALSE(askers.Asked({.host = "10.0.0.2"}, Seconds(100)));
}

TEST(MapAskers, LoopbackTellsNothing) {
  MapAskers askers;
  for (const Address& local : {Address{.host = "127.0.0.1"}, Address{.host = "::1"},
                               Address{.unix_path = "/run/holdfast"}}) {
    askers.Note(local, Seconds(1));
    EXPECT_FALSE(askers.Asked(local, Seconds(1)));
  }
}

TEST(MapAskers, TheOldestIsForgottenFirst) {
  MapAskers askers;
  for (size_t i = 0; i <= limits::kMapAskersMax; ++i) {
    askers.Note({.host = absl::StrCat("host", i)}, Nanos{static_cast<int64_t>(i) + 1});
  }
  EXPECT_FALSE(askers.Asked({.host = "host0"}, Nanos{1}));
  EXPECT_TRUE(askers.Asked({.host = "host1"}, Nanos{1}));
}

}  // namespace
}  // namespace holdfast
