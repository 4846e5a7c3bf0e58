#include "tests/support/reply_notation.h"

#include <regex.h>

#include <algorithm>
#include <forward_list>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "net/base/status.h"
#include "net/resp/inline_request.h"

namespace holdfast {
namespace {

using Kind = ReplyValue::Kind;
using PatternPtr = std::unique_ptr<ReplyPattern>;

struct AggregateStyle {
  Kind kind;
  char mark;  // behind the element's number
  const char* empty;
};
constexpr AggregateStyle kAggregateStyles[] = {
    {Kind::kArray, ')', "(empty array)"},
    {Kind::kMap, '#', "(empty map)"},
    {Kind::kSet, '~', "(empty set)"},
    {Kind::kPush, '>', "(empty push)"},
};

const AggregateStyle* StyleOf(Kind kind) {
  const auto* style = std::find_if(std::begin(kAggregateStyles), std::end(kAggregateStyles),
                                   [kind](const AggregateStyle& s) { return s.kind == kind; });
  return style == std::end(kAggregateStyles) ? nullptr : style;
}

const AggregateStyle* StyleMarked(char mark) {
  const auto* style = std::find_if(std::begin(kAggregateStyles), std::end(kAggregateStyles),
                                   [mark](const AggregateStyle& s) { return s.mark == mark; });
  return style == std::end(kAggregateStyles) ? nullptr : style;
}

// Whether a simple string can stand for itself without being taken for something else.
bool ReadsAsItself(absl::string_view text) {
  return !text.empty() && absl::ascii_isalpha(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == ' ' || c == '_' || c == '-' || c == '.';
         });
}

std::string ErrorText(const std::string& text) {
  const std::string quoted = QuoteBytes(text);
  // Quotes and backslashes are common in error texts and harmless inside a line.
  const bool printable =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isprint(c); });
  return printable && !absl::StartsWith(text, "\"") ? text : quoted;
}

std::string FormatScalar(const ReplyValue& reply) {
  switch (reply.kind) {
    case Kind::kSimple:
      return ReadsAsItself(reply.text) ? reply.text
                                       : absl::StrCat("(simple) ", QuoteBytes(reply.text));
    case Kind::kError:
      return absl::StrCat("(error) ", ErrorText(reply.text));
    case Kind::kBulkError:
      return absl::StrCat("(bulk error) ", ErrorText(reply.text));
    case Kind::kInteger:
      return absl::StrCat("(integer) ", reply.integer);
    case Kind::kBulk:
      return QuoteBytes(reply.text);
    case Kind::kNull:
      return "(nil)";
    case Kind::kNullArray:
      return "(nil array)";
    case Kind::kDouble:
      return absl::StrCat("(double) ", reply.text);
    case Kind::kBoolean:
      return reply.integer != 0 ? "(true)" : "(false)";
    case Kind::kBigNumber:
      return absl::StrCat("(big number) ", reply.text);
    case Kind::kVerbatim:
      return absl::StrCat("(verbatim) ", QuoteBytes(reply.text));
    default:
      return StyleOf(reply.kind)->empty;
  }
}

void AppendReply(const ReplyValue& reply, size_t column, std::string& out) {
  const AggregateStyle* style = StyleOf(reply.kind);
  if (style == nullptr || reply.children.empty()) {
    out += FormatScalar(reply);
    return;
  }
  const size_t stride = reply.kind == Kind::kMap ? 2 : 1;
  for (size_t i = 0; i < reply.children.size(); i += stride) {
    if (i > 0) absl::StrAppend(&out, "\n", std::string(column, ' '));
    const std::string number = absl::StrCat(i / stride + 1, std::string(1, style->mark), " ");
    absl::StrAppend(&out, number);
    size_t inner_column = column + number.size();
    if (stride == 2) {
      const std::string key = absl::StrCat(FormatScalar(reply.children[i]), " => ");
      absl::StrAppend(&out, key);
      inner_column += key.size();
    }
    AppendReply(reply.children[i + stride - 1], inner_column, out);
  }
}

class ExactText : public ReplyPattern {
 public:
  explicit ExactText(std::string text) : text_(std::move(text)) {}
  bool Matches(const ReplyValue& reply) const override { return FormatReply(reply) == text_; }

 private:
  const std::string text_;
};

class Anything : public ReplyPattern {
 public:
  bool Matches(const ReplyValue&) const override { return true; }
};

class IntegerRange : public ReplyPattern {
 public:
  struct Ends {
    int64_t low = 0;
    int64_t high = 0;
  };
  explicit IntegerRange(Ends ends) : ends_(ends) {}
  bool Matches(const ReplyValue& reply) const override {
    return reply.kind == Kind::kInteger && ends_.low <= reply.integer &&
           reply.integer <= ends_.high;
  }

 private:
  const Ends ends_;
};

class HasTexts : public ReplyPattern {
 public:
  explicit HasTexts(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  bool Matches(const ReplyValue& reply) const override {
    return std::all_of(texts_.begin(), texts_.end(), [&](const std::string& text) {
      return absl::StrContains(reply.text, text);
    });
  }

 private:
  const std::vector<std::string> texts_;
};

class WholeRegex : public ReplyPattern {
 public:
  static absl::StatusOr<PatternPtr> Compile(absl::string_view regex) {
    auto pattern = std::make_unique<WholeRegex>();
    const std::string whole = absl::StrCat("^(", regex, ")$");
    if (regcomp(&pattern->compiled_, whole.c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
      return absl::InvalidArgumentError(absl::StrCat("not a POSIX extended regex: ", regex));
    }
    pattern->is_compiled_ = true;
    return pattern;
  }
  ~WholeRegex() override {
    if (is_compiled_) regfree(&compiled_);
  }
  bool Matches(const ReplyValue& reply) const override {
    return regexec(&compiled_, FormatReply(reply).c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_;
  bool is_compiled_ = false;
};

class Aggregate : public ReplyPattern {
 public:
  Aggregate(Kind kind, bool any_order) : kind_(kind), any_order_(any_order) {}
  void Add(PatternPtr element) { elements_.push_back(std::move(element)); }
  bool Matches(const ReplyValue& reply) const override {
    if (reply.kind != kind_ || reply.children.size() != elements_.size()) return false;
    if (any_order_) return MatchesInAnyOrder(reply);
    for (size_t i = 0; i < elements_.size(); ++i) {
      if (!elements_[i]->Matches(reply.children[i])) return false;
    }
    return true;
  }

 private:
  // Each pattern takes the first unit (element, or pair of a map) that is left: exact elements need
  // no more, and overlapping patterns are not worth a matching algorithm.
  bool MatchesInAnyOrder(const ReplyValue& reply) const {
    const size_t stride = kind_ == Kind::kMap ? 2 : 1;
    std::vector<bool> taken(elements_.size(), false);
    for (size_t i = 0; i < elements_.size(); i += stride) {
      size_t unit = 0;
      while (unit < elements_.size() && (taken[unit] || !MatchesUnit(reply, i, unit))) {
        unit += stride;
      }
      if (unit >= elements_.size()) return false;
      taken[unit] = true;
    }
    return true;
  }
  bool MatchesUnit(const ReplyValue& reply, size_t pattern, size_t unit) const {
    const size_t stride = kind_ == Kind::kMap ? 2 : 1;
    for (size_t i = 0; i < stride; ++i) {
      if (!elements_[pattern + i]->Matches(reply.children[unit + i])) return false;
    }
    return true;
  }

  const Kind kind_;
  const bool any_order_;
  std::vector<PatternPtr> elements_;
};

// Reads "12) " from the front of `text`: the number, and the style that its mark names.
struct ElementNumber {
  size_t number = 0;
  const AggregateStyle* style = nullptr;
  size_t width = 0;
};
absl::optional<ElementNumber> ReadElementNumber(absl::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[digits]))) {
    ++digits;
  }
  if (digits == 0 || text.size() < digits + 2 || text[digits + 1] != ' ') return absl::nullopt;
  ElementNumber element{.style = StyleMarked(text[digits]), .width = digits + 2};
  if (element.style == nullptr || !absl::SimpleAtoi(text.substr(0, digits), &element.number)) {
    return absl::nullopt;
  }
  return element;
}

// A cursor over lines: patterns nest by column, so each value knows where it starts.
class PatternReader {
 public:
  explicit PatternReader(absl::Span<const std::string> lines) : lines_(lines) {}

  absl::StatusOr<std::vector<PatternPtr>> ReadAll() {
    std::vector<PatternPtr> patterns;
    while (line_ < lines_.size()) {
      column_ = 0;
      ASSIGN_OR_RETURN(PatternPtr pattern, ReadValue());
      patterns.push_back(std::move(pattern));
    }
    return patterns;
  }

 private:
  absl::string_view rest() const { return absl::string_view(lines_[line_]).substr(column_); }

  absl::StatusOr<PatternPtr> ReadValue() {
    bool any_order = false;
    if (rest() == "(any order)") {
      any_order = true;
      const size_t column = column_;
      if (++line_ == lines_.size() || IndentOf(lines_[line_]) != column) {
        return absl::InvalidArgumentError("(any order) is not followed by an aggregate");
      }
    }
    if (ReadElementNumber(rest()).has_value()) return ReadAggregate(any_order);
    ASSIGN_OR_RETURN(PatternPtr pattern, ReadScalar(rest()));
    ++line_;
    return pattern;
  }

  absl::StatusOr<PatternPtr> ReadAggregate(bool any_order) {
    const size_t column = column_;
    const AggregateStyle* style = ReadElementNumber(rest())->style;
    auto aggregate = std::make_unique<Aggregate>(style->kind, any_order);
    for (size_t count = 1; line_ < lines_.size(); ++count) {
      if (count > 1 && IndentOf(lines_[line_]) != column) break;
      column_ = column;
      const absl::optional<ElementNumber> element = ReadElementNumber(rest());
      if (count > 1 && (!element.has_value() || element->number == 1)) break;
      if (!element.has_value() || element->style != style || element->number != count) {
        return absl::InvalidArgumentError(
            absl::StrCat("expected element ", count, " at: ", lines_[line_]));
      }
      column_ += element->width;
      if (style->kind == Kind::kMap) RETURN_IF_ERROR(ReadMapKey(*aggregate));
      ASSIGN_OR_RETURN(PatternPtr value, ReadValue());
      aggregate->Add(std::move(value));
    }
    return aggregate;
  }

  absl::Status ReadMapKey(Aggregate& map) {
    const absl::string_view text = rest();
    const size_t end = text.find(" => ");
    if (end == absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("no \" => \" in: ", text));
    }
    ASSIGN_OR_RETURN(PatternPtr key, ReadScalar(text.substr(0, end)));
    map.Add(std::move(key));
    column_ += end + 4;
    return absl::OkStatus();
  }

  static size_t IndentOf(absl::string_view line) {
    return std::min(line.find_first_not_of(' '), line.size());
  }

  static absl::StatusOr<PatternPtr> ReadScalar(absl::string_view text) {
    if (text == "(any)") return std::make_unique<Anything>();
    if (absl::ConsumePrefix(&text, "~ ")) return WholeRegex::Compile(text);
    if (absl::ConsumePrefix(&text, "(has ")) return ReadHas(text);
    if (absl::StartsWith(text, "(integer ")) return ReadRange(text);
    return std::make_unique<ExactText>(std::string(text));
  }

  static absl::StatusOr<PatternPtr> ReadHas(absl::string_view text) {
    std::vector<std::string> needles;
    while (text != ")") {
      ASSIGN_OR_RETURN(std::string needle, TakeQuoted(text));
      needles.push_back(std::move(needle));
      absl::ConsumePrefix(&text, " ");
    }
    return std::make_unique<HasTexts>(std::move(needles));
  }

  static absl::StatusOr<PatternPtr> ReadRange(absl::string_view text) {
    const absl::string_view whole = text;
    absl::ConsumePrefix(&text, "(integer ");
    absl::ConsumeSuffix(&text, ")");
    const std::pair<absl::string_view, absl::string_view> ends = absl::StrSplit(text, "..");
    IntegerRange::Ends range;
    if (!absl::SimpleAtoi(ends.first, &range.low) || !absl::SimpleAtoi(ends.second, &range.high)) {
      return absl::InvalidArgumentError(absl::StrCat("expected (integer LOW..HIGH): ", whole));
    }
    return std::make_unique<IntegerRange>(range);
  }

  const absl::Span<const std::string> lines_;
  size_t line_ = 0;
  size_t column_ = 0;
};

}  // namespace

std::string FormatReply(const ReplyValue& reply) {
  std::string out;
  AppendReply(reply, 0, out);
  return out;
}

absl::StatusOr<std::vector<PatternPtr>> ParseReplyPatterns(absl::Span<const std::string> lines) {
  return PatternReader(lines).ReadAll();
}

bool HoldsPattern(absl::string_view line) {
  absl::string_view text = absl::StripLeadingAsciiWhitespace(line);
  while (const absl::optional<ElementNumber> element = ReadElementNumber(text)) {
    text.remove_prefix(element->width);
    const size_t key_end = text.find(" => ");
    if (element->style->kind == Kind::kMap && key_end != absl::string_view::npos) {
      text.remove_prefix(key_end + 4);
    }
  }
  return absl::StartsWith(text, "(any") || absl::StartsWith(text, "~ ") ||
         absl::StartsWith(text, "(has ") || absl::StartsWith(text, "(integer ");
}

absl::StatusOr<std::string> TakeQuoted(absl::string_view& text) {
  const absl::Status error =
      absl::InvalidArgumentError(absl::StrCat("expected a text in double quotes: ", text));
  if (!absl::ConsumePrefix(&text, "\"")) return error;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      std::vector<absl::string_view> words;
      std::forward_list<std::string> storage;
      // The opening quote was consumed, so it is just before `text`.
      const absl::string_view quoted(text.data() - 1, i + 2);
      if (!SplitInlineRequest(quoted, words, storage)) return error;
      text.remove_prefix(i + 1);
      return words.empty() ? std::string() : std::string(words[0]);
    }
  }
  return error;
}

}  // namespace holdfast
