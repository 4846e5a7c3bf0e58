// kvsim: runs the node in the simulator, seed by seed.
#include <cinttypes>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "sim/gate.h"
#include "sim/planted_bugs.h"
#include "sim/run_seeds.h"
#include "sim/world.h"

namespace holdfast {
namespace {

constexpr char kUsage[] =
    "usage: kvsim --seed N [--bug NAME] [--io-trace]     run one seed\n"
    "       kvsim --seeds A..B [--jobs N] [--bug NAME]   run many\n"
    "       kvsim --gate A..B                            run each seed three times and compare\n"
    "       kvsim --hunt A..B                            look for each planted bug in turn\n"
    "       kvsim bugs                                   list the planted bugs\n"
    "\n"
    "A seed that fails is printed as the command that repeats it, and the exit code is 1.\n"
    "--io-trace writes every event and every byte received to stdout.\n";

struct Flags {
  enum class Action { kNone, kOne, kMany, kGate, kHunt };
  Action action = Action::kNone;
  SeedRange seeds;
  uint64_t jobs = 1;
  std::string bug;
  bool hash_only = false;  // print the trace hash and nothing else, for the gate
  bool io_trace = false;
};

int RunOne(const Flags& flags) {
  const uint64_t seed = flags.seeds.first;
  const WorldResult result = RunWorld({.seed = seed, .trace = flags.io_trace ? stdout : nullptr});
  if (flags.hash_only) {
    std::printf("%016" PRIx64 "\n", result.trace_hash);
    return 0;
  }
  std::printf(
      "seed %" PRIu64 ": %.1f simulated s, %" PRIu64 " events, %" PRIu64 " operations, %" PRIu64
      " faults, %" PRIu64 " groups of keys (%" PRIu64 " undecided), trace %016" PRIx64 "\n",
      seed, static_cast<double>(result.simulated.value) / 1e9, result.events, result.operations,
      result.faults, result.groups, result.undecided_groups, result.trace_hash);
  if (result.ok()) {
    std::printf("green\n");
    return 0;
  }
  std::printf("%s\n", result.violation.c_str());
  PrintRed(seed, flags.bug, result.violation);
  return 1;
}

bool ParseRange(absl::string_view text, SeedRange& seeds) {
  const std::vector<absl::string_view> ends = absl::StrSplit(text, "..");
  return ends.size() == 2 && absl::SimpleAtoi(ends[0], &seeds.first) &&
         absl::SimpleAtoi(ends[1], &seeds.last) && seeds.first <= seeds.last;
}

// Reads the flag at words[i] and steps over its value, if it has one.
bool ReadFlag(const std::vector<absl::string_view>& words, size_t& i, Flags& flags) {
  using Action = Flags::Action;
  const absl::string_view flag = words[i];
  if (flag == "--io-trace") return flags.io_trace = true;
  if (flag == "--hash") return flags.hash_only = true;
  if (i + 1 == words.size()) return false;
  const absl::string_view value = words[++i];
  if (flag == "--bug") {
    flags.bug = std::string(value);
    return true;
  }
  if (flag == "--jobs") return absl::SimpleAtoi(value, &flags.jobs) && flags.jobs > 0;
  if (flag == "--seed") {
    flags.action = Action::kOne;
    return absl::SimpleAtoi(value, &flags.seeds.first);
  }
  flags.action = flag == "--seeds"  ? Action::kMany
                 : flag == "--gate" ? Action::kGate
                 : flag == "--hunt" ? Action::kHunt
                                    : Action::kNone;
  return flags.action != Action::kNone && ParseRange(value, flags.seeds);
}

void PrintBugs() {
  for (const PlantedBug& bug : PlantedBugs()) {
    std::printf("%-24s %s\n", std::string(bug.name).c_str(), std::string(bug.mistake).c_str());
  }
}

int Main(const std::vector<absl::string_view>& words) {
  if (words.size() == 1 && words[0] == "bugs") {
    PrintBugs();
    return 0;
  }
  Flags flags;
  for (size_t i = 0; i < words.size(); ++i) {
    if (ReadFlag(words, i, flags)) continue;
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (!flags.bug.empty() && !PlantBug(flags.bug)) {
    std::fprintf(stderr, "kvsim: there is no planted bug \"%s\"; kvsim bugs lists them\n",
                 flags.bug.c_str());
    return 2;
  }
  switch (flags.action) {
    case Flags::Action::kOne:
      return RunOne(flags);
    case Flags::Action::kMany:
      return RunSeeds({.seeds = flags.seeds, .jobs = flags.jobs, .bug = flags.bug}) ? 0 : 1;
    case Flags::Action::kGate:
      return RunGate(flags.seeds) ? 0 : 1;
    case Flags::Action::kHunt:
      return HuntBugs(flags.seeds) ? 0 : 1;
    case Flags::Action::kNone:
      break;
  }
  std::fputs(kUsage, stderr);
  return 2;
}

}  // namespace
}  // namespace holdfast

int main(int argument_count, char** arguments) {
  return holdfast::Main(std::vector<absl::string_view>(arguments + 1, arguments + argument_count));
}
