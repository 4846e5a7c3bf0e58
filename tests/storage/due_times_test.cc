#include "storage/keyspace/due_times.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "net/base/random.h"

namespace holdfast {
namespace {

constexpr Slot kFirst{0};

class DueTimesTest : public ::testing::Test {
 protected:
  std::vector<int> AllDue(Millis now) {
    std::vector<int> due;
    for (auto slot = times_->FirstDue(kFirst, now); slot;
         slot = times_->FirstDue(Slot{static_cast<uint16_t>(slot->value + 1)}, now)) {
      due.push_back(slot->value);
      if (slot->value + 1 == kSlotCount) break;
    }
    return due;
  }

  std::unique_ptr<DueTimes> times_ = std::make_unique<DueTimes>();
};

TEST_F(DueTimesTest, NothingIsDueAtFirst) {
  EXPECT_FALSE(times_->Get(kFirst).has_value());
  EXPECT_FALSE(times_->FirstDue(kFirst, Millis{INT64_MAX - 1}).has_value());
}

TEST_F(DueTimesTest, ASlotIsDueFromItsSoonestDeadlineOn) {
  times_->Lower(Slot{16383}, Millis{70});
  times_->Lower(Slot{16383}, Millis{90});
  EXPECT_EQ(times_->Get(Slot{16383}), Millis{70});
  EXPECT_TRUE(AllDue(Millis{69}).empty());
  EXPECT_EQ(AllDue(Millis{70}), std::vector<int>{16383});
}

TEST_F(DueTimesTest, DeadlinesBeforeTheEpochAreDueAtOnce) {
  times_->Lower(Slot{5}, Millis{-3});
  times_->Lower(Slot{6}, Millis{0});
  EXPECT_EQ(AllDue(Millis{1}), (std::vector<int>{5, 6}));
}

TEST_F(DueTimesTest, AfterItWasFoundEarlyAGroupIsFoundInTimeAgain) {
  times_->Lower(Slot{200}, Millis{10});
  times_->Lower(Slot{201}, Millis{50});
  times_->Set(Slot{200}, std::nullopt);
  EXPECT_TRUE(AllDue(Millis{49}).empty());
  EXPECT_EQ(AllDue(Millis{50}), std::vector<int>{201});
}

TEST_F(DueTimesTest, FindsWhatALookAtEverySlotFinds) {
  Prng random(1);
  std::vector<int64_t> model(kSlotCount, 0);
  int64_t now = 1;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 50; ++i) {
      const auto slot = static_cast<uint16_t>(random.Below(kSlotCount));
      if (random.Below(4) == 0) {
        const int64_t soonest =
            random.Below(2) == 0 ? 0 : now + static_cast<int64_t>(random.Below(40));
        model[slot] = soonest;
        times_->Set(Slot{slot}, std::nullopt);
        if (soonest != 0) times_->Lower(Slot{slot}, Millis{soonest});
      } else {
        const int64_t deadline = now + static_cast<int64_t>(random.Below(40));
        if (model[slot] == 0 || deadline < model[slot]) model[slot] = deadline;
        times_->Lower(Slot{slot}, Millis{deadline});
      }
    }
    now += static_cast<int64_t>(random.Below(10));
    std::vector<int> due;
    for (int slot = 0; slot < kSlotCount; ++slot) {
      if (model[slot] != 0 && model[slot] <= now) due.push_back(slot);
    }
    ASSERT_EQ(AllDue(Millis{now}), due) << "round " << round;
  }
}

// A deadline that is noted while the group's time is being raised is found the next time.
TEST_F(DueTimesTest, NothingIsMissedBesideTheOneWhoLooks) {
  constexpr int kRounds = 20'000;
  std::atomic<int> round{0};
  std::atomic<int> noted{0};
  std::thread writer([&] {
    for (int i = 1; i <= kRounds; ++i) {
      while (round.load() < i) std::this_thread::yield();
      times_->Lower(Slot{300}, Millis{10});
      noted.store(i);
    }
  });
  int missed = 0;
  for (int i = 1; i <= kRounds; ++i) {
    // An early time of the group, so that looking raises it.
    times_->Lower(Slot{301}, Millis{5});
    times_->Set(Slot{301}, std::nullopt);
    round.store(i);
    times_->FirstDue(Slot{256}, Millis{7});
    while (noted.load() < i) std::this_thread::yield();
    const auto found = times_->FirstDue(Slot{256}, Millis{10});
    if (!found || found->value != 300) ++missed;
    times_->Set(Slot{300}, std::nullopt);
    times_->FirstDue(Slot{256}, Millis{10});
  }
  writer.join();
  EXPECT_EQ(missed, 0);
}

}  // namespace
}  // namespace holdfast
