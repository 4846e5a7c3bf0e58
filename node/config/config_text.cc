#include "node/config/config_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "net/resp/inline_request.h"

namespace holdfast {

bool ConfigLine::Parse(absl::string_view line) {
  words.clear();
  line = absl::StripAsciiWhitespace(line);
  if (line.empty() || line.front() == '#') return true;
  return SplitInlineRequest(line, words, unquoted_words);
}

std::vector<absl::string_view> SplitLines(absl::string_view text) {
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  // A view of nothing, unlike an empty one, splits into no parts.
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string QuoteWord(absl::string_view word) {
  const auto is_plain = [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != '"' && c != '\'' &&
           c != '\\' && c != '#';
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
  std::string quoted = "\"";
  for (char c : word) {
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", absl::string_view(&c, 1));
    } else if (absl::ascii_isprint(static_cast<unsigned char>(c))) {
      quoted.push_back(c);
    } else {
      absl::StrAppendFormat(&quoted, "\\x%02x", static_cast<unsigned char>(c));
    }
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace holdfast
