#include "net/resp/reply_value.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

void AppendValue(const ReplyValue& value, const std::string& indent, std::string& out);

// How an aggregate calls itself when empty, and what follows its element numbers.
struct AggregateStyle {
  const char* empty_text;
  const char* separator;
};

AggregateStyle StyleOf(ReplyValue::Kind kind) {
  switch (kind) {
    case ReplyValue::Kind::kMap:
      return {"(empty hash)", "# "};
    case ReplyValue::Kind::kSet:
      return {"(empty set)", "~ "};
    case ReplyValue::Kind::kPush:
      return {"(empty push)", ") "};
    default:
      return {"(empty array)", ") "};
  }
}

// Numbers the elements, right-aligned; all lines but the first are indented by `indent`.
void AppendElements(const ReplyValue& value, const std::string& indent, std::string& out) {
  const AggregateStyle style = StyleOf(value.kind);
  if (value.children.empty()) {
    out.append(style.empty_text);
    return;
  }
  const size_t stride = value.kind == ReplyValue::Kind::kMap ? 2 : 1;
  const size_t number_width = absl::StrCat(value.children.size() / stride).size();
  const std::string inner_indent = indent + std::string(number_width + 2, ' ');
  for (size_t i = 0; i < value.children.size(); i += stride) {
    if (i > 0) absl::StrAppend(&out, "\n", indent);
    const std::string number = absl::StrCat(i / stride + 1);
    out.append(number_width - number.size(), ' ');
    absl::StrAppend(&out, number, style.separator);
    AppendValue(value.children[i], inner_indent, out);
    if (stride == 2) {
      out.append(" => ");
      AppendValue(value.children[i + 1], inner_indent, out);
    }
  }
}

void AppendValue(const ReplyValue& value, const std::string& indent, std::string& out) {
  using Kind = ReplyValue::Kind;
  switch (value.kind) {
    case Kind::kError:
    case Kind::kBulkError:
      absl::StrAppend(&out, "(error) ", value.text);
      return;
    case Kind::kInteger:
      absl::StrAppend(&out, "(integer) ", value.integer);
      return;
    case Kind::kBulk:
      out.append(QuoteBytes(value.text));
      return;
    case Kind::kNull:
    case Kind::kNullArray:
      out.append("(nil)");
      return;
    case Kind::kDouble:
      absl::StrAppend(&out, "(double) ", value.text);
      return;
    case Kind::kBoolean:
      out.append(value.integer != 0 ? "(true)" : "(false)");
      return;
    case Kind::kSimple:
    case Kind::kBigNumber:
    case Kind::kVerbatim:
      out.append(value.text);
      return;
    case Kind::kArray:
    case Kind::kMap:
    case Kind::kSet:
    case Kind::kPush:
      AppendElements(value, indent, out);
      return;
  }
}

}  // namespace

bool ReplyValue::operator==(const ReplyValue& other) const {
  return kind == other.kind && integer == other.integer && text == other.text &&
         children == other.children && attributes == other.attributes;
}

std::string ReplyValue::ToString() const {
  std::string out;
  AppendValue(*this, "", out);
  return out;
}

std::string QuoteBytes(const std::string& bytes) {
  static constexpr char kHexDigits[] = "0123456789abcdef";
  static constexpr absl::string_view kNamed = "\n\r\t\a\b\\\"";
  static constexpr absl::string_view kNames = "nrtab\\\"";
  std::string quoted = "\"";
  for (char c : bytes) {
    const size_t named = kNamed.find(c);
    if (named != absl::string_view::npos) {
      quoted.push_back('\\');
      quoted.push_back(kNames[named]);
    } else if (absl::ascii_isprint(c)) {
      quoted.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      quoted.append("\\x");
      quoted.push_back(kHexDigits[byte >> 4]);
      quoted.push_back(kHexDigits[byte & 15]);
    }
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace holdfast
