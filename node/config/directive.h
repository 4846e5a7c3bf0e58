// Directive: one row of the table that knows every name a configuration may contain.
//
// A value has one canonical spelling: what CONFIG GET answers. A row says how words become that
// spelling (kind, range, choices, or a function of its own) and where it goes in Settings. Config
// stores canonical spellings only, so GET, SET, REWRITE and loading cannot disagree about a value.
//
//   words of a line -> Canonical() -> "1073741824" -> field -> Settings::maxmemory_bytes
//
// What becomes of a directive is its treatment:
//   honoured   it does what Redis documents
//   mapped     it is translated into a directive of ours; `reason` says which
//   accepted   it is checked and remembered and changes nothing here; `reason` says why
//   refused    any value but the default is an error; `reason` is its text
//
// 1. Names and aliases are unique, lower case, and sorted by neither: the table is in reading
// order.
// 2. `default_value` is canonical.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "node/config/settings.h"

namespace holdfast {

enum class ValueKind : uint8_t {
  kBool,
  kInteger,
  kOctal,
  kMemory,           // bytes, with units
  kMemoryOrPercent,  // the same or "5%"
  kString,
  kChoice,    // one of `choices`
  kFunction,  // `canonical` decides
};

enum class Treatment : uint8_t { kHonoured, kMapped, kAccepted, kRefused };

enum DirectiveFlag : uint32_t {
  kImmutable = 1 << 0,   // not to be changed by CONFIG SET
  kProtected = 1 << 1,   // by CONFIG SET only if enable-protected-configs says so
  kHidden = 1 << 2,      // CONFIG GET shows it only when it is asked for by its full name
  kSensitive = 1 << 3,   // its value does not belong into logs
  kManyWords = 1 << 4,   // takes several words
  kRepeatable = 1 << 5,  // lines of one source add up instead of replacing each other
  kFileOnly = 1 << 6,    // unknown to CONFIG GET and SET
};

// Both edges included.
struct ValueRange {
  int64_t lowest = std::numeric_limits<int64_t>::min();
  uint64_t highest = std::numeric_limits<int64_t>::max();
};

using Words = absl::Span<const absl::string_view>;
// The canonical spelling of `words`, which continue `current` where lines add up. The error's
// message is the one that Redis gives.
using CanonicalFunction = absl::StatusOr<std::string> (*)(Words words, absl::string_view current);
// Stores a canonical value.
using StoreFunction = void (*)(Settings& settings, absl::string_view value);
using SettingsField = std::variant<std::monostate, bool Settings::*, int Settings::*,
                                   int64_t Settings::*, uint32_t Settings::*, uint64_t Settings::*,
                                   std::string Settings::*, StoreFunction>;

struct Directive {
  absl::string_view name;
  absl::string_view default_value;
  ValueKind kind = ValueKind::kString;
  ValueRange range;
  absl::Span<const absl::string_view> choices;
  CanonicalFunction canonical = nullptr;
  absl::string_view alias;
  uint32_t flags = 0;
  Treatment treatment = Treatment::kHonoured;
  absl::string_view reason;
  SettingsField field;

  bool is(uint32_t flag) const { return (flags & flag) != 0; }

  // The rest of a row, to be chained in the table.
  constexpr Directive Alias(absl::string_view older_name) const {
    Directive row = *this;
    row.alias = older_name;
    return row;
  }
  constexpr Directive With(uint32_t more_flags) const {
    Directive row = *this;
    row.flags |= more_flags;
    return row;
  }
  constexpr Directive Sets(SettingsField settings_field) const {
    Directive row = *this;
    row.field = settings_field;
    return row;
  }
  constexpr Directive Mapped(absl::string_view to) const { return Treated(Treatment::kMapped, to); }
  constexpr Directive Accepted(absl::string_view why) const {
    return Treated(Treatment::kAccepted, why);
  }
  constexpr Directive Refused(absl::string_view why) const {
    return Treated(Treatment::kRefused, why);
  }

 private:
  constexpr Directive Treated(Treatment new_treatment, absl::string_view why) const {
    Directive row = *this;
    row.treatment = new_treatment;
    row.reason = why;
    return row;
  }
};

// In reading order. A row's place in it is its identity.
absl::Span<const Directive> AllDirectives();
size_t IndexOf(const Directive& directive);

// By name or alias, in any case; null if there is none.
const Directive* FindDirective(absl::string_view name);

// The name or alias that a typing error most likely turned into `name`, by the number of letters
// inserted, dropped, replaced or swapped; empty if none is near.
absl::string_view NearestDirectiveName(absl::string_view name);

// The canonical spelling of a directive's words, or Redis's error text. Says nothing about the
// treatment: a refused directive has canonical values too.
absl::StatusOr<std::string> CanonicalValue(const Directive& directive, Words words,
                                           absl::string_view current);

// Puts a canonical value where the row's field says.
void StoreValue(const Directive& directive, absl::string_view value, Settings& settings);

}  // namespace holdfast
