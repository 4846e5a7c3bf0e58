// Parsing pipelines of small SETs and writing the commonest replies. Figures are per batch; the
// counters give requests or replies per second.

#include <string>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "net/resp/parser.h"
#include "net/resp/writer.h"

namespace holdfast {
namespace {

constexpr int kBatch = 64;

std::string SetPipeline(size_t value_size) {
  Buffer bytes;
  const std::string value(value_size, 'v');
  for (int i = 0; i < kBatch; ++i) {
    const std::string key = absl::StrCat("key:", 1'000'000'000'000 + i);
    AppendRequest({"SET", key, value}, bytes);
  }
  return std::string(bytes.view());
}

void BM_ParseSetPipeline(benchmark::State& state) {
  const std::string bytes = SetPipeline(static_cast<size_t>(state.range(0)));
  RequestParser parser;
  RequestBatch batch;
  for (auto _ : state) {
    batch.Clear();
    ParseProgress progress = parser.Parse(bytes, {}, batch);
    benchmark::DoNotOptimize(progress.consumed);
    benchmark::DoNotOptimize(batch.arguments.data());
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK(BM_ParseSetPipeline)->Arg(3)->Arg(64)->Arg(1024);

void BM_ParseInline(benchmark::State& state) {
  std::string bytes;
  for (int i = 0; i < kBatch; ++i) absl::StrAppend(&bytes, "SET key:", i, " value\r\n");
  RequestParser parser;
  RequestBatch batch;
  for (auto _ : state) {
    batch.Clear();
    ParseProgress progress = parser.Parse(bytes, {}, batch);
    benchmark::DoNotOptimize(progress.consumed);
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_ParseInline);

// One MSET of a million arguments, shown 16 KiB more at a time.
void BM_ParseHugeRequestInPieces(benchmark::State& state) {
  constexpr size_t kPiece = 16 * 1024;
  std::string bytes = "*1000000\r\n";
  for (int i = 0; i < 1'000'000; ++i) bytes += "$4\r\nabcd\r\n";
  for (auto _ : state) {
    RequestParser parser;
    RequestBatch batch;
    size_t consumed = 0;
    for (size_t shown = kPiece; consumed == 0; shown += kPiece) {
      consumed = parser.Parse(absl::string_view(bytes).substr(0, shown), {}, batch).consumed;
    }
    benchmark::DoNotOptimize(consumed);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK(BM_ParseHugeRequestInPieces)->Unit(benchmark::kMillisecond);

template <typename Write>
void WriteBatches(benchmark::State& state, Write write) {
  Buffer out;
  ReplyWriter writer(out, Protocol::kResp2);
  for (auto _ : state) {
    out.Truncate(0);
    for (int i = 0; i < kBatch; ++i) write(writer, i);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}

void BM_WriteOk(benchmark::State& state) {
  WriteBatches(state, [](ReplyWriter& writer, int) { writer.Ok(); });
}
BENCHMARK(BM_WriteOk);

void BM_WriteInteger(benchmark::State& state) {
  WriteBatches(state, [](ReplyWriter& writer, int i) { writer.Integer(i * 977); });
}
BENCHMARK(BM_WriteInteger);

void BM_WriteBulk(benchmark::State& state) {
  const std::string value(static_cast<size_t>(state.range(0)), 'v');
  WriteBatches(state, [&](ReplyWriter& writer, int) { writer.Bulk(value); });
}
BENCHMARK(BM_WriteBulk)->Arg(3)->Arg(64)->Arg(1024);

void BM_WriteDouble(benchmark::State& state) {
  WriteBatches(state, [](ReplyWriter& writer, int i) { writer.Double(i * 0.1); });
}
BENCHMARK(BM_WriteDouble);

}  // namespace
}  // namespace holdfast
