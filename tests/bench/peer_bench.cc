// Frames between nodes: building and taking apart, by payload size. Figures are per batch; the
// counters give frames and bytes per second.

#include <string>

#include "benchmark/benchmark.h"
#include "net/peer/frame.h"

namespace holdfast {
namespace {

constexpr int kBatch = 16;

void Count(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * kBatch);
  state.SetBytesProcessed(state.iterations() * kBatch * state.range(0));
}

void BM_AppendFrames(benchmark::State& state) {
  const std::string payload(static_cast<size_t>(state.range(0)), 'x');
  Buffer out;
  for (auto _ : state) {
    out.Truncate(0);
    for (int i = 0; i < kBatch; ++i) AppendFrame(16, payload, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  Count(state);
}
BENCHMARK(BM_AppendFrames)->Arg(100)->Arg(4096)->Arg(65536);

// `piece` bytes at a time, as a runtime's receive buffers bring them.
void ParseInPieces(benchmark::State& state, size_t piece) {
  const std::string payload(static_cast<size_t>(state.range(0)), 'x');
  Buffer out;
  for (int i = 0; i < kBatch; ++i) AppendFrame(16, payload, out);
  FrameParser parser;
  for (auto _ : state) {
    int frames = 0;
    for (size_t start = 0; start < out.size(); start += piece) {
      absl::string_view input = out.view().substr(start, piece);
      for (;;) {
        const auto frame = parser.Next(input);
        if (!frame.ok()) return state.SkipWithError("not a frame");
        if (!frame->has_value()) break;
        benchmark::DoNotOptimize((*frame)->payload.data());
        ++frames;
      }
    }
    if (frames != kBatch) return state.SkipWithError("frames are missing");
  }
  Count(state);
}

void BM_ParseFrames(benchmark::State& state) { ParseInPieces(state, SIZE_MAX / 2); }
BENCHMARK(BM_ParseFrames)->Arg(100)->Arg(4096)->Arg(65536);

void BM_ParseFramesFromReceiveBuffers(benchmark::State& state) {
  ParseInPieces(state, limits::kReceiveBufferSize);
}
BENCHMARK(BM_ParseFramesFromReceiveBuffers)->Arg(100)->Arg(4096)->Arg(65536);

}  // namespace
}  // namespace holdfast
