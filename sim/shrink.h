// Shrink: from a red run to a small one that is red for the same reason.
//
//   all listed -> fewer faults -> fewer operations -> plainer knobs -> again, until nothing helps
//
// Lists are shortened by delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating
// Failure-Inducing Input", 2002). Taking a fault or an operation away leaves all other draws as
// they were, so that what remains mostly still fails.
#pragma once

#include <cstdint>
#include <string>

#include "sim/script.h"

namespace holdfast {

struct ShrinkResult {
  // Of the smallest run found; empty if the script was green to begin with.
  std::string violation;
  Script script;
  uint64_t runs = 0;
};

ShrinkResult Shrink(const Script& script);

}  // namespace holdfast
