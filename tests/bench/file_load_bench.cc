// A restart without its process: how long a file takes to become a keyspace again.
//
//   own      the file as SnapshotSaver writes it, slot by slot
//   foreign  keys in no order, as another server's hash table has them
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "net/base/check.h"
#include "net/base/random.h"
#include "net/epoll/epoll_runtime.h"
#include "storage/rdb/file_writer.h"
#include "storage/save/file_loader.h"

namespace holdfast {
namespace {

enum class Order { kOwn, kForeign };

constexpr DatabaseId kDatabase{0};

class SilentLogger : public Logger {
 public:
  void Write(LogLevel, absl::string_view) override {}
};

// 16-byte keys, 32 bytes of value that cannot be compressed.
void WriteFile(const std::string& path, int64_t keys, Order order) {
  std::vector<int64_t> numbers(static_cast<size_t>(keys));
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto name = [](int64_t number) { return absl::StrFormat("key:%012d", number); };
  if (order == Order::kOwn) {
    const Keyspace keyspace(42);
    std::sort(numbers.begin(), numbers.end(), [&](int64_t one, int64_t other) {
      const std::string one_name = name(one);
      const std::string other_name = name(other);
      const Key a = keyspace.MakeKey(one_name);
      const Key b = keyspace.MakeKey(other_name);
      return std::pair(a.slot, a.hash) < std::pair(b.slot, b.hash);
    });
  } else {
    Prng prng(1);
    for (size_t i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[prng.Below(i)]);
  }
  std::ofstream out(path, std::ios::binary);
  rdb::FileWriter writer({});
  Prng prng(2);
  for (const int64_t number : numbers) {
    const std::string value = absl::StrFormat("%016x%016x", prng.Next(), prng.Next());
    writer.Add(kDatabase, name(number), std::nullopt, Value::Text(value));
    if (writer.pending_bytes() > 1024 * 1024) out << writer.Take().view();
  }
  writer.End();
  out << writer.Take().view();
  CHECK(out.good());
}

void BM_FileLoad(benchmark::State& state) {
  const auto order = static_cast<Order>(state.range(1));
  const std::string path = std::filesystem::temp_directory_path() / "file_load_bench.rdb";
  WriteFile(path, state.range(0), order);
  SilentLogger logger;
  for (auto _ : state) {
    auto runtime = MakeEpollRuntime({.logger = &logger});
    CHECK(runtime.ok());
    auto keyspace = std::make_unique<Keyspace>(42);
    std::unique_ptr<FileLoader> loader;
    uint64_t entries = 0;
    EventLoop& loop = (*runtime)->loop(0);
    loop.Post([&] {
      loader = LoadFile(loop.disk(), path, *keyspace, {}, [&](absl::StatusOr<LoadedFile> loaded) {
        CHECK(loaded.ok());
        entries = loaded->entries;
        (*runtime)->Stop();
      });
    });
    (*runtime)->Run();
    CHECK_EQ(entries, static_cast<uint64_t>(state.range(0)));
    state.PauseTiming();
    loader.reset();
    keyspace.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  std::filesystem::remove(path);
}
BENCHMARK(BM_FileLoad)
    ->ArgNames({"keys", "foreign"})
    ->Args({5'000'000, 0})
    ->Args({5'000'000, 1})
    ->Iterations(3)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace holdfast
