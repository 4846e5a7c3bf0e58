#include "storage/types/number_text.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "absl/strings/ascii.h"
#include "net/base/check.h"
#include "net/base/limits.h"

namespace holdfast {
namespace {

// Most decimals that 64 bits of mantissa can back up without spelling out their rounding error.
constexpr int kDecimals = 17;

}  // namespace

std::optional<long double> ParseLongDouble(absl::string_view text) {
  if (text.empty() || text.size() > limits::kNumberTextMax) return std::nullopt;
  if (absl::ascii_isspace(static_cast<unsigned char>(text.front()))) return std::nullopt;
  // strtold wants a terminator, which the view may not have.
  char terminated[limits::kNumberTextMax + 1];
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(terminated, &end);
  if (end != terminated + text.size() || std::isnan(value)) return std::nullopt;
  // A subnormal result is reported as out of range as well, yet is a value.
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

std::string FormatLongDouble(long double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char text[std::numeric_limits<long double>::max_exponent10 + kDecimals + 8];
  const int size = std::snprintf(text, sizeof(text), "%.*Lf", kDecimals, value);
  CHECK(size > 0 && static_cast<size_t>(size) < sizeof(text));
  absl::string_view spelled(text, static_cast<size_t>(size));
  while (spelled.back() == '0') spelled.remove_suffix(1);
  if (spelled.back() == '.') spelled.remove_suffix(1);
  return std::string(spelled == "-0" ? "0" : spelled);
}

}  // namespace holdfast
