// GlobMatch says what a plain recursive reading of the rules says.

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "storage/types/glob.h"

namespace holdfast {
namespace {

char Fold(char byte, bool ignore_case) {
  return ignore_case && byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

// What stands at the start of a pattern: how long it is, and whether it takes a byte.
struct Unit {
  size_t size = 1;
  bool matches = false;
};

Unit ReadBracket(absl::string_view pattern, char byte, bool ignore_case) {
  size_t at = 1;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    const absl::string_view rest = pattern.substr(at);
    if (rest.size() >= 2 && rest[0] == '\\') {
      found = found || rest[1] == byte;
      at += 1;
    } else if (rest.size() >= 3 && rest[1] == '-') {
      const int low = std::min<signed char>(rest[0], rest[2]);
      const int high = std::max<signed char>(rest[0], rest[2]);
      const int wanted = static_cast<signed char>(Fold(byte, ignore_case));
      found = found || (wanted >= Fold(static_cast<char>(low), ignore_case) &&
                        wanted <= Fold(static_cast<char>(high), ignore_case));
      at += 2;
    } else {
      found = found || Fold(rest[0], ignore_case) == Fold(byte, ignore_case);
    }
  }
  return {.size = std::min(at + 1, pattern.size()), .matches = found != negated};
}

Unit ReadUnit(absl::string_view pattern, char byte, bool ignore_case) {
  if (pattern[0] == '?') return {.matches = true};
  if (pattern[0] == '[') return ReadBracket(pattern, byte, ignore_case);
  const size_t literal = pattern[0] == '\\' && pattern.size() > 1 ? 1 : 0;
  return {.size = literal + 1,
          .matches = Fold(pattern[literal], ignore_case) == Fold(byte, ignore_case)};
}

bool Matches(absl::string_view pattern, absl::string_view text, bool ignore_case) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return Matches(pattern.substr(1), text, ignore_case) ||
           (!text.empty() && Matches(pattern, text.substr(1), ignore_case));
  }
  if (text.empty()) return false;
  const Unit unit = ReadUnit(pattern, text[0], ignore_case);
  return unit.matches && Matches(pattern.substr(unit.size), text.substr(1), ignore_case);
}

rc::Gen<std::string> AnyPattern() {
  return rc::gen::resize(
      12, rc::gen::container<std::string>(rc::gen::weightedElement<char>({{3, '*'},
                                                                          {2, '?'},
                                                                          {3, '['},
                                                                          {2, ']'},
                                                                          {2, '-'},
                                                                          {1, '^'},
                                                                          {1, '\\'},
                                                                          {4, 'a'},
                                                                          {4, 'b'},
                                                                          {2, 'C'},
                                                                          {1, '\x80'}})));
}

// Every text of one to four bytes that could make a difference.
std::vector<std::string> ShortTexts() {
  std::vector<std::string> texts = {""};
  for (size_t from = 0, length = 1; length <= 4; ++length) {
    const size_t to = texts.size();
    for (; from < to; ++from) {
      for (char byte : {'a', 'b', 'C', '-', '\x80'}) texts.push_back(texts[from] + byte);
    }
  }
  texts.erase(texts.begin());
  return texts;
}

RC_GTEST_PROP(GlobProperty, AgreesWithARecursiveMatcher, (bool ignore_case)) {
  static const std::vector<std::string> texts = ShortTexts();
  const std::string pattern = *AnyPattern();
  bool any = false;
  for (const std::string& text : texts) {
    const bool expected = Matches(pattern, text, ignore_case);
    any |= expected;
    RC_ASSERT(GlobMatch(pattern, text, {.ignore_case = ignore_case}) == expected);
  }
  RC_CLASSIFY(any, "matches a short text");
}

RC_GTEST_PROP(GlobProperty, EscapedTextMatchesItselfOnly, (const std::string& text)) {
  std::string pattern;
  for (char byte : text) pattern += std::string("\\") + byte;
  RC_ASSERT(GlobMatch(pattern, text));
  RC_ASSERT(!GlobMatch(pattern, text + "x"));
}

}  // namespace
}  // namespace holdfast
