// Configuration text: lines to words and back.
//
//   # a comment                        a line that starts with '#', or is blank, says nothing
//   save 3600 1 300 100                words are separated by blanks
//   requirepass "two words\n\x00"      quotes and escapes as in inline requests
//
// A '#' later in a line is a byte like any other, as in Redis.
#pragma once

#include <forward_list>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace holdfast {

// The words of one line. Not to be moved or copied: views may point at the unquoted words it owns,
// others point into the line.
struct ConfigLine {
  std::vector<absl::string_view> words;
  std::forward_list<std::string> unquoted_words;

  // False if quotes are unbalanced. No words: the line says nothing.
  bool Parse(absl::string_view line);
};

// Lines without their ends; the end of the text ends a line, and an end of line before it starts no
// further one.
std::vector<absl::string_view> SplitLines(absl::string_view text);

// `word` as Parse reads it back: bare if it can be, else in double quotes.
std::string QuoteWord(absl::string_view word);

}  // namespace holdfast
