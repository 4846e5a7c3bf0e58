// Many seeds, spread over processes: a node that aborts costs its seed and nothing else.
#pragma once

#include <cstdint>
#include <string>

namespace holdfast {

struct SeedRange {
  uint64_t first = 1;
  uint64_t last = 0;
};

// The command line that repeats a seed.
std::string ReplayLine(uint64_t seed, const std::string& bug);
// One line for a seed that failed: that command line and the first line of `why`.
void PrintRed(uint64_t seed, const std::string& bug, const std::string& why);

struct RunSeedsOptions {
  SeedRange seeds;
  uint64_t jobs = 1;
  // Planted already; named in what is printed.
  std::string bug;
};
// Runs all, prints the red ones and a summary. Returns whether all were green.
bool RunSeeds(const RunSeedsOptions& options);

// Runs seeds with each planted bug in turn until one is red, and prints which. Returns whether
// every bug was seen by an oracle; a process that dies has seen nothing.
bool HuntBugs(const SeedRange& seeds);

}  // namespace holdfast
