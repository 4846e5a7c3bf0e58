// The hash by which keys are placed in tables: XXH3, 64 bits, seeded.
//
// The seed is the group's, so that a SCAN cursor, a position in hash order, means the same on every
// member; it is secret, so that nobody can choose colliding keys.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>

#include "absl/strings/string_view.h"

namespace holdfast {

inline uint64_t HashKey(absl::string_view key, uint64_t seed) {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

}  // namespace holdfast
