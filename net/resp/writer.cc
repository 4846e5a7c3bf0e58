#include "net/resp/writer.h"

#include <algorithm>

#include "net/base/check.h"

namespace holdfast {
namespace {

bool IsLineEnd(char c) { return c == '\r' || c == '\n'; }

}  // namespace

void ReplyWriter::Line(char type, absl::string_view text) {
  while (!text.empty() && IsLineEnd(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsLineEnd(text.back())) text.remove_suffix(1);
  char* at = out_->Extend(1 + text.size() + 2);
  *at = type;
  at = std::replace_copy_if(text.begin(), text.end(), at + 1, IsLineEnd, ' ');
  PutLineEnd(at);
}

void ReplyWriter::Attribute(size_t pairs) {
  CHECK(is_resp3());
  Header('|', pairs);
}

void ReplyWriter::Double(double value) {
  char text[kDoubleTextMax];
  const absl::string_view spelled(text, FormatDouble(value, text));
  if (!is_resp3()) return Bulk(spelled);
  char* at = out_->Extend(1 + spelled.size() + 2);
  *at = ',';
  std::memcpy(at + 1, spelled.data(), spelled.size());
  PutLineEnd(at + 1 + spelled.size());
}

void ReplyWriter::Boolean(bool value) {
  if (is_resp3()) {
    value ? Literal("#t\r\n") : Literal("#f\r\n");
  } else {
    Integer(value ? 1 : 0);
  }
}

void ReplyWriter::BigNumber(absl::string_view digits) {
  is_resp3() ? Line('(', digits) : Bulk(digits);
}

void ReplyWriter::Verbatim(absl::string_view format, absl::string_view text) {
  CHECK_EQ(format.size(), 3u);
  if (!is_resp3()) return Bulk(text);
  Header('=', format.size() + 1 + text.size());
  out_->Append(format);
  out_->Append(':');
  out_->Append(text);
  out_->Append("\r\n");
}

void ReplyWriter::EndDeferred(size_t mark, Aggregate kind, size_t count) {
  CHECK_LE(mark, out_->size());
  // The header is written behind the elements and then rotated in front of them: its size depends
  // on the protocol and the count, and only this one place knows how.
  const size_t elements_end = out_->size();
  switch (kind) {
    case Aggregate::kArray:
      Array(count);
      break;
    case Aggregate::kMap:
      Map(count);
      break;
    case Aggregate::kSet:
      Set(count);
      break;
    case Aggregate::kPush:
      Push(count);
      break;
  }
  char header[1 + kInt64TextMax + 2];
  const size_t header_size = out_->size() - elements_end;
  char* const start = out_->data() + mark;
  std::memcpy(header, out_->data() + elements_end, header_size);
  std::memmove(start + header_size, start, elements_end - mark);
  std::memcpy(start, header, header_size);
}

void AppendRequest(absl::Span<const absl::string_view> arguments, Buffer& out) {
  ReplyWriter writer(out, Protocol::kResp2);
  writer.Array(arguments.size());
  for (absl::string_view argument : arguments) writer.Bulk(argument);
}

}  // namespace holdfast
