#include "net/resp/reply_parser.h"

#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "net/base/status.h"
#include "net/resp/number_text.h"

namespace holdfast {
namespace {

using Kind = ReplyValue::Kind;

absl::Status Malformed(absl::string_view what, absl::string_view line) {
  const std::string shown(line.substr(0, 64));
  return absl::InvalidArgumentError(absl::StrCat("RESP reply: ", what, " in ", QuoteBytes(shown)));
}

absl::StatusOr<double> ReadDouble(absl::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "inf") return kInfinity;
  if (text == "-inf") return -kInfinity;
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  if (text.find_first_not_of("+-.eE0123456789") != absl::string_view::npos ||
      !absl::SimpleAtod(text, &value)) {
    return Malformed("bad double", text);
  }
  return value;
}

bool IsBigNumber(absl::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == absl::string_view::npos;
}

// A frame that is one line; `text` is the line without its type byte.
absl::StatusOr<ReplyValue> ReadScalar(char type, absl::string_view text) {
  ReplyValue value;
  value.text = std::string(text);
  switch (type) {
    case '+':
      value.kind = Kind::kSimple;
      return value;
    case '-':
      value.kind = Kind::kError;
      return value;
    case '(':
      value.kind = Kind::kBigNumber;
      if (!IsBigNumber(text)) return Malformed("bad big number", text);
      return value;
    case ',': {
      value.kind = Kind::kDouble;
      ASSIGN_OR_RETURN(value.real, ReadDouble(text));
      return value;
    }
    case ':': {
      const absl::optional<int64_t> integer = ParseInt64(text);
      if (!integer.has_value()) return Malformed("bad integer", text);
      return ReplyValue{.kind = Kind::kInteger, .integer = *integer};
    }
    case '#':
      if (text != "t" && text != "f") return Malformed("bad boolean", text);
      return ReplyValue{.kind = Kind::kBoolean, .integer = text == "t" ? 1 : 0};
    case '_':
      if (!text.empty()) return Malformed("bad null", text);
      return ReplyValue{.kind = Kind::kNull};
    default:
      return Malformed("unknown type byte", absl::string_view(&type, 1));
  }
}

bool IsAggregate(char type) {
  return absl::string_view("*%~>|").find(type) != absl::string_view::npos;
}

bool IsBulk(char type) { return type == '$' || type == '!' || type == '='; }

Kind AggregateKind(char type) {
  switch (type) {
    case '%':
    case '|':
      return Kind::kMap;
    case '~':
      return Kind::kSet;
    case '>':
      return Kind::kPush;
    default:
      return Kind::kArray;
  }
}

// The length of a bulk or aggregate; -1 only where `type` has a RESP2 null.
absl::StatusOr<int64_t> ReadLength(char type, absl::string_view text, int64_t max) {
  const absl::optional<int64_t> length = ParseInt64(text);
  const int64_t min = type == '$' || type == '*' ? -1 : 0;
  if (!length.has_value() || *length < min || *length > max) return Malformed("bad length", text);
  return *length;
}

}  // namespace

void ReplyParser::Feed(absl::string_view bytes) {
  // Dropping what is parsed only once it is the larger part keeps the moving linear.
  if (position_ > bytes_.size() / 2) {
    bytes_.erase(0, position_);
    position_ = 0;
  }
  bytes_.append(bytes.data(), bytes.size());
}

absl::StatusOr<absl::optional<ReplyValue>> ReplyParser::Next() {
  if (!failure_.ok()) return failure_;
  MaybeReply reply = NextReply();
  if (!reply.ok()) failure_ = reply.status();
  return reply;
}

ReplyParser::MaybeReply ReplyParser::NextReply() {
  for (;;) {
    ASSIGN_OR_RETURN(absl::optional<Frame> frame, TakeFrame());
    if (!frame.has_value()) return absl::optional<ReplyValue>();
    frame->value.attributes = std::exchange(attributes_, {});
    if (frame->elements_left > 0) {
      if (open_.size() == limits::kReplyDepthMax) {
        return absl::InvalidArgumentError("RESP reply: nested too deeply");
      }
      open_.push_back(*std::move(frame));
      continue;
    }
    absl::optional<ReplyValue> reply = Complete(*std::move(frame));
    if (reply.has_value()) return reply;
  }
}

// Puts a whole value where it belongs; returns the reply if that made one whole.
absl::optional<ReplyValue> ReplyParser::Complete(Frame frame) {
  for (;;) {
    if (frame.is_attribute) {
      // It counts as no element. Attributes that described this one join it.
      attributes_ = std::move(frame.value.attributes);
      attributes_.insert(attributes_.end(), std::make_move_iterator(frame.value.children.begin()),
                         std::make_move_iterator(frame.value.children.end()));
      return absl::nullopt;
    }
    if (open_.empty()) return std::move(frame.value);
    Frame& parent = open_.back();
    parent.value.children.push_back(std::move(frame.value));
    if (--parent.elements_left > 0) return absl::nullopt;
    frame = std::move(parent);
    open_.pop_back();
  }
}

ReplyParser::MaybeFrame ReplyParser::TakeFrame() {
  const absl::string_view rest = absl::string_view(bytes_).substr(position_);
  const size_t line_end = rest.find('\r', searched_);
  if (line_end == absl::string_view::npos || line_end + 1 == rest.size()) {
    if (rest.size() > static_cast<size_t>(limits::kBulkMaxDefault)) {
      return Malformed("endless line", rest);
    }
    searched_ = line_end == absl::string_view::npos ? rest.size() : line_end;
    return absl::optional<Frame>();
  }
  if (line_end == 0 || rest[line_end + 1] != '\n') return Malformed("bad line end", rest);
  searched_ = line_end;
  const char type = rest.front();
  const absl::string_view text = rest.substr(1, line_end - 1);
  const size_t next = position_ + line_end + 2;
  if (IsBulk(type)) return TakeBulk(type, text, next);

  Frame frame;
  if (IsAggregate(type)) {
    ASSIGN_OR_RETURN(const int64_t count, ReadLength(type, text, limits::kReplyElementsMax));
    frame.value.kind = count < 0 ? Kind::kNullArray : AggregateKind(type);
    frame.is_attribute = type == '|';
    const size_t per_count = frame.value.kind == Kind::kMap ? 2 : 1;
    if (count > 0) frame.elements_left = per_count * static_cast<size_t>(count);
  } else {
    ASSIGN_OR_RETURN(frame.value, ReadScalar(type, text));
  }
  position_ = next;
  searched_ = 0;
  return absl::optional<Frame>(std::move(frame));
}

// `length_text` is the header's length, the payload starts at `payload_position`.
ReplyParser::MaybeFrame ReplyParser::TakeBulk(char type, absl::string_view length_text,
                                              size_t payload_position) {
  ASSIGN_OR_RETURN(const int64_t length, ReadLength(type, length_text, limits::kBulkMaxDefault));
  Frame frame;
  size_t next = payload_position;
  if (length >= 0) {
    const size_t size = static_cast<size_t>(length);
    next += size + 2;
    if (bytes_.size() < next) return absl::optional<Frame>();
    absl::string_view payload = absl::string_view(bytes_).substr(payload_position, size);
    if (bytes_.compare(next - 2, 2, "\r\n") != 0) return Malformed("bad bulk end", payload);
    frame.value.kind = type == '$' ? Kind::kBulk : Kind::kBulkError;
    if (type == '=') {
      if (size < 4 || payload[3] != ':') return Malformed("bad verbatim format", payload);
      frame.value.kind = Kind::kVerbatim;
      payload.remove_prefix(4);
    }
    frame.value.text = std::string(payload);
  }
  position_ = next;
  searched_ = 0;
  return absl::optional<Frame>(std::move(frame));
}

absl::StatusOr<ReplyValue> ParseReply(absl::string_view bytes) {
  ReplyParser parser;
  parser.Feed(bytes);
  ASSIGN_OR_RETURN(absl::optional<ReplyValue> reply, parser.Next());
  if (!reply.has_value()) return absl::InvalidArgumentError("RESP reply: cut short");
  if (parser.mid_reply()) return absl::InvalidArgumentError("RESP reply: bytes behind its end");
  return *std::move(reply);
}

}  // namespace holdfast
