// Many seeds, spread over processes: a node that aborts costs its seed and nothing else.
#pragma once

#include <cstdint>
#include <string>

#include "sim/knobs.h"

namespace holdfast {

struct SeedRange {
  uint64_t first = 1;
  uint64_t last = 0;
};

struct RunSeedsOptions {
  SeedRange seeds;
  Profile profile = Profile::kSingle;
  uint64_t jobs = 1;
  // Planted already; named in what is printed.
  std::string bug;
};

// The command line that repeats a seed.
std::string ReplayLine(uint64_t seed, const RunSeedsOptions& options);
// One line for a seed that failed: that command line, the commit of this build and the first line
// of `why`.
void PrintRed(uint64_t seed, const RunSeedsOptions& options, const std::string& why);
// Runs all, prints the red ones and a summary. Returns whether all were green.
bool RunSeeds(const RunSeedsOptions& options);

}  // namespace holdfast
