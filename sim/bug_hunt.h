// The hunt for planted bugs: how many seeds it takes until an oracle sees each of them.
#pragma once

#include <optional>
#include <string>

#include "sim/run_seeds.h"

namespace holdfast {

struct BugHuntOptions {
  SeedRange seeds;
  // The range is cut into so many parts, each of which is searched from its beginning until the bug
  // is seen there; the median over the parts is what a fresh range may expect.
  uint64_t parts = 1;
  // How many parts are searched at a time, also of different bugs.
  uint64_t jobs = 1;
  // Only the bugs of this profile.
  std::optional<Profile> profile;
  // Only this bug; empty: all.
  std::string bug;
};

// Prints a row of a table for each bug. Returns whether every bug was seen in some part: by an
// oracle, by an invariant, or by a CHECK of the node.
bool HuntBugs(const BugHuntOptions& options);

}  // namespace holdfast
