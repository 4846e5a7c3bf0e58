#include "net/resp/inline_request.h"

#include "absl/strings/ascii.h"

namespace holdfast {
namespace {

// What ends an unquoted word. Vertical tab and form feed separate words without ending one, as in
// Redis.
bool EndsWord(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

unsigned HexValue(char c) {
  if (absl::ascii_isdigit(c)) return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>(absl::ascii_tolower(c) - 'a' + 10);
}

char Unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Takes one escape sequence or plain byte of a quoted part off the front of `rest`; not empty.
char TakeQuotedByte(absl::string_view& rest, char quote) {
  size_t taken = 1;
  char byte = rest[0];
  if (byte == '\\' && rest.size() > 1) {
    if (quote == '\'') {
      if (rest[1] == '\'') byte = rest[1], taken = 2;
    } else if (rest.size() > 3 && rest[1] == 'x' && absl::ascii_isxdigit(rest[2]) &&
               absl::ascii_isxdigit(rest[3])) {
      byte = static_cast<char>(HexValue(rest[2]) * 16 + HexValue(rest[3]));
      taken = 4;
    } else {
      byte = Unescaped(rest[1]);
      taken = 2;
    }
  }
  rest.remove_prefix(taken);
  return byte;
}

// Takes a word with quotes off the front of `rest`. False if the quotes do not balance.
bool TakeQuotedWord(absl::string_view& rest, std::string& word) {
  while (!rest.empty() && !EndsWord(rest.front())) {
    const char byte = rest.front();
    rest.remove_prefix(1);
    if (byte != '"' && byte != '\'') {
      word.push_back(byte);
      continue;
    }
    const char quote = byte;
    while (!rest.empty() && rest.front() != quote) word.push_back(TakeQuotedByte(rest, quote));
    if (rest.empty()) return false;
    rest.remove_prefix(1);
    return rest.empty() || absl::ascii_isspace(rest.front());
  }
  return true;
}

}  // namespace

bool SplitInlineRequest(absl::string_view line, std::vector<absl::string_view>& words,
                        std::forward_list<std::string>& storage) {
  absl::string_view rest = line;
  for (;;) {
    rest = absl::StripLeadingAsciiWhitespace(rest);
    if (rest.empty()) return true;
    size_t plain = 0;
    while (plain < rest.size() && !EndsWord(rest[plain]) && rest[plain] != '"' &&
           rest[plain] != '\'') {
      ++plain;
    }
    if (plain == rest.size() || EndsWord(rest[plain])) {
      words.push_back(rest.substr(0, plain));
      rest.remove_prefix(plain);
      continue;
    }
    std::string& word = storage.emplace_front();
    if (!TakeQuotedWord(rest, word)) return false;
    words.push_back(word);
  }
}

}  // namespace holdfast
