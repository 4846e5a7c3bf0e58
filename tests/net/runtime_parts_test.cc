// The parts both runtimes are made of, on their own.
#include <map>

#include "net/posix/send_queue.h"
#include "net/posix/timer_heap.h"
#include "tests/net/runtime_harness.h"

namespace holdfast {
namespace {

TEST(TimerHeapTest, AgreesWithASortedMap) {
  TimerHeap heap;
  Prng prng(6);
  std::map<std::pair<int64_t, int>, TimerId> model;  // (deadline, order of adding)
  std::vector<TimerId> gone;
  std::vector<int> ran;
  int next = 0;
  for (int step = 0; step < 20'000; ++step) {
    const uint64_t choice = prng.Below(10);
    if (choice < 5) {
      const int64_t deadline = static_cast<int64_t>(prng.Below(50));
      const int number = next++;
      model[{deadline, number}] = heap.Add({deadline}, [&ran, number] { ran.push_back(number); });
    } else if (choice < 7 && !model.empty()) {
      const auto victim =
          std::next(model.begin(), static_cast<ptrdiff_t>(prng.Below(model.size())));
      EXPECT_TRUE(heap.Cancel(victim->second));
      gone.push_back(victim->second);
      model.erase(victim);
    } else if (choice < 8 && !gone.empty()) {
      EXPECT_FALSE(heap.Cancel(gone[prng.Below(gone.size())]));
    } else {
      const Nanos now{static_cast<int64_t>(prng.Below(50))};
      std::optional<Task> due = heap.TakeDue(now);
      ASSERT_EQ(due.has_value(), !model.empty() && model.begin()->first.first <= now.value);
      if (!due) continue;
      (*due)();
      ASSERT_EQ(ran.back(), model.begin()->first.second);
      gone.push_back(model.begin()->second);
      model.erase(model.begin());
    }
    ASSERT_EQ(heap.empty(), model.empty());
    if (model.empty()) continue;
    ASSERT_EQ(heap.next_deadline().value, model.begin()->first.first);
  }
}

TEST(SendQueueTest, GivesTheBytesInOrderWhateverTheKernelTakes) {
  Prng prng(7);
  SendQueue queue;
  std::string pushed;
  std::string taken;
  for (int step = 0; step < 20'000; ++step) {
    if (prng.Chance(1, 2)) {
      const std::string bytes = RandomBytes(prng, prng.Below(40));
      queue.Push(BufferOf(bytes));
      pushed += bytes;
    } else {
      iovec pieces[5];
      const size_t count = queue.Describe(pieces, 1 + prng.Below(5));
      std::string shown;
      for (size_t i = 0; i < count; ++i) {
        shown.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      }
      EXPECT_EQ(shown.empty(), queue.empty());
      const size_t accepted = prng.Below(shown.size() + 1);
      queue.Consume(accepted);
      taken += shown.substr(0, accepted);
    }
    ASSERT_EQ(queue.bytes(), pushed.size() - taken.size());
  }
  EXPECT_EQ(taken, pushed.substr(0, taken.size()));
}

TEST(AddressTest, PrintsAsClientListDoes) {
  EXPECT_EQ((Address{.host = "127.0.0.1", .port = 6379}.ToString()), "127.0.0.1:6379");
  EXPECT_EQ((Address{.host = "::1", .port = 6379}.ToString()), "[::1]:6379");
  EXPECT_EQ((Address{.unix_path = "/tmp/s"}.ToString()), "/tmp/s:0");
}

}  // namespace
}  // namespace holdfast
