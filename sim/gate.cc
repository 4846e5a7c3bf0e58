#include "sim/gate.h"

#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "net/base/check.h"
#include "sim/world.h"

namespace holdfast {
namespace {

// What this program prints when another process runs it on the seed. `fresh_byte` is what malloc
// fills fresh memory with.
std::string OutputOf(uint64_t seed, Profile profile, const char* flag, int fresh_byte) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  CHECK(length > 0 && length < static_cast<ssize_t>(sizeof path));
  const std::string command = absl::StrCat(
      "MALLOC_PERTURB_=", fresh_byte, " '", absl::string_view(path, static_cast<size_t>(length)),
      "' --seed ", seed, " --profile ", NameOf(profile), " ", flag);
  std::string output;
  std::FILE* pipe = popen(command.c_str(), "r");
  CHECK(pipe != nullptr);
  char chunk[4096];
  while (size_t count = std::fread(chunk, 1, sizeof chunk, pipe)) output.append(chunk, count);
  pclose(pipe);
  return output;
}

void PrintFirstDifference(uint64_t seed, Profile profile) {
  const std::string one = OutputOf(seed, profile, "--io-trace", 90);
  const std::string other = OutputOf(seed, profile, "--io-trace", 165);
  const std::vector<absl::string_view> one_lines = absl::StrSplit(one, '\n');
  const std::vector<absl::string_view> other_lines = absl::StrSplit(other, '\n');
  const size_t count = std::min(one_lines.size(), other_lines.size());
  for (size_t i = 0; i < count; ++i) {
    if (one_lines[i] == other_lines[i]) continue;
    std::printf("first difference, line %zu:\n  %s\n  %s\n", i + 1,
                std::string(one_lines[i]).c_str(), std::string(other_lines[i]).c_str());
    return;
  }
  std::printf("two more runs did not differ\n");
}

}  // namespace

bool RunGate(const SeedRange& seeds, Profile profile) {
  bool deterministic = true;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    const Script script{.profile = profile, .seed = seed};
    const uint64_t first = RunWorld({.script = script}).trace_hash;
    const uint64_t second = RunWorld({.script = script}).trace_hash;
    const uint64_t third =
        std::strtoull(OutputOf(seed, profile, "--hash", 165).c_str(), nullptr, 16);
    if (first == second && second == third) continue;
    deterministic = false;
    std::printf("seed %" PRIu64 " is not deterministic: %016" PRIx64 " %016" PRIx64 " %016" PRIx64
                "\n",
                seed, first, second, third);
    PrintFirstDifference(seed, profile);
  }
  if (deterministic) std::printf("deterministic\n");
  return deterministic;
}

}  // namespace holdfast
