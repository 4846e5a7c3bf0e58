// kvsim: runs the node in the simulator, seed by seed.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sim/planted_bugs.h"
#include "sim/world.h"

namespace holdfast {
namespace {

constexpr char kUsage[] =
    "usage: kvsim --seed N [--bug NAME] [--io-trace]   run one seed\n"
    "       kvsim --seeds A..B [--jobs N] [--bug NAME] run many\n"
    "       kvsim --gate A..B                          run each seed three times and compare\n"
    "       kvsim bugs                                 list the planted bugs\n"
    "\n"
    "A seed that fails is printed as the command that repeats it, and the exit code is 1.\n"
    "--io-trace writes every event and every byte received to stdout.\n";

struct Flags {
  uint64_t first_seed = 1;
  uint64_t last_seed = 0;
  uint64_t jobs = 1;
  std::string bug;
  bool one = false;
  bool gate = false;
  bool hash_only = false;
  bool io_trace = false;
};

// What the jobs tell the process that started them.
struct Progress {
  uint64_t seed = 0;  // under way
  uint64_t green = 0;
  uint64_t red = 0;
  uint64_t operations = 0;
  uint64_t faults = 0;
  uint64_t groups = 0;
  uint64_t undecided_groups = 0;
  int64_t simulated_ms = 0;
};

std::string ReplayLine(uint64_t seed, const std::string& bug) {
  return absl::StrCat("kvsim --seed ", seed, bug.empty() ? "" : " --bug ", bug);
}

void PrintRed(uint64_t seed, const std::string& bug, const std::string& why) {
  const std::string first_line = why.substr(0, why.find('\n'));
  std::printf("RED %s   # %s\n", ReplayLine(seed, bug).c_str(), first_line.c_str());
  std::fflush(stdout);
}

int RunOne(const Flags& flags) {
  const WorldResult result =
      RunWorld({.seed = flags.first_seed, .trace = flags.io_trace ? stdout : nullptr});
  if (flags.hash_only) {
    std::printf("%016" PRIx64 "\n", result.trace_hash);
    return 0;
  }
  std::printf(
      "seed %" PRIu64 ": %.1f simulated s, %" PRIu64 " events, %" PRIu64 " operations, %" PRIu64
      " faults, %" PRIu64 " groups (%" PRIu64 " undecided), trace %016" PRIx64 "\n",
      flags.first_seed, static_cast<double>(result.simulated.value) / 1e9, result.events,
      result.operations, result.faults, result.groups, result.undecided_groups, result.trace_hash);
  if (result.ok()) {
    std::printf("green\n");
    return 0;
  }
  std::printf("%s\n", result.violation.c_str());
  PrintRed(flags.first_seed, flags.bug, result.violation);
  return 1;
}

// Runs the seeds first, first + step, ... in this process.
void RunShare(const Flags& flags, uint64_t first, uint64_t step, Progress& progress) {
  for (uint64_t seed = first; seed <= flags.last_seed; seed += step) {
    progress.seed = seed;
    const WorldResult result = RunWorld({.seed = seed});
    if (result.ok()) {
      ++progress.green;
    } else {
      ++progress.red;
      PrintRed(seed, flags.bug, result.violation);
    }
    progress.operations += result.operations;
    progress.faults += result.faults;
    progress.groups += result.groups;
    progress.undecided_groups += result.undecided_groups;
    progress.simulated_ms += ToMillis(result.simulated).value;
  }
  progress.seed = 0;
}

pid_t StartShare(const Flags& flags, uint64_t first, Progress& progress) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    RunShare(flags, first, flags.jobs, progress);
    std::_Exit(0);
  }
  return child;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int PrintSummary(const Flags& flags, const Progress* shares) {
  Progress sum;
  for (uint64_t job = 0; job < flags.jobs; ++job) {
    sum.green += shares[job].green;
    sum.red += shares[job].red;
    sum.operations += shares[job].operations;
    sum.faults += shares[job].faults;
    sum.groups += shares[job].groups;
    sum.undecided_groups += shares[job].undecided_groups;
    sum.simulated_ms += shares[job].simulated_ms;
  }
  const double cpu = CpuSeconds();
  const double seeds = static_cast<double>(sum.green + sum.red);
  std::printf("%" PRIu64 " green, %" PRIu64
              " red; per CPU second: %.0f simulated s, %.1f seeds; "
              "per seed: %.0f operations, %.1f faults; undecided: %" PRIu64 " of %" PRIu64
              " groups\n",
              sum.green, sum.red, static_cast<double>(sum.simulated_ms) / 1e3 / cpu, seeds / cpu,
              static_cast<double>(sum.operations) / seeds, static_cast<double>(sum.faults) / seeds,
              sum.undecided_groups, sum.groups);
  return sum.red == 0 ? 0 : 1;
}

// A share is a process of its own, so that a node that aborts costs one seed: its share goes on
// behind it.
int RunMany(const Flags& flags) {
  void* memory = mmap(nullptr, sizeof(Progress) * flags.jobs, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("kvsim: mmap");
    return 1;
  }
  auto* shares = static_cast<Progress*>(memory);
  std::vector<pid_t> children(flags.jobs);
  for (uint64_t job = 0; job < flags.jobs; ++job) {
    children[job] = StartShare(flags, flags.first_seed + job, shares[job]);
  }
  for (uint64_t left = flags.jobs; left > 0;) {
    int status = 0;
    const pid_t ended = wait(&status);
    if (ended < 0) break;
    for (uint64_t job = 0; job < flags.jobs; ++job) {
      if (children[job] != ended) continue;
      Progress& share = shares[job];
      if (status == 0 || share.seed == 0) {
        --left;
        continue;
      }
      const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      PrintRed(share.seed, flags.bug, absl::StrCat("the process ended by signal ", signal));
      ++share.red;
      children[job] = StartShare(flags, share.seed + flags.jobs, share);
    }
  }
  return PrintSummary(flags, shares);
}

std::string OutputOf(const std::string& command) {
  std::string output;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char chunk[4096];
  while (size_t count = std::fread(chunk, 1, sizeof chunk, pipe)) output.append(chunk, count);
  pclose(pipe);
  return output;
}

// Another process, with other addresses and other bytes in fresh memory.
std::string OtherProcess(uint64_t seed, const std::string& flags) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return "";
  return absl::StrCat("MALLOC_PERTURB_=165 ", std::string(path, static_cast<size_t>(length)),
                      " --seed ", seed, " ", flags);
}

void PrintFirstDifference(uint64_t seed) {
  const std::string own = OutputOf(
      absl::StrCat("env -u MALLOC_PERTURB_ ", OtherProcess(seed, "--io-trace").substr(20)));
  const std::string other = OutputOf(OtherProcess(seed, "--io-trace"));
  const std::vector<absl::string_view> one = absl::StrSplit(own, '\n');
  const std::vector<absl::string_view> two = absl::StrSplit(other, '\n');
  for (size_t i = 0; i < std::min(one.size(), two.size()); ++i) {
    if (one[i] == two[i]) continue;
    std::printf("first difference, event %zu:\n  %s\n  %s\n", i, std::string(one[i]).c_str(),
                std::string(two[i]).c_str());
    return;
  }
  std::printf("two more runs do not differ\n");
}

// Runs each seed twice here and once elsewhere.
int RunGate(const Flags& flags) {
  int wrong = 0;
  for (uint64_t seed = flags.first_seed; seed <= flags.last_seed; ++seed) {
    const uint64_t first = RunWorld({.seed = seed}).trace_hash;
    const uint64_t second = RunWorld({.seed = seed}).trace_hash;
    const std::string other = OutputOf(OtherProcess(seed, "--hash"));
    const uint64_t third = std::strtoull(other.c_str(), nullptr, 16);
    if (first == second && second == third) continue;
    std::printf("seed %" PRIu64 " is not deterministic: %016" PRIx64 " %016" PRIx64 " %016" PRIx64
                "\n",
                seed, first, second, third);
    PrintFirstDifference(seed);
    wrong = 1;
  }
  if (wrong == 0) std::printf("deterministic\n");
  return wrong;
}

bool ParseRange(absl::string_view text, Flags& flags) {
  const std::vector<absl::string_view> ends = absl::StrSplit(text, "..");
  return ends.size() == 2 && absl::SimpleAtoi(ends[0], &flags.first_seed) &&
         absl::SimpleAtoi(ends[1], &flags.last_seed) && flags.first_seed <= flags.last_seed;
}

std::optional<Flags> ParseFlags(const std::vector<absl::string_view>& words) {
  Flags flags;
  bool chosen = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const absl::string_view word = words[i];
    const bool has_value = i + 1 < words.size();
    if (word == "--io-trace") {
      flags.io_trace = true;
    } else if (word == "--hash") {
      flags.hash_only = true;
    } else if (!has_value) {
      return std::nullopt;
    } else if (word == "--seed" && absl::SimpleAtoi(words[++i], &flags.first_seed)) {
      flags.one = chosen = true;
    } else if ((word == "--seeds" || word == "--gate") && ParseRange(words[++i], flags)) {
      flags.gate = word == "--gate";
      chosen = true;
    } else if (word == "--jobs" && absl::SimpleAtoi(words[++i], &flags.jobs) && flags.jobs > 0) {
    } else if (word == "--bug") {
      flags.bug = std::string(words[++i]);
    } else {
      return std::nullopt;
    }
  }
  return chosen ? std::optional(flags) : std::nullopt;
}

int Main(const std::vector<absl::string_view>& words) {
  if (words.size() == 1 && words[0] == "bugs") {
    for (const PlantedBug& bug : PlantedBugs()) {
      std::printf("%-24s %s\n", std::string(bug.name).c_str(), std::string(bug.mistake).c_str());
    }
    return 0;
  }
  const std::optional<Flags> flags = ParseFlags(words);
  if (!flags) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (!flags->bug.empty() && !PlantBug(flags->bug)) {
    std::fprintf(stderr, "kvsim: there is no planted bug \"%s\"; kvsim bugs lists them\n",
                 flags->bug.c_str());
    return 2;
  }
  if (flags->gate) return RunGate(*flags);
  return flags->one ? RunOne(*flags) : RunMany(*flags);
}

}  // namespace
}  // namespace holdfast

int main(int argument_count, char** arguments) {
  return holdfast::Main(std::vector<absl::string_view>(arguments + 1, arguments + argument_count));
}
