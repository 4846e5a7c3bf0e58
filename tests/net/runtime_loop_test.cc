// Tasks, timers, signals and the process's figures.
#include <signal.h>

#include <atomic>

#include "tests/net/runtime_harness.h"

namespace holdfast {
namespace {

INSTANTIATE_TEST_SUITE_P(Runtimes, RuntimeTest, testing::Values(Backend::kEpoll, Backend::kUring),
                         BackendName);

TEST_P(RuntimeTest, RunsTasksOfOneThreadInOrder) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  constexpr int kThreads = 4;
  constexpr int kTasks = 20'000;
  std::vector<std::vector<int>> seen(kThreads);
  std::promise<void> all_done;
  int done = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kTasks; ++i) {
        loop(1).Post([&, thread, i] {
          seen[static_cast<size_t>(thread)].push_back(i);
          if (++done == kThreads * kTasks) all_done.set_value();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  all_done.get_future().get();
  for (const std::vector<int>& numbers : seen) {
    ASSERT_EQ(numbers.size(), size_t{kTasks});
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  }
}

TEST_P(RuntimeTest, WakesALoopThatSleepsEveryTime) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  // Each task is posted only after the other loop has run the previous one and gone to sleep or
  // not.
  constexpr int kRounds = 5000;
  std::promise<void> finished;
  std::function<void(int)> hop = [&](int round) {
    if (round == kRounds) return finished.set_value();
    loop(round % 2).Post([&, round] { hop(round + 1); });
  };
  hop(0);
  finished.get_future().get();
}

TEST_P(RuntimeTest, ATaskPostedByATaskRunsLater) {
  START_RUNTIME_OR_SKIP();
  std::vector<int> order;
  std::promise<void> finished;
  loop().Post([&] {
    loop().Post([&] {
      order.push_back(2);
      finished.set_value();
    });
    order.push_back(1);
  });
  finished.get_future().get();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_P(RuntimeTest, TasksPostedBeforeRunAreKept) {
  MakeRuntime();
  if (IsSkipped()) return;
  std::thread::id ran_on;
  loop().Post([&] {
    ran_on = std::this_thread::get_id();
    runtime_->Stop();
  });
  runtime_->Run();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST_P(RuntimeTest, TimersRunInOrderAndNotEarly) {
  START_RUNTIME_OR_SKIP();
  std::vector<int> order;
  std::promise<Nanos> finished;
  const Nanos start = runtime_->clock().Monotonic();
  loop().Post([&] {
    loop().RunAfter(Milliseconds(30), [&] {
      order.push_back(30);
      finished.set_value(runtime_->clock().Monotonic());
    });
    loop().RunAfter(Milliseconds(10), [&] { order.push_back(10); });
    loop().RunAfter(Nanos{0}, [&] { order.push_back(0); });
    loop().RunAfter(Milliseconds(20), [&] { order.push_back(20); });
  });
  const Nanos end = finished.get_future().get();
  EXPECT_EQ(order, (std::vector<int>{0, 10, 20, 30}));
  EXPECT_GE(end - start, Milliseconds(30));
}

TEST_P(RuntimeTest, ACancelledTimerDoesNotRun) {
  START_RUNTIME_OR_SKIP();
  bool wrong = false;
  std::promise<void> finished;
  loop().Post([&] {
    const TimerId soon = loop().RunAfter(Milliseconds(1), [&] { wrong = true; });
    const TimerId late = loop().RunAfter(Milliseconds(5), [&] { wrong = true; });
    EXPECT_TRUE(loop().Cancel(soon));
    EXPECT_FALSE(loop().Cancel(soon));
    EXPECT_FALSE(loop().Cancel(TimerId()));
    loop().RunAfter(Milliseconds(3), [&, late] { EXPECT_TRUE(loop().Cancel(late)); });
    loop().RunAfter(Milliseconds(10), [&] { finished.set_value(); });
  });
  finished.get_future().get();
  EXPECT_FALSE(wrong);
}

TEST_P(RuntimeTest, ATimerWakesOnlyItsOwnLoopAndRepeats) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  std::promise<std::thread::id> finished;
  int ticks = 0;
  std::function<void()> tick = [&] {
    if (++ticks == 20) return finished.set_value(std::this_thread::get_id());
    loop(1).RunAfter(Microseconds(100), [&] { tick(); });
  };
  const auto expected = On(loop(1), [] { return std::this_thread::get_id(); });
  loop(1).Post([&] { tick(); });
  EXPECT_EQ(finished.get_future().get(), expected);
}

TEST_P(RuntimeTest, SignalsReachTheHandlerOnLoopZero) {
  MakeRuntime({.loops = 2});
  if (IsSkipped()) return;
  std::vector<int> signals;
  std::thread::id ran_on;
  runtime_->OnTerminate([&](int signal) {
    signals.push_back(signal);
    ran_on = std::this_thread::get_id();
    if (signals.size() == 1) kill(getpid(), SIGINT);
    if (signals.size() == 2) runtime_->Stop();
  });
  loop(1).Post([] { kill(getpid(), SIGTERM); });
  runtime_->Run();
  EXPECT_EQ(signals, (std::vector<int>{SIGTERM, SIGINT}));
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST_P(RuntimeTest, KnowsTheProcessAndTheMachine) {
  START_RUNTIME_OR_SKIP();
  EXPECT_EQ(runtime_->process_id(), getpid());
  EXPECT_GT(runtime_->resident_bytes(), uint64_t{1} << 20);
  EXPECT_GT(runtime_->machine_memory_bytes(), runtime_->resident_bytes());
  const auto cpu = runtime_->cpu_time();
  EXPECT_GT(cpu.user_seconds + cpu.system_seconds, 0);
  EXPECT_NE(runtime_->entropy().Next(), runtime_->entropy().Next());
  const Nanos before = runtime_->clock().Monotonic();
  EXPECT_LE(before, runtime_->clock().Monotonic());
  EXPECT_GT(runtime_->clock().Wall(), Seconds(1'500'000'000));
}

TEST_P(RuntimeTest, AnIdleRuntimeUsesNoCpu) {
  START_RUNTIME_OR_SKIP({.loops = 2});
  std::promise<void> finished;
  const auto total = [&] {
    const auto cpu = runtime_->cpu_time();
    return cpu.user_seconds + cpu.system_seconds;
  };
  const double before = total();
  loop().Post([&] { loop().RunAfter(Milliseconds(200), [&] { finished.set_value(); }); });
  finished.get_future().get();
  // A spinning loop would take 0.2 s of each core.
  EXPECT_LT(total() - before, 0.1);
}

}  // namespace
}  // namespace holdfast
