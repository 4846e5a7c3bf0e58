#include "sim/kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "sim/draws.h"
#include "sim/step_guard.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Kernel, RunsEventsInOrderOfTime) {
  Kernel kernel(1);
  const Actor actor = kernel.AddActor();
  std::vector<int> order;
  kernel.Schedule(Nanos{30}, actor, "c", [&] { order.push_back(3); });
  kernel.Schedule(Nanos{10}, actor, "a", [&] { order.push_back(1); });
  kernel.Schedule(Nanos{20}, actor, "b", [&] { order.push_back(2); });
  kernel.RunUntil(Nanos{25});
  EXPECT_THAT(order, ElementsAre(1, 2));
  EXPECT_EQ(kernel.now(), Nanos{25});
  EXPECT_EQ(kernel.pending(), 1u);
  EXPECT_TRUE(kernel.RunOne());
  EXPECT_FALSE(kernel.RunOne());
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

std::string OrderOfTies(uint64_t seed) {
  Kernel kernel(seed);
  const Actor actor = kernel.AddActor();
  std::string order;
  for (char name = 'a'; name < 'i'; ++name) {
    kernel.Schedule(Nanos{5}, actor, "tie", [&order, name] { order.push_back(name); });
  }
  while (kernel.RunOne()) {
  }
  return order;
}

TEST(Kernel, TheSeedBreaksTies) {
  EXPECT_EQ(OrderOfTies(1), OrderOfTies(1));
  EXPECT_NE(OrderOfTies(1), OrderOfTies(2));
  EXPECT_EQ(OrderOfTies(1).size(), 8u);
}

TEST(Kernel, CancelledEventsDoNotRun) {
  Kernel kernel(1);
  const Actor actor = kernel.AddActor();
  int runs = 0;
  std::vector<EventId> events;
  for (int i = 0; i < 1000; ++i) {
    events.push_back(kernel.Schedule(Nanos{i}, actor, "event", [&] { ++runs; }));
  }
  for (int i = 0; i < 1000; ++i) {
    if (i % 10 != 0) {
      EXPECT_TRUE(kernel.Cancel(events[i]));
      EXPECT_FALSE(kernel.Cancel(events[i]));
    }
  }
  EXPECT_EQ(kernel.pending(), 100u);
  kernel.RunUntil(Nanos{2000});
  EXPECT_EQ(runs, 100);
  EXPECT_FALSE(kernel.Cancel(events[0]));
  EXPECT_FALSE(kernel.Cancel(EventId{}));
}

TEST(Kernel, AnEndedIncarnationRunsNothing) {
  Kernel kernel(1);
  const Actor first = kernel.AddActor();
  const Actor other = kernel.AddActor();
  std::vector<std::string> ran;
  auto owned = std::make_shared<int>(0);
  kernel.Schedule(Nanos{10}, first, "old", [&, owned] { ran.push_back("old"); });
  kernel.Schedule(Nanos{10}, other, "other", [&] { ran.push_back("other"); });
  const Actor second = kernel.NextIncarnation(first);
  EXPECT_EQ(owned.use_count(), 1) << "the dropped task must be destroyed at once";
  EXPECT_FALSE(kernel.lives(first));
  EXPECT_EQ(kernel.Schedule(Nanos{1}, first, "late", [&] { ran.push_back("late"); }), EventId{});
  kernel.Schedule(Nanos{20}, second, "new", [&] { ran.push_back("new"); });
  kernel.RunUntil(Nanos{100});
  EXPECT_THAT(ran, ElementsAre("other", "new"));
}

TEST(Kernel, PausedActorsResumeInOrder) {
  Kernel kernel(3);
  const Actor paused = kernel.AddActor();
  const Actor other = kernel.AddActor();
  std::vector<std::string> ran;
  for (int i = 0; i < 4; ++i) {
    kernel.Schedule(Nanos{10 + i}, paused, "p",
                    [&ran, i] { ran.push_back("p" + std::to_string(i)); });
  }
  kernel.Schedule(Nanos{50}, other, "o", [&] { ran.push_back("o"); });
  kernel.Pause(paused.id, Nanos{100});
  kernel.RunUntil(Nanos{99});
  EXPECT_THAT(ran, ElementsAre("o"));
  kernel.RunUntil(Nanos{200});
  EXPECT_THAT(ran, ElementsAre("o", "p0", "p1", "p2", "p3"));
}

TEST(Kernel, SpentTimeDelaysWhatFollows) {
  Kernel kernel(1);
  const Actor actor = kernel.AddActor();
  Nanos second{};
  kernel.Schedule(Nanos{10}, actor, "long", [&] { kernel.Spend(Nanos{100}); });
  kernel.Schedule(Nanos{20}, actor, "next", [&] { second = kernel.now(); });
  kernel.RunUntil(Nanos{15});
  kernel.RunUntil(Nanos{200});
  EXPECT_EQ(second, Nanos{110});
}

TEST(Kernel, StepsAreGuarded) {
  Kernel kernel(1);
  const Actor actor = kernel.AddActor();
  bool inside = false;
  kernel.Schedule(Nanos{1}, actor, "look", [&] { inside = StepGuard::inside(); });
  EXPECT_TRUE(kernel.RunOne());
  EXPECT_TRUE(inside);
  EXPECT_FALSE(StepGuard::inside());
}

TEST(Trace, HashTellsRunsApart) {
  const auto hash_of = [](Nanos time, Actor actor, const char* event, uint64_t payload) {
    Trace trace;
    trace.Add(time, actor, event, payload);
    return trace.hash();
  };
  const uint64_t hash = hash_of(Nanos{1}, {1, 1}, "event", 7);
  EXPECT_EQ(hash, hash_of(Nanos{1}, {1, 1}, "event", 7));
  EXPECT_NE(hash, hash_of(Nanos{2}, {1, 1}, "event", 7));
  EXPECT_NE(hash, hash_of(Nanos{1}, {2, 1}, "event", 7));
  EXPECT_NE(hash, hash_of(Nanos{1}, {1, 2}, "event", 7));
  EXPECT_NE(hash, hash_of(Nanos{1}, {1, 1}, "other", 7));
  EXPECT_NE(hash, hash_of(Nanos{1}, {1, 1}, "event", 8));
}

TEST(Trace, KeepsTheLastLines) {
  Trace trace;
  trace.Add(Nanos{1}, {0, 1}, "unseen", 0);
  EXPECT_THAT(trace.kept(), IsEmpty());
  trace.KeepLast(2);
  const uint64_t before = trace.hash();
  trace.Note(Nanos{2}, {0, 1}, "a note");
  EXPECT_EQ(trace.hash(), before) << "notes have no weight";
  trace.Add(Nanos{3}, {0, 1}, "first", 0);
  trace.Add(Nanos{4}, {0, 1}, "second", 0);
  EXPECT_THAT(trace.kept(),
              ElementsAre(::testing::HasSubstr("first"), ::testing::HasSubstr("second")));
}

TEST(Draws, SubStreamsAreIndependent) {
  Draws with_neighbour(9, "latency", 1);
  Draws neighbour(9, "faults", 1);
  Draws alone(9, "latency", 1);
  for (int i = 0; i < 100; ++i) {
    // However often the neighbour draws, the stream goes on as if it were alone.
    for (int extra = 0; extra < i % 3; ++extra) neighbour.Next();
    EXPECT_EQ(with_neighbour.Next(), alone.Next());
  }
  EXPECT_NE(Draws(9, "latency", 1).Next(), Draws(9, "latency", 2).Next());
  EXPECT_NE(Draws(9, "latency", 1).Next(), Draws(9, "faults", 1).Next());
  EXPECT_NE(Draws(9, "latency", 1).Next(), Draws(10, "latency", 1).Next());
}

TEST(Draws, AChanceThatIsOffDrawsNothing) {
  Draws one(5, "chance", 0);
  Draws other(5, "chance", 0);
  EXPECT_FALSE(one.Chance({0, 1}));
  EXPECT_TRUE(one.Chance({1, 1}));
  EXPECT_EQ(one.Next(), other.Next());
}

TEST(Draws, DistributionsHaveTheirMeans) {
  Draws draws(1, "mean", 0);
  int hits = 0;
  int64_t sum = 0;
  int64_t exponential = 0;
  int beyond_three_means = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    hits += draws.Chance({1, 4});
    const int64_t value = draws.Between(-10, 10);
    EXPECT_GE(value, -10);
    EXPECT_LE(value, 10);
    sum += value;
    const Nanos wait = draws.Exponential(Milliseconds(8));
    EXPECT_GE(wait.value, 0);
    exponential += wait.value;
    beyond_three_means += wait > Milliseconds(24);
  }
  EXPECT_NEAR(hits / double{kCount}, 0.25, 0.01);
  EXPECT_NEAR(sum / double{kCount}, 0, 0.1);
  EXPECT_NEAR(exponential / double{kCount}, 8e6, 1.6e5);
  EXPECT_NEAR(beyond_three_means / double{kCount}, 0.0498, 0.004);
}

TEST(Kernel, PrioritiesKeepEachActorsOrderAndChangeThatOfDifferentOnes) {
  std::set<std::string> orders;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Kernel kernel(seed);
    std::string order;
    for (int i = 0; i < 3; ++i) kernel.AddActor();
    kernel.Prioritise({.step = Microseconds(10), .change_points = 3, .events = 30});
    for (uint32_t actor = 0; actor < 3; ++actor) {
      for (int nth = 0; nth < 10; ++nth) {
        kernel.Schedule(Microseconds(nth), {actor, 1}, "step", [&order, actor, nth] {
          order += static_cast<char>('a' + static_cast<int>(actor) * 10 + nth);
        });
      }
    }
    kernel.RunUntil(Seconds(1));
    ASSERT_EQ(order.size(), 30u);
    for (int actor = 0; actor < 3; ++actor) {
      for (int nth = 1; nth < 10; ++nth) {
        const char name = static_cast<char>('a' + actor * 10 + nth);
        EXPECT_LT(order.find(static_cast<char>(name - 1)), order.find(name));
      }
    }
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 5u);
}

}  // namespace
}  // namespace holdfast
