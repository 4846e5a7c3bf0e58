// The determinism gate: a seed run twice in this process and once in another, with other addresses
// and other bytes in fresh memory, gives three equal trace hashes.
#pragma once

#include "sim/run_seeds.h"

namespace holdfast {

// Prints what differs, down to the first event that does. Returns whether nothing did.
bool RunGate(const SeedRange& seeds, Profile profile);

}  // namespace holdfast
