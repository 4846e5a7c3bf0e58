// Numbers as the protocol spells them: both directions, without locale, allocation or printf.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace holdfast {

// Longest text of an int64_t: a sign and nineteen digits.
inline constexpr size_t kInt64TextMax = 20;
// Longest text that FormatDouble writes, rounded up.
inline constexpr size_t kDoubleTextMax = 32;

// Reads the one canonical decimal spelling of an int64_t and nothing else: no '+', no blanks, no
// leading zeros, no "-0", no overflow.
absl::optional<int64_t> ParseInt64(absl::string_view text);

// Writes `value` at `out`, which has room for kDoubleTextMax bytes, and returns the length.
//
// The spelling is that of Redis 7.2: "nan", "inf", "-inf", "-0"; whole numbers up to 2^62 in full;
// otherwise the shortest digits that read back as the same double, with an exponent ("1.5e-9",
// "1e+19") once plain notation would need more than six decimals or more than seven extra zeros.
// The digits are always the shortest; Redis's Grisu2 prints one digit more for about one double in
// a thousand.
size_t FormatDouble(double value, char* out);

namespace number_text_internal {

inline constexpr std::array<uint64_t, 20> kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (uint64_t& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}();

// "00" "01" ... "99".
inline constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (int i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

}  // namespace number_text_internal

// Decimal digits of `value`; 1 for zero.
inline size_t DigitCount(uint64_t value) {
  // 1233 / 4096 is just above log10(2), so the guess is the count or one too small.
  const int bits = 64 - __builtin_clzll(value | 1);
  const size_t guess = static_cast<size_t>(bits * 1233) >> 12;
  return guess + ((value | 1) >= number_text_internal::kPowersOfTen[guess] ? 1 : 0);
}

// Writes `value` in exactly `digit_count` == DigitCount(value) bytes; returns the end.
inline char* WriteDigits(uint64_t value, size_t digit_count, char* out) {
  char* at = out + digit_count;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &number_text_internal::kDigitPairs[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(out, &number_text_internal::kDigitPairs[2 * value], 2);
  } else {
    *out = static_cast<char>('0' + value);
  }
  return out + digit_count;
}

// Writes `value` at `out`, which has room for kInt64TextMax bytes, and returns the length.
inline size_t FormatInt64(int64_t value, char* out) {
  // Negating as unsigned is defined for the smallest value too.
  uint64_t magnitude = static_cast<uint64_t>(value);
  size_t sign = 0;
  if (value < 0) {
    magnitude = 0 - magnitude;
    out[0] = '-';
    sign = 1;
  }
  const size_t digit_count = DigitCount(magnitude);
  WriteDigits(magnitude, digit_count, out + sign);
  return sign + digit_count;
}

}  // namespace holdfast
