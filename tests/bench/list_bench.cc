// What lists cost: pushes and pops, ranges, and an index in the middle of ten million elements.

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "net/base/random.h"
#include "storage/types/key_slot.h"
#include "storage/types/lcs.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

constexpr ListLimits kLimits;

List Filled(int64_t count, absl::string_view value) {
  List list;
  for (int64_t i = 0; i < count; ++i) list.Push(ListEnd::kBack, value, kLimits);
  return list;
}

void PushOnly(benchmark::State& state, ListEnd end) {
  const std::string value(static_cast<size_t>(state.range(0)), 'v');
  List list;
  for (auto _ : state) list.Push(end, value, kLimits);
  state.counters["bytes_per_element"] =
      static_cast<double>(list.MemoryBytes()) / static_cast<double>(list.Size());
}
void PushBack(benchmark::State& state) { PushOnly(state, ListEnd::kBack); }
void PushFront(benchmark::State& state) { PushOnly(state, ListEnd::kFront); }
BENCHMARK(PushBack)->Arg(3)->Arg(64)->Arg(1024);
BENCHMARK(PushFront)->Arg(3)->Arg(64)->Arg(1024);

// A push at the back and a pop at the front of a queue that keeps its length.
void Queue(benchmark::State& state) {
  const std::string value(64, 'v');
  List list = Filled(state.range(0), value);
  for (auto _ : state) {
    list.Push(ListEnd::kBack, value, kLimits);
    list.Drop(ListEnd::kFront, kLimits);
  }
}
BENCHMARK(Queue)->Arg(3)->Arg(100)->Arg(100'000);

void Pop(benchmark::State& state) {
  const std::string value(64, 'v');
  List list;
  const ListEnd end = state.range(0) == 0 ? ListEnd::kFront : ListEnd::kBack;
  for (auto _ : state) {
    if (list.Size() == 0) {
      state.PauseTiming();
      list = Filled(1'000'000, value);
      state.ResumeTiming();
    }
    list.Drop(end, kLimits);
  }
}
BENCHMARK(Pop)->Arg(0)->Arg(1);

void Range(benchmark::State& state) {
  const List list = Filled(1'000'000, std::string(20, 'v'));
  Prng prng(1);
  const auto count = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    auto at = list.CursorAt(prng.Below(list.Size() - count + 1));
    for (size_t i = 0; i < count; ++i, at.Next()) benchmark::DoNotOptimize(at.Get());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Range)->Arg(1)->Arg(100)->Arg(1'000'000);

void IndexInTheMiddle(benchmark::State& state) {
  const List list = Filled(10'000'000, std::string(20, 'v'));
  Prng prng(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(list.At(4'500'000 + prng.Below(1'000'000)));
  }
}
BENCHMARK(IndexInTheMiddle);

void InsertInTheMiddle(benchmark::State& state) {
  List list = Filled(1'000'000, std::string(20, 'v'));
  Prng prng(1);
  for (auto _ : state) {
    list.Insert(list.CursorAt(prng.Below(list.Size())), ListSide::kAfter, "inserted", kLimits);
  }
}
BENCHMARK(InsertInTheMiddle);

void RemoveMatches(benchmark::State& state) {
  List list = Filled(1'000'000, std::string(20, 'v'));
  for (auto _ : state) benchmark::DoNotOptimize(list.RemoveMatches("absent", 0, kLimits));
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(RemoveMatches);

void SlotOfAKey(benchmark::State& state) {
  const std::string key(static_cast<size_t>(state.range(0)), 'k');
  for (auto _ : state) benchmark::DoNotOptimize(KeySlot(key));
}
BENCHMARK(SlotOfAKey)->Arg(8)->Arg(16)->Arg(64);

void LongestCommonSubsequence(benchmark::State& state) {
  Prng prng(1);
  std::string a(static_cast<size_t>(state.range(0)), 'a');
  std::string b = a;
  for (char& byte : a) byte = static_cast<char>('a' + prng.Below(4));
  for (char& byte : b) byte = static_cast<char>('a' + prng.Below(4));
  for (auto _ : state) benchmark::DoNotOptimize(FindLcs(a, b));
}
BENCHMARK(LongestCommonSubsequence)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace holdfast
