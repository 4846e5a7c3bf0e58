#include "node/config/number_words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

struct Unit {
  absl::string_view name;
  uint64_t bytes;
};

constexpr Unit kUnits[] = {
    {"", 1},          {"b", 1},        {"k", 1'000},         {"kb", 1 << 10},
    {"m", 1'000'000}, {"mb", 1 << 20}, {"g", 1'000'000'000}, {"gb", 1 << 30},
};

}  // namespace

absl::optional<uint64_t> ParseMemory(absl::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && absl::ascii_isdigit(text[digits])) ++digits;
  uint64_t count = 0;
  if (digits == 0 || !absl::SimpleAtoi(text.substr(0, digits), &count)) return absl::nullopt;
  for (const Unit& unit : kUnits) {
    if (!absl::EqualsIgnoreCase(text.substr(digits), unit.name)) continue;
    uint64_t bytes = 0;
    if (__builtin_mul_overflow(count, unit.bytes, &bytes)) return absl::nullopt;
    return bytes;
  }
  return absl::nullopt;
}

std::string FormatMemory(uint64_t bytes) {
  for (const Unit& unit : {kUnits[7], kUnits[5], kUnits[3]}) {
    if (bytes != 0 && bytes % unit.bytes == 0) return absl::StrCat(bytes / unit.bytes, unit.name);
  }
  return absl::StrCat(bytes);
}

}  // namespace holdfast
