#include "sim/run_seeds.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <cinttypes>
#include <cstdio>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/child.h"
#include "sim/world.h"

namespace holdfast {
namespace {

#ifndef HOLDFAST_COMMIT
#define HOLDFAST_COMMIT "unknown commit"
#endif
// Of the sources when the build was configured.
constexpr char kBuildCommit[] = HOLDFAST_COMMIT;

// What a process that runs seeds tells the one that started it, in memory that both see.
struct Progress {
  uint64_t seed = 0;  // under way
  uint64_t green = 0;
  uint64_t red = 0;
  uint64_t operations = 0;
  uint64_t faults = 0;
  uint64_t groups = 0;
  uint64_t undecided_groups = 0;
  int64_t simulated_ms = 0;

  void Add(const WorldResult& result) {
    ++(result.ok() ? green : red);
    operations += result.operations;
    faults += result.faults;
    groups += result.groups;
    undecided_groups += result.undecided_groups;
    simulated_ms += ToMillis(result.simulated).value;
  }
  void Add(const Progress& other) {
    green += other.green;
    red += other.red;
    operations += other.operations;
    faults += other.faults;
    groups += other.groups;
    undecided_groups += other.undecided_groups;
    simulated_ms += other.simulated_ms;
  }
};

// Every jobs-th seed from `first` on.
pid_t StartShare(const RunSeedsOptions& options, uint64_t first, Progress& progress) {
  return StartChild([&options, first, &progress] {
    for (uint64_t seed = first; seed <= options.seeds.last; seed += options.jobs) {
      progress.seed = seed;
      const WorldResult result = RunWorld({.script = {.profile = options.profile, .seed = seed}});
      if (!result.ok()) PrintRed(seed, options, result.violation);
      progress.Add(result);
    }
  });
}

// Of all processes that have ended.
double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void PrintSummary(const Progress& sum) {
  const double cpu = CpuSeconds();
  const double seeds = static_cast<double>(sum.green + sum.red);
  std::printf("%" PRIu64 " green, %" PRIu64
              " red; per CPU second: %.0f simulated s, %.1f seeds; per seed: %.0f operations, "
              "%.1f faults; undecided: %" PRIu64 " of %" PRIu64 " groups of keys\n",
              sum.green, sum.red, static_cast<double>(sum.simulated_ms) / 1e3 / cpu, seeds / cpu,
              static_cast<double>(sum.operations) / seeds, static_cast<double>(sum.faults) / seeds,
              sum.undecided_groups, sum.groups);
}

}  // namespace

std::string ReplayLine(uint64_t seed, const RunSeedsOptions& options) {
  return absl::StrCat("kvsim --seed ", seed, " --profile ", NameOf(options.profile),
                      options.bug.empty() ? "" : " --bug ", options.bug);
}

void PrintRed(uint64_t seed, const RunSeedsOptions& options, const std::string& why) {
  const std::string first_line = why.substr(0, why.find('\n'));
  std::printf("RED %s   # %s: %s\n", ReplayLine(seed, options).c_str(), kBuildCommit,
              first_line.c_str());
  std::fflush(stdout);
}

bool RunSeeds(const RunSeedsOptions& options) {
  Progress* shares = ShareMemory<Progress>(options.jobs);
  std::vector<pid_t> children;
  for (uint64_t job = 0; job < options.jobs; ++job) {
    children.push_back(StartShare(options, options.seeds.first + job, shares[job]));
  }
  for (uint64_t left = options.jobs; left > 0;) {
    int status = 0;
    const pid_t ended = wait(&status);
    CHECK(ended > 0);
    for (uint64_t job = 0; job < options.jobs; ++job) {
      if (children[job] != ended) continue;
      Progress& share = shares[job];
      if (status == 0) {
        --left;
        continue;
      }
      PrintRed(share.seed, options, absl::StrCat("the process ended with status ", status));
      ++share.red;
      children[job] = StartShare(options, share.seed + options.jobs, share);
    }
  }
  Progress sum;
  for (uint64_t job = 0; job < options.jobs; ++job) sum.Add(shares[job]);
  PrintSummary(sum);
  return sum.red == 0;
}

}  // namespace holdfast
