// What a record costs: appended by one and more workers, with a reader that takes in and trims.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "cluster/log/replication_log.h"

namespace holdfast {
namespace {

constexpr Epoch kEpoch{1};

// Thread 0 of several reads now and then between its own appends, as the bench has no other.
void BM_Append(benchmark::State& state) {
  static std::unique_ptr<ReplicationLog> log;
  if (state.thread_index() == 0) {
    log = std::make_unique<ReplicationLog>(ReplicationLog::Options{});
    log->Open(kEpoch);
  }
  const std::string payload(static_cast<size_t>(state.range(0)), 'x');
  int64_t count = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(log->Append({.epoch = kEpoch, .payload = payload}));
    if (state.thread_index() == 0 && ++count % 256 == 0) log->Trim(log->Advance().lsn);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Append)
    ->ArgName("payload")
    ->Arg(100)
    ->Arg(1000)
    ->Arg(100'000)
    ->ThreadRange(1, 2)
    ->UseRealTime();

void BM_Advance(benchmark::State& state) {
  constexpr int kRecords = 10'000;
  const std::string payload(100, 'x');
  ReplicationLog log({});
  log.Open(kEpoch);
  for (auto _ : state) {
    state.PauseTiming();
    for (int i = 0; i < kRecords; ++i) log.Append({.epoch = kEpoch, .payload = payload});
    state.ResumeTiming();
    log.Trim(log.Advance().lsn);
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(BM_Advance);

// As a replica does: checks, copies, takes in.
void BM_AppendReceived(benchmark::State& state) {
  constexpr int kRecords = 5000;
  const std::string payload(100, 'x');
  ReplicationLog log({});
  log.Open(kEpoch);
  for (int i = 0; i < kRecords; ++i) log.Append({.epoch = kEpoch, .payload = payload});
  const Lsn end = log.Advance().lsn;
  const std::string records(*log.Read({.after = Lsn{0}, .until = end}));
  for (auto _ : state) {
    ReplicationLog replica({});
    benchmark::DoNotOptimize(replica.AppendReceived(records));
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(BM_AppendReceived);

}  // namespace
}  // namespace holdfast
