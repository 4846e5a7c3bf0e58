// Which marks of the program (net/base/mark.h) a range of seeds passes.
#pragma once

#include "sim/run_seeds.h"

namespace holdfast {

// Runs the seeds and prints each mark with how often it was passed, those never passed first.
// Returns whether all were.
bool PrintMarks(const SeedRange& seeds, Profile profile);

}  // namespace holdfast
