#include "sim/draws.h"

#include <bit>

#include "sim/hash.h"

namespace holdfast {

Draws::Draws(uint64_t seed, absl::string_view component, uint64_t entity)
    : key_(MixBits(HashBytes(component, MixBits(seed)) + MixBits(entity))) {}

Nanos Draws::Exponential(Nanos mean) {
  // -ln(u) = -log2(u) * ln 2. For u = 2^-(zeros + 1) * m with m in [1, 2), log2(m) is taken as
  // (m - 1) * (1 + c * (2 - m)), which is off by less than 0.01, in fixed point of 16 bits.
  constexpr int64_t kOne = 1 << 16;
  constexpr int64_t kCurve = 22'700;  // c = 0.3464
  constexpr int64_t kLn2Millionths = 693'147;
  const uint64_t bits = Next() | 1;
  const int zeros = std::countl_zero(bits);
  const int64_t fraction = static_cast<int64_t>((bits << zeros << 1) >> 48);
  const int64_t log2 = fraction * (kOne + kCurve * (kOne - fraction) / kOne) / kOne;
  const int64_t minus_log2 = (zeros + 1) * kOne - log2;
  const __int128 scaled = static_cast<__int128>(mean.value) * minus_log2 * kLn2Millionths;
  return {static_cast<int64_t>(scaled / 1'000'000 / kOne)};
}

}  // namespace holdfast
