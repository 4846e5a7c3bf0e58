// Draws: one named sub-stream of a simulation's random numbers.
//
//   draw = hash(seed, component, entity, ordinal)       ordinal = 1, 2, 3, ...
//
// A sub-stream belongs to one consumer: ("latency", pipe 7), ("client", 2). No consumer's draws
// depend on how often another one drew, so switching one fault off leaves all other decisions of a
// seed as they were. Integers and integer ratios only: floating point rounds differently from one
// compiler to the next.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "net/base/random.h"
#include "net/base/types.h"

namespace holdfast {

// A probability. {0, 1} never, {1, 1} always.
struct Ratio {
  uint64_t numerator = 0;
  uint64_t denominator = 1;
};

class Draws {
 public:
  Draws(uint64_t seed, absl::string_view component, uint64_t entity);

  uint64_t Next() { return MixBits(key_ + ++ordinal_ * 0x9e3779b97f4a7c15u); }

  // Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound) {
    CHECK(bound > 0);
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
  // Uniform in [low, high], both included.
  int64_t Between(int64_t low, int64_t high) {
    CHECK_LE(low, high);
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  Nanos Between(Nanos low, Nanos high) { return {Between(low.value, high.value)}; }
  // True with the given probability. A chance that is never or always taken draws nothing.
  bool Chance(Ratio ratio) {
    if (ratio.numerator == 0) return false;
    if (ratio.numerator >= ratio.denominator) return true;
    return Below(ratio.denominator) < ratio.numerator;
  }
  // Exponentially distributed with the given mean, to about one per cent; at most 44 means.
  Nanos Exponential(Nanos mean);

 private:
  uint64_t key_;
  uint64_t ordinal_ = 0;
};

}  // namespace holdfast
