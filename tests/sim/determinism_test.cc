// The determinism gate: a seed run twice in this process and once in another, whose addresses and
// fresh memory differ, gives three equal trace hashes.
//
// The program runs itself as that other process:  sim_determinism_test --emit SEED
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "sim/sim_runtime.h"
#include "tests/sim/echo.h"

namespace holdfast {
namespace {

// A server that crashes and comes back, clients on a bad network, clocks that drift.
uint64_t RunSeed(uint64_t seed, std::FILE* lines) {
  Kernel kernel(seed);
  kernel.trace().WriteTo(lines);
  SimNetwork network(kernel, {.broken_per_segment = {1, 50}, .connect_failure = {1, 10}});
  SimMachine server(kernel, network, {.ip = "10.0.0.1", .clock = {.drift_ppm = 100}});
  const auto boot = [&] {
    server.Boot(4, [](Runtime& runtime) { return std::make_unique<EchoServer>(runtime); });
  };
  boot();
  std::vector<std::unique_ptr<SimMachine>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<SimMachine>(
        kernel, network, SimMachine::Options{.ip = "10.0.1." + std::to_string(i)}));
    clients.back()->Boot(1, [i](Runtime& runtime) {
      return std::make_unique<EchoClient>(runtime, "10.0.0.1", EchoText(2000 + 100 * i));
    });
  }
  kernel.RunUntil(Milliseconds(2));
  server.Crash(SimMachine::CrashKind::kPower);
  boot();
  kernel.RunUntil(Seconds(10));
  return kernel.trace().hash();
}

std::string Output(const std::string& command) {
  std::string output;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char chunk[4096];
  while (size_t count = std::fread(chunk, 1, sizeof chunk, pipe)) output.append(chunk, count);
  return pclose(pipe) == 0 ? output : "";
}

std::string SelfPath() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : "";
}

TEST(Determinism, EqualSeedsGiveEqualTraces) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const uint64_t first = RunSeed(seed, nullptr);
    ASSERT_EQ(RunSeed(seed, nullptr), first);
    const std::string emit = SelfPath() + " --emit " + std::to_string(seed);
    const std::string other = Output("MALLOC_PERTURB_=165 MALLOC_ARENA_TEST=1 " + emit);
    ASSERT_EQ(std::strtoull(other.c_str(), nullptr, 16), first) << "seed " << seed;
  }
}

TEST(Determinism, DifferentSeedsGiveDifferentTraces) {
  EXPECT_NE(RunSeed(1, nullptr), RunSeed(2, nullptr));
}

TEST(Determinism, LinesDoNotChangeTheHash) {
  std::FILE* null = std::fopen("/dev/null", "w");
  EXPECT_EQ(RunSeed(5, null), RunSeed(5, nullptr));
  std::fclose(null);
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
  if (argc >= 3 && std::strcmp(argv[1], "--emit") == 0) {
    std::printf("%" PRIx64 "\n", holdfast::RunSeed(std::strtoull(argv[2], nullptr, 10), nullptr));
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
