#include "node/commands/command_syntax.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace holdfast {
namespace {

using Elements = std::vector<SyntaxArgument>;

// A lexeme is one of "[", "]", "(", ")", "|", "..." or a word.
std::vector<absl::string_view> Lexemes(absl::string_view text) {
  std::vector<absl::string_view> lexemes;
  size_t start = 0;
  const auto flush = [&](size_t end) {
    if (end > start) lexemes.push_back(text.substr(start, end - start));
    start = end + 1;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') {
      flush(i);
    } else if (absl::string_view("[]()|").find(text[i]) != absl::string_view::npos) {
      flush(i);
      lexemes.push_back(text.substr(i, 1));
    }
  }
  flush(text.size());
  return lexemes;
}

bool IsWord(absl::string_view lexeme) {
  return absl::ascii_isalpha(static_cast<unsigned char>(lexeme[0]));
}

bool IsToken(absl::string_view lexeme) {
  return IsWord(lexeme) && absl::ascii_isupper(static_cast<unsigned char>(lexeme[0]));
}

class SyntaxParser {
 public:
  explicit SyntaxParser(absl::string_view text) : lexemes_(Lexemes(text)) {}

  std::optional<Elements> Parse() {
    auto elements = Sequence();
    if (!elements || position_ != lexemes_.size()) return std::nullopt;
    return elements;
  }

 private:
  absl::string_view Peek() const {
    return position_ < lexemes_.size() ? lexemes_[position_] : absl::string_view();
  }
  bool Take(absl::string_view lexeme) {
    if (Peek() != lexeme) return false;
    ++position_;
    return true;
  }
  bool AtEnd() const { return Peek().empty() || Peek() == "|" || Peek() == ")" || Peek() == "]"; }

  std::optional<Elements> Sequence() {
    Elements elements;
    while (!AtEnd()) {
      auto element = Element();
      if (!element) return std::nullopt;
      element->repeated |= Take("...");
      elements.push_back(*std::move(element));
    }
    return elements;
  }

  std::optional<SyntaxArgument> Element() {
    if (Take("(")) return Group(")");
    if (Take("[")) {
      auto group = Group("]");
      if (group) group->optional = true;
      return group;
    }
    if (!IsWord(Peek())) return std::nullopt;
    if (!IsToken(Peek())) return Word();
    const absl::string_view token = lexemes_[position_++];
    SyntaxArgument argument{.name = absl::AsciiStrToLower(token), .type = "pure-token"};
    if (Peek() == "(" || (!AtEnd() && IsWord(Peek()) && !IsToken(Peek()))) {
      const bool is_group = Peek() == "(";
      auto introduced = Element();
      if (!introduced) return std::nullopt;
      if (is_group) introduced->name = std::move(argument.name);
      argument = *std::move(introduced);
    }
    argument.token = token;
    return argument;
  }

  SyntaxArgument Word() {
    // Only the last colon separates: ip:port is a name, too.
    const absl::string_view word = lexemes_[position_++];
    if (word == "key") return {.name = "key", .type = "key"};
    for (const absl::string_view type :
         {"key", "integer", "double", "pattern", "unix-time", "string"}) {
      const std::string suffix = absl::StrCat(":", type);
      if (word.size() > suffix.size() && word.substr(word.size() - suffix.size()) == suffix) {
        return {.name = std::string(word.substr(0, word.size() - suffix.size())),
                .type = std::string(type)};
      }
    }
    return {.name = std::string(word), .type = "string"};
  }

  // Behind the opening bracket. A group of one element is that element.
  std::optional<SyntaxArgument> Group(absl::string_view closing) {
    Elements alternatives;
    do {
      auto sequence = Sequence();
      if (!sequence || sequence->empty()) return std::nullopt;
      alternatives.push_back(Collapse("block", *std::move(sequence)));
    } while (Take("|"));
    if (!Take(closing)) return std::nullopt;
    return Collapse("oneof", std::move(alternatives));
  }

  static SyntaxArgument Collapse(absl::string_view type, Elements elements) {
    if (elements.size() == 1) return std::move(elements[0]);
    std::string name;
    for (const SyntaxArgument& element : elements) {
      absl::StrAppend(&name, name.empty() ? "" : "-", element.name);
    }
    return {.name = std::move(name), .type = std::string(type), .members = std::move(elements)};
  }

  const std::vector<absl::string_view> lexemes_;
  size_t position_ = 0;
};

}  // namespace

std::optional<Elements> ParseSyntax(absl::string_view syntax) {
  return SyntaxParser(syntax).Parse();
}

std::string UsageOf(absl::string_view syntax) {
  std::string usage(syntax);
  for (const absl::string_view type : {"key", "integer", "double", "pattern", "unix-time"}) {
    const std::string suffix = absl::StrCat(":", type);
    for (size_t at = usage.find(suffix); at != std::string::npos; at = usage.find(suffix, at)) {
      usage.erase(at, suffix.size());
    }
  }
  return usage;
}

}  // namespace holdfast
