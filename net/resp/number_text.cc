#include "net/resp/number_text.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace holdfast {
namespace {

// A finite non-zero double as 0.d1d2d3... x 10^point, d1 != 0, the fewest digits that identify it.
struct ShortestDecimal {
  char digits[20];
  int digit_count = 0;
  int point = 0;
};

ShortestDecimal Shortest(double magnitude) {
  // Scientific notation gives "d[.ddd]e[+-]xx", from which digits and exponent are read off.
  char text[kDoubleTextMax];
  const char* end =
      std::to_chars(text, text + sizeof(text), magnitude, std::chars_format::scientific).ptr;
  ShortestDecimal decimal;
  const char* at = text;
  for (; *at != 'e'; ++at) {
    if (*at != '.') decimal.digits[decimal.digit_count++] = *at;
  }
  at += at[1] == '+' ? 2 : 1;
  int exponent = 0;
  std::from_chars(at, end, exponent);
  decimal.point = exponent + 1;
  return decimal;
}

char* Put(absl::string_view bytes, char* out) {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

char* PutZeros(int count, char* out) {
  std::memset(out, '0', static_cast<size_t>(count));
  return out + count;
}

// Lays digits out in the notation that Redis picks for them.
char* PutDecimal(const ShortestDecimal& decimal, char* out) {
  const absl::string_view digits(decimal.digits, static_cast<size_t>(decimal.digit_count));
  const int zeros = decimal.point - decimal.digit_count;  // after the last digit; < 0: decimals
  const int exponent = decimal.point - 1;
  if (zeros >= 0 && exponent < decimal.digit_count + 7) {
    return PutZeros(zeros, Put(digits, out));
  }
  if (zeros < 0 && (zeros > -7 || std::abs(exponent) < 4)) {
    if (decimal.point <= 0) return Put(digits, PutZeros(-decimal.point, Put("0.", out)));
    const size_t whole = static_cast<size_t>(decimal.point);
    return Put(digits.substr(whole), Put(".", Put(digits.substr(0, whole), out)));
  }
  out = Put(digits.substr(0, 1), out);
  if (digits.size() > 1) out = Put(digits.substr(1), Put(".", out));
  out = Put(exponent < 0 ? "e-" : "e+", out);
  return out + FormatInt64(std::abs(exponent), out);
}

}  // namespace

absl::optional<int64_t> ParseInt64(absl::string_view text) {
  if (text.empty() || text.size() > kInt64TextMax) return absl::nullopt;
  if (text == "0") return 0;
  const bool negative = text.front() == '-';
  const absl::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.front() == '0') return absl::nullopt;
  uint64_t magnitude = 0;
  for (char c : digits) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9 || __builtin_mul_overflow(magnitude, uint64_t{10}, &magnitude) ||
        __builtin_add_overflow(magnitude, uint64_t{digit}, &magnitude)) {
      return absl::nullopt;
    }
  }
  const uint64_t magnitude_max =
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  if (magnitude > magnitude_max) return absl::nullopt;
  return static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
}

size_t FormatDouble(double value, char* out) {
  char* const start = out;
  if (std::isnan(value)) return static_cast<size_t>(Put("nan", out) - start);
  if (std::signbit(value)) out = Put("-", out);
  const double magnitude = std::fabs(value);
  constexpr double kWholeMax = 4611686018427387904.0;  // 2^62: surely exact as an int64_t
  if (std::isinf(magnitude)) {
    out = Put("inf", out);
  } else if (magnitude <= kWholeMax && magnitude == std::floor(magnitude)) {
    out += FormatInt64(static_cast<int64_t>(magnitude), out);
  } else {
    out = PutDecimal(Shortest(magnitude), out);
  }
  return static_cast<size_t>(out - start);
}

}  // namespace holdfast
