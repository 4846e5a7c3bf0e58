#include "node/gate.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace holdfast {
namespace {

// Participants count without atomics inside their gates, and stop the world now and then to
// compare.
TEST(WorldGate, NobodyExecutesWhileTheWorldStands) {
  constexpr int kParticipants = 4;
  constexpr int kTurns = 20'000;
  WorldGate gate(kParticipants);
  std::vector<int> turns(kParticipants, 0);
  int stops = 0;
  std::vector<std::thread> threads;
  for (int self = 0; self < kParticipants; ++self) {
    threads.emplace_back([&, self] {
      for (int i = 0; i < kTurns; ++i) {
        GateHolder hold(gate, self);
        ++turns[static_cast<size_t>(self)];
        if (i % 100 == self) {
          WorldGate::Stop stop(gate, self);
          int sum = 0;
          for (const int count : turns) sum += count;
          int again = 0;
          for (const int count : turns) again += count;
          EXPECT_EQ(sum, again);
          ++stops;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stops, kParticipants * kTurns / 100);
  for (const int count : turns) EXPECT_EQ(count, kTurns);
}

TEST(SpinLock, ExcludesManyThreads) {
  SpinLock lock;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 50'000; ++turn) {
        SpinLockHolder hold(lock);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 400'000);
  EXPECT_FALSE(lock.held());
  EXPECT_TRUE(lock.TryLock());
  EXPECT_FALSE(lock.TryLock());
  lock.Unlock();
}

}  // namespace
}  // namespace holdfast
