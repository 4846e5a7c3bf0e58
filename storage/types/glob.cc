#include "storage/types/glob.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"

namespace holdfast {
namespace {

// Reads a pattern one unit (a byte, '?', an escape, a bracket) at a time.
class Unit {
 public:
  Unit(absl::string_view pattern, GlobOptions options) : pattern_(pattern), options_(options) {}

  // Whether the unit at `at` matches `byte`; moves `at` behind the unit if so.
  bool Match(size_t& at, char byte) const {
    switch (pattern_[at]) {
      case '?':
        ++at;
        return true;
      case '[':
        return MatchBracket(at, byte);
      default: {
        const size_t literal = pattern_[at] == '\\' && at + 1 < pattern_.size() ? at + 1 : at;
        if (!Same(pattern_[literal], byte)) return false;
        at = literal + 1;
        return true;
      }
    }
  }

 private:
  char Fold(char byte) const {
    return options_.ignore_case ? absl::ascii_tolower(static_cast<unsigned char>(byte)) : byte;
  }
  bool Same(char left, char right) const { return Fold(left) == Fold(right); }

  bool InRange(char from, char to, char byte) const {
    // The ends change places before letters are folded, and bytes from 128 up count as negative:
    // both follow from how Redis compares, and both show.
    if (static_cast<signed char>(from) > static_cast<signed char>(to)) std::swap(from, to);
    const auto folded = static_cast<signed char>(Fold(byte));
    return folded >= static_cast<signed char>(Fold(from)) &&
           folded <= static_cast<signed char>(Fold(to));
  }

  bool MatchBracket(size_t& at, char byte) const {
    size_t next = at + 1;
    const bool negated = next < pattern_.size() && pattern_[next] == '^';
    if (negated) ++next;
    bool found = false;
    while (next < pattern_.size() && pattern_[next] != ']') {
      const size_t left = pattern_.size() - next;
      if (pattern_[next] == '\\' && left >= 2) {
        found |= pattern_[next + 1] == byte;
        next += 2;
      } else if (left >= 3 && pattern_[next + 1] == '-') {
        found |= InRange(pattern_[next], pattern_[next + 2], byte);
        next += 3;
      } else {
        found |= Same(pattern_[next], byte);
        ++next;
      }
    }
    if (found == negated) return false;
    at = next < pattern_.size() ? next + 1 : next;
    return true;
  }

  absl::string_view pattern_;
  GlobOptions options_;
};

}  // namespace

bool GlobMatch(absl::string_view pattern, absl::string_view text, GlobOptions options) {
  if (text.empty()) return pattern.empty();
  const Unit unit(pattern, options);
  // Where to go on after a mismatch: behind the last star, which then takes one byte more.
  struct Retry {
    size_t pattern_at;
    size_t text_at;
  };
  std::optional<Retry> retry;
  size_t at = 0;
  size_t text_at = 0;
  while (text_at < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      while (at < pattern.size() && pattern[at] == '*') ++at;
      if (at == pattern.size()) return true;
      retry = Retry{.pattern_at = at, .text_at = text_at};
    } else if (at < pattern.size() && unit.Match(at, text[text_at])) {
      ++text_at;
    } else if (retry) {
      at = retry->pattern_at;
      text_at = ++retry->text_at;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace holdfast
