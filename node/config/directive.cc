#include "node/config/directive.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "net/base/check.h"
#include "net/base/status.h"
#include "net/resp/number_text.h"
#include "node/config/number_words.h"

namespace holdfast {
namespace {

// Letters that may be wrong in a name of `length` for a suggestion to help.
size_t TolerableDistance(size_t length) { return 1 + length / 5; }

// Damerau-Levenshtein distance in its restricted form: insertions, deletions, replacements, and
// swaps of neighbours that are not edited again.
size_t EditDistance(absl::string_view left, absl::string_view right) {
  std::array<std::vector<size_t>, 3> rows;  // before last, last, current
  for (auto& row : rows) row.resize(right.size() + 1);
  for (size_t j = 0; j <= right.size(); ++j) rows[2][j] = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    std::rotate(rows.begin(), rows.begin() + 1, rows.end());
    rows[2][0] = i;
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t replaced = rows[1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      size_t best = std::min({rows[1][j] + 1, rows[2][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        best = std::min(best, rows[0][j - 2] + 1);
      }
      rows[2][j] = best;
    }
  }
  return rows[2][right.size()];
}

absl::StatusOr<std::string> CanonicalBool(absl::string_view word) {
  for (absl::string_view choice : {"yes", "no"}) {
    if (absl::EqualsIgnoreCase(word, choice)) return std::string(choice);
  }
  return absl::InvalidArgumentError("argument must be 'yes' or 'no'");
}

absl::Status CheckRange(const ValueRange& range, int64_t value) {
  if (value >= range.lowest && (value < 0 || static_cast<uint64_t>(value) <= range.highest)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("argument must be between ", range.lowest, " and ",
                                                 range.highest, " inclusive"));
}

absl::StatusOr<std::string> CanonicalInteger(const Directive& directive, absl::string_view word) {
  const absl::optional<int64_t> value = ParseInt64(word);
  if (!value) return absl::InvalidArgumentError("argument couldn't be parsed into an integer");
  RETURN_IF_ERROR(CheckRange(directive.range, *value));
  return absl::StrCat(*value);
}

absl::optional<uint64_t> ParseOctal(absl::string_view word) {
  uint64_t value = 0;
  if (word.empty() || word.size() > 21) return absl::nullopt;
  for (char c : word) {
    if (c < '0' || c > '7') return absl::nullopt;
    value = value * 8 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

absl::StatusOr<std::string> CanonicalOctal(const Directive& directive, absl::string_view word) {
  const absl::optional<uint64_t> value = ParseOctal(word);
  if (!value) return absl::InvalidArgumentError("argument couldn't be parsed as an octal number");
  if (*value > directive.range.highest) {
    return absl::InvalidArgumentError(
        absl::StrFormat("argument must be between %o and %o inclusive",
                        static_cast<uint64_t>(directive.range.lowest), directive.range.highest));
  }
  return absl::StrFormat("%o", *value);
}

absl::StatusOr<std::string> CanonicalMemory(const Directive& directive, absl::string_view word) {
  const absl::optional<uint64_t> bytes = ParseMemory(word);
  if (!bytes) return absl::InvalidArgumentError("argument must be a memory value");
  const auto lowest = static_cast<uint64_t>(directive.range.lowest);
  if (*bytes < lowest || *bytes > directive.range.highest) {
    return absl::InvalidArgumentError(absl::StrCat("argument must be between ", lowest, " and ",
                                                   directive.range.highest, " inclusive"));
  }
  return absl::StrCat(*bytes);
}

absl::StatusOr<std::string> CanonicalMemoryOrPercent(const Directive& directive,
                                                     absl::string_view word) {
  if (!absl::EndsWith(word, "%")) {
    if (!ParseMemory(word)) {
      return absl::InvalidArgumentError("argument must be a memory or percent value");
    }
    return CanonicalMemory(directive, word);
  }
  const absl::optional<int64_t> percent = ParseInt64(word.substr(0, word.size() - 1));
  if (!percent || *percent < 0) {
    return absl::InvalidArgumentError("argument must be a memory or percent value");
  }
  if (*percent > 100) {
    return absl::InvalidArgumentError("percentage argument must be less or equal to 100");
  }
  return std::string(word);
}

absl::StatusOr<std::string> CanonicalChoice(const Directive& directive, absl::string_view word) {
  for (absl::string_view choice : directive.choices) {
    if (absl::EqualsIgnoreCase(word, choice)) return std::string(choice);
  }
  const std::vector<absl::string_view> choices(directive.choices.begin(), directive.choices.end());
  return absl::InvalidArgumentError(
      absl::StrCat("argument(s) must be one of the following: ", absl::StrJoin(choices, ", ")));
}

template <typename Number>
Number ToNumber(const Directive& directive, absl::string_view value) {
  Number number = 0;
  if (directive.kind == ValueKind::kOctal) {
    number = static_cast<Number>(ParseOctal(value).value_or(0));
  } else {
    CHECK(absl::SimpleAtoi(value, &number));
  }
  return number;
}

}  // namespace

size_t IndexOf(const Directive& directive) {
  const auto index = static_cast<size_t>(&directive - AllDirectives().data());
  CHECK(index < AllDirectives().size());
  return index;
}

const Directive* FindDirective(absl::string_view name) {
  for (const Directive& directive : AllDirectives()) {
    if (absl::EqualsIgnoreCase(directive.name, name) ||
        (!directive.alias.empty() && absl::EqualsIgnoreCase(directive.alias, name))) {
      return &directive;
    }
  }
  return nullptr;
}

absl::string_view NearestDirectiveName(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  const size_t tolerable = TolerableDistance(lower.size());
  absl::string_view nearest;
  size_t nearest_distance = tolerable + 1;
  for (const Directive& directive : AllDirectives()) {
    for (absl::string_view candidate : {directive.name, directive.alias}) {
      // The difference in length is a lower bound of the distance.
      const size_t longer = std::max(candidate.size(), lower.size());
      const size_t shorter = std::min(candidate.size(), lower.size());
      if (candidate.empty() || longer - shorter >= nearest_distance) continue;
      const size_t distance = EditDistance(lower, candidate);
      if (distance >= nearest_distance) continue;
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

absl::StatusOr<std::string> CanonicalValue(const Directive& directive, Words words,
                                           absl::string_view current) {
  if (!directive.is(kManyWords) && words.size() != 1) {
    return absl::InvalidArgumentError("wrong number of arguments");
  }
  switch (directive.kind) {
    case ValueKind::kBool:
      return CanonicalBool(words[0]);
    case ValueKind::kInteger:
      return CanonicalInteger(directive, words[0]);
    case ValueKind::kOctal:
      return CanonicalOctal(directive, words[0]);
    case ValueKind::kMemory:
      return CanonicalMemory(directive, words[0]);
    case ValueKind::kMemoryOrPercent:
      return CanonicalMemoryOrPercent(directive, words[0]);
    case ValueKind::kString:
      return absl::StrJoin(words, " ");
    case ValueKind::kChoice:
      return CanonicalChoice(directive, words[0]);
    case ValueKind::kFunction:
      return directive.canonical(words, current);
  }
  CHECK(false);
}

void StoreValue(const Directive& directive, absl::string_view value, Settings& settings) {
  const auto store = [&](auto field) {
    using Field = decltype(field);
    if constexpr (std::is_same_v<Field, StoreFunction>) {
      field(settings, value);
    } else if constexpr (std::is_same_v<Field, bool Settings::*>) {
      settings.*field = value == "yes";
    } else if constexpr (std::is_same_v<Field, std::string Settings::*>) {
      settings.*field = std::string(value);
    } else if constexpr (!std::is_same_v<Field, std::monostate>) {
      using Number = std::remove_reference_t<decltype(settings.*field)>;
      settings.*field = ToNumber<Number>(directive, value);
    }
  };
  std::visit(store, directive.field);
}

}  // namespace holdfast
