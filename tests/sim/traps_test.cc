// What the simulator binary replaces in the C library.
#include <gtest/gtest.h>
#include <sys/random.h>
#include <sys/time.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "sim/step_guard.h"

namespace holdfast {
namespace {

TEST(Traps, OutsideAStepTheCallsWork) {
  timespec now{};
  EXPECT_EQ(clock_gettime(CLOCK_REALTIME, &now), 0);
  EXPECT_GT(now.tv_sec, 1'600'000'000);
  EXPECT_GE(std::time(nullptr), now.tv_sec);
  timeval day{};
  EXPECT_EQ(gettimeofday(&day, nullptr), 0);
  EXPECT_GE(day.tv_sec, now.tv_sec);
  unsigned char bytes[16];
  EXPECT_EQ(getrandom(bytes, sizeof bytes, 0), static_cast<ssize_t>(sizeof bytes));
  EXPECT_GE(std::rand(), 0);
  bool ran = false;
  std::thread([&ran] { ran = true; }).join();
  EXPECT_TRUE(ran);
}

template <typename Call>
void InsideStep(Call call) {
  StepGuard inside;
  call();
}

TEST(TrapsDeathTest, InsideAStepTheyAbort) {
  timespec now{};
  timeval day{};
  char byte;
  EXPECT_DEATH(InsideStep([&] { clock_gettime(CLOCK_REALTIME, &now); }),
               "clock_gettime called inside a simulated step");
  EXPECT_DEATH(InsideStep([&] { gettimeofday(&day, nullptr); }), "gettimeofday called inside");
  EXPECT_DEATH(InsideStep([&] { now.tv_sec = std::time(nullptr); }), "time called inside");
  EXPECT_DEATH(InsideStep([&] { now.tv_sec = getrandom(&byte, 1, 0); }), "getrandom called inside");
  EXPECT_DEATH(InsideStep([&] { now.tv_sec = std::rand(); }), "rand called inside");
  EXPECT_DEATH(InsideStep([&] { std::thread([] {}).join(); }), "pthread_create called inside");
}

TEST(TrapsDeathTest, CallsFromSharedLibrariesAreCaughtToo) {
  EXPECT_DEATH(InsideStep([] { (void)std::chrono::steady_clock::now(); }),
               "clock_gettime called inside");
}

}  // namespace
}  // namespace holdfast
