// Seeded random numbers. Equal seeds give equal sequences on every platform.
//
// Only net/runtime hands out entropy; everything else draws from a Prng seeded by it. The generator
// is SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): not
// for secrets.
#pragma once

#include <cstdint>

#include "net/base/check.h"

namespace holdfast {

// A bijective mix of 64 bits in which every input bit reaches every output bit.
constexpr uint64_t MixBits(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return bits ^ (bits >> 31);
}

class Prng {
 public:
  explicit constexpr Prng(uint64_t seed) : state_(seed) {}

  constexpr uint64_t Next() { return MixBits(state_ += 0x9e3779b97f4a7c15u); }

  // Uniform in [0, bound), without modulo bias worth noticing; bound > 0.
  constexpr uint64_t Below(uint64_t bound) {
    CHECK(bound > 0);
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }

  // True with probability numerator / denominator.
  constexpr bool Chance(uint64_t numerator, uint64_t denominator) {
    return Below(denominator) < numerator;
  }

 private:
  uint64_t state_;
};

}  // namespace holdfast
