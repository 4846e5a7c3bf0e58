// The keyspace by itself: lookup, overwrite, insertion, expiry; and what a key costs in memory.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "net/base/random.h"
#include "storage/keyspace/keyspace.h"
#include "storage/snapshot/snapshot.h"
#include "storage/snapshot/snapshot_loader.h"

namespace holdfast {
namespace {

constexpr DatabaseId kDatabase{0};
const char kValue[] = "0123456789abcdef0123456789abcdef";

// 16 bytes; with a hash tag all keys share a slot.
std::string KeyName(int64_t number, bool one_slot) {
  return absl::StrFormat(one_slot ? "{tag}%011d" : "key:%012d", number);
}

void Put(Keyspace& keyspace, const std::string& name, std::optional<Millis> deadline) {
  const Key key = keyspace.MakeKey(name);
  keyspace.Put(kDatabase, key, keyspace.Find(kDatabase, key), Value::Text(kValue), deadline);
}

std::unique_ptr<Keyspace> Filled(int64_t keys, bool one_slot, bool deadlines) {
  auto keyspace = std::make_unique<Keyspace>(42);
  Prng prng(1);
  for (int64_t i = 0; i < keys; ++i) {
    std::optional<Millis> deadline;
    if (deadlines) deadline = Millis{static_cast<int64_t>(prng.Below(1'000'000)) + 1};
    Put(*keyspace, KeyName(i, one_slot), deadline);
  }
  return keyspace;
}

void BM_Lookup(benchmark::State& state) {
  const auto keyspace = Filled(state.range(0), state.range(1) != 0, false);
  Prng prng(2);
  for (auto _ : state) {
    const std::string name =
        KeyName(static_cast<int64_t>(prng.Below(static_cast<uint64_t>(state.range(0)))),
                state.range(1) != 0);
    benchmark::DoNotOptimize(keyspace->Find(kDatabase, keyspace->MakeKey(name)));
  }
  state.counters["bytes/key"] =
      static_cast<double>(keyspace->used_bytes()) / static_cast<double>(state.range(0));
}
BENCHMARK(BM_Lookup)
    ->ArgNames({"keys", "one_slot"})
    ->Args({1000, 0})
    ->Args({1'000'000, 0})
    ->Args({1'000'000, 1});

void BM_Overwrite(benchmark::State& state) {
  const auto keyspace = Filled(state.range(0), false, state.range(1) != 0);
  Prng prng(3);
  for (auto _ : state) {
    std::optional<Millis> deadline;
    if (state.range(1) != 0) deadline = Millis{static_cast<int64_t>(prng.Below(1'000'000)) + 1};
    Put(*keyspace,
        KeyName(static_cast<int64_t>(prng.Below(static_cast<uint64_t>(state.range(0)))), false),
        deadline);
  }
}
BENCHMARK(BM_Overwrite)->ArgNames({"keys", "deadline"})->Args({1'000'000, 0})->Args({1'000'000, 1});

void BM_Insert(benchmark::State& state) {
  auto keyspace = std::make_unique<Keyspace>(42);
  int64_t next = 0;
  for (auto _ : state) {
    Put(*keyspace, KeyName(next++, state.range(0) != 0), std::nullopt);
    if (next == 2'000'000) {
      state.PauseTiming();
      keyspace = std::make_unique<Keyspace>(42);
      next = 0;
      state.ResumeTiming();
    }
  }
}
BENCHMARK(BM_Insert)->ArgName("one_slot")->Arg(0)->Arg(1);

// Erasing a million keys in order of their deadlines, a hundredth of them at a time.
void BM_Expire(benchmark::State& state) {
  constexpr int64_t kKeys = 1'000'000;
  int64_t erased = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto keyspace = Filled(kKeys, state.range(0) != 0, true);
    state.ResumeTiming();
    for (int64_t now = 10'000; now <= 1'000'000; now += 10'000) {
      for (int slot = 0; slot < kSlotCount; ++slot) {
        const Slot id{static_cast<uint16_t>(slot)};
        if (!keyspace->next_due(id)) continue;
        erased += static_cast<int64_t>(
            keyspace->EraseDue(id, Millis{now}, SIZE_MAX, [](DatabaseId, const Entry&) {}));
      }
    }
  }
  state.SetItemsProcessed(erased);
}
BENCHMARK(BM_Expire)
    ->ArgName("one_slot")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// Overwriting one of a million keys while a snapshot of them is being written; after every
// `writes_per_step` writes the background does a step. Starts another one when it is done.
void BM_OverwriteDuringSnapshot(benchmark::State& state) {
  const auto keyspace = Filled(1'000'000, state.range(1) != 0, false);
  const uint64_t bytes_before = keyspace->used_bytes();
  Prng prng(3);
  std::unique_ptr<Snapshot> snapshot;
  int64_t writes = 0;
  int64_t snapshots = 0;
  size_t held_max = 0;
  std::chrono::nanoseconds longest{0};
  for (auto _ : state) {
    if (snapshot == nullptr) snapshot = Snapshot::Cut(*keyspace, {});
    const std::string name =
        KeyName(static_cast<int64_t>(prng.Below(1'000'000)), state.range(1) != 0);
    const auto start = std::chrono::steady_clock::now();
    Put(*keyspace, name, std::nullopt);
    longest = std::max(longest, std::chrono::nanoseconds(std::chrono::steady_clock::now() - start));
    held_max = std::max(held_max, snapshot->held_bytes());
    if (++writes % state.range(0) != 0 && !snapshot->congested()) continue;
    if (snapshot->Next(1).outcome != Snapshot::Outcome::kDone) continue;
    snapshot->Close();
    snapshot = nullptr;
    ++snapshots;
  }
  if (snapshot != nullptr) snapshot->Close();
  state.counters["longest_us"] = static_cast<double>(longest.count()) / 1000;
  state.counters["snapshots"] = static_cast<double>(snapshots);
  state.counters["held_share"] = static_cast<double>(held_max) / static_cast<double>(bytes_before);
}
BENCHMARK(BM_OverwriteDuringSnapshot)
    ->ArgNames({"writes_per_step", "one_slot"})
    ->Args({10, 0})
    ->Args({100, 0})
    ->Args({10, 1});

// A million keys written out and loaded again.
void BM_SnapshotAndLoad(benchmark::State& state) {
  const auto keyspace = Filled(1'000'000, false, state.range(0) != 0);
  size_t held_max = 0;
  for (auto _ : state) {
    const auto snapshot = Snapshot::Cut(*keyspace, {});
    SnapshotLoader loader({});
    for (;;) {
      const Snapshot::Pull pull = snapshot->Next(100);
      held_max = std::max(held_max, snapshot->held_bytes());
      if (pull.outcome == Snapshot::Outcome::kDone) break;
      if (pull.outcome == Snapshot::Outcome::kBlock) CHECK(loader.Feed(pull.block.view()).ok());
    }
    snapshot->Close();
    CHECK(loader.done());
    CHECK(loader.TakeKeyspace()->used_bytes() <= keyspace->used_bytes() * 11 / 10);
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
  state.counters["held_share"] =
      static_cast<double>(held_max) / static_cast<double>(keyspace->used_bytes());
}
BENCHMARK(BM_SnapshotAndLoad)->ArgName("deadline")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace holdfast
