// ReplyWriter: replies -> bytes, in the protocol version that the client asked for.
//
//             RESP2                    RESP3
//   Null      $-1                      _
//   NullArray *-1                      _
//   Map       * with 2n elements       % with n pairs
//   Set, Push *                        ~ >
//   Double    $ text                   , text
//   Boolean   :1 :0                    #t #f
//   BigNumber $ digits                 ( digits
//   Verbatim  $ text                   = format:text
//
// Each call appends one whole frame, or the header of an aggregate whose elements are the next
// calls. Small frames are sized first and written in place with one Extend.
//
// An aggregate whose length is only known at its end is begun without a header; ending it moves its
// bytes up and writes the header in front. Deferred aggregates nest, innermost ended first.
//
// It does not check that as many elements follow as a header promised.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "net/base/buffer.h"
#include "net/resp/number_text.h"

namespace holdfast {

enum class Protocol { kResp2 = 2, kResp3 = 3 };

enum class Aggregate { kArray, kMap, kSet, kPush };

class ReplyWriter {
 public:
  // `out` must outlive the writer.
  ReplyWriter(Buffer& out, Protocol protocol) : out_(&out), protocol_(protocol) {}

  void set_protocol(Protocol protocol) { protocol_ = protocol; }
  Protocol protocol() const { return protocol_; }
  Buffer& buffer() { return *out_; }

  // A status line. CR and LF at its ends are dropped, others become spaces.
  void Simple(absl::string_view text) { Line('+', text); }
  void Ok() { Literal("+OK\r\n"); }
  // `message` is the whole text, code included: "ERR syntax error". Line ends as for Simple.
  void Error(absl::string_view message) { Line('-', message); }
  void Integer(int64_t value);
  void Bulk(absl::string_view bytes);
  // The decimal text of `value` as a bulk.
  void BulkInteger(int64_t value);
  void Null() { is_resp3() ? Literal("_\r\n") : Literal("$-1\r\n"); }
  void NullArray() { is_resp3() ? Literal("_\r\n") : Literal("*-1\r\n"); }

  void Array(size_t count) { Header('*', count); }
  void Map(size_t pairs) { is_resp3() ? Header('%', pairs) : Header('*', 2 * pairs); }
  void Set(size_t count) { Header(is_resp3() ? '~' : '*', count); }
  void Push(size_t count) { Header(is_resp3() ? '>' : '*', count); }
  // Precedes the reply it describes. RESP3 only.
  void Attribute(size_t pairs);

  // Spelled as FormatDouble does.
  void Double(double value);
  void Boolean(bool value);
  // `digits`: an optional '-' and decimal digits.
  void BigNumber(absl::string_view digits);
  // `format` is three bytes, "txt" or "mkd".
  void Verbatim(absl::string_view format, absl::string_view text);

  // Returns the mark that ends the aggregate.
  size_t BeginDeferred() const { return out_->size(); }
  // `count` is in elements, for a map in pairs.
  void EndDeferred(size_t mark, Aggregate kind, size_t count);
  size_t BeginDeferredArray() const { return BeginDeferred(); }
  void EndDeferredArray(size_t mark, size_t count) { EndDeferred(mark, Aggregate::kArray, count); }

 private:
  bool is_resp3() const { return protocol_ == Protocol::kResp3; }

  template <size_t kSize>
  void Literal(const char (&text)[kSize]) {
    std::memcpy(out_->Extend(kSize - 1), text, kSize - 1);
  }
  static char* PutLineEnd(char* at) {
    std::memcpy(at, "\r\n", 2);
    return at + 2;
  }
  void Header(char type, size_t count);
  void Line(char type, absl::string_view text);

  Buffer* out_;
  Protocol protocol_;
};

// Appends a request as clients send it: an array of bulks.
void AppendRequest(absl::Span<const absl::string_view> arguments, Buffer& out);

inline void ReplyWriter::Header(char type, size_t count) {
  const size_t digit_count = DigitCount(count);
  char* at = out_->Extend(1 + digit_count + 2);
  *at = type;
  PutLineEnd(WriteDigits(count, digit_count, at + 1));
}

inline void ReplyWriter::Integer(int64_t value) {
  if (value < 0) {
    char text[kInt64TextMax];
    const size_t size = FormatInt64(value, text);
    char* at = out_->Extend(1 + size + 2);
    *at = ':';
    std::memcpy(at + 1, text, size);
    PutLineEnd(at + 1 + size);
    return;
  }
  Header(':', static_cast<size_t>(value));
}

inline void ReplyWriter::Bulk(absl::string_view bytes) {
  const size_t digit_count = DigitCount(bytes.size());
  char* at = out_->Extend(1 + digit_count + 2 + bytes.size() + 2);
  *at = '$';
  at = PutLineEnd(WriteDigits(bytes.size(), digit_count, at + 1));
  // An empty view may have no data, which memcpy does not take.
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  PutLineEnd(at + bytes.size());
}

inline void ReplyWriter::BulkInteger(int64_t value) {
  char text[kInt64TextMax];
  Bulk({text, FormatInt64(value, text)});
}

}  // namespace holdfast
