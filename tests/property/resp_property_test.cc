// Properties of net/resp: what is parsed depends neither on how the bytes were cut nor on how a
// reader is fed, and everything that is written reads back.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "net/resp/parser.h"
#include "net/resp/reply_parser.h"
#include "net/resp/writer.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "tests/net/resp_drive.h"

namespace holdfast {
namespace {

using resp_drive::Cuts;
using resp_drive::Drive;
using resp_drive::EveryByte;
using resp_drive::Outcome;
using Words = std::vector<std::string>;

// Every cut of a stream is tried, which is quadratic in its size. So sizes are fixed and small.
constexpr int kBytesMax = 10;
constexpr int kWordsMax = 5;
constexpr int kRequestsMax = 7;

// Bytes that mean something to the protocol come up often.
rc::Gen<std::string> AnyBytes() {
  return rc::gen::resize(
      kBytesMax,
      rc::gen::container<std::string>(rc::gen::weightedOneOf<char>(
          {{3, rc::gen::element('\r', '\n', '$', '*', '"', '\'', '\\', ' ', '0', '1', 'x', '\0')},
           {2, rc::gen::resize(100, rc::gen::arbitrary<char>())}})));
}

rc::Gen<Words> AnyRequest() {
  return rc::gen::resize(kWordsMax, rc::gen::nonEmpty(rc::gen::container<Words>(AnyBytes())));
}

std::string AsArray(const Words& words) {
  Buffer bytes;
  const std::vector<absl::string_view> arguments(words.begin(), words.end());
  AppendRequest(arguments, bytes);
  return std::string(bytes.view());
}

// Spells a word so that a line can hold it.
std::string AsInlineWord(const std::string& word) {
  std::string spelled = "\"";
  for (unsigned char byte : word) {
    absl::StrAppend(&spelled, "\\x", absl::Hex(byte, absl::kZeroPad2));
  }
  return spelled + "\"";
}

std::string AsLine(const Words& words) {
  std::string line;
  for (const std::string& word : words) absl::StrAppend(&line, AsInlineWord(word), " ");
  return line + "\n";
}

// One of the things that clients should not, but may, send.
rc::Gen<std::string> AnyFragment() {
  const auto number =
      rc::gen::map(rc::gen::oneOf(rc::gen::inRange<int64_t>(-2, 40), rc::gen::arbitrary<int64_t>()),
                   [](int64_t value) { return absl::StrCat(value); });
  const auto line = [](const std::string& type, rc::Gen<std::string> text) {
    return rc::gen::map(std::move(text),
                        [type](const std::string& body) { return type + body + "\r\n"; });
  };
  // An array that begins well, whose first bulk may be too long, negative or nonsense.
  const auto array_start = rc::gen::map(
      rc::gen::pair(
          rc::gen::inRange(1, 14),
          rc::gen::oneOf(number, rc::gen::element<std::string>("16385", "536870913", "+1", "x"))),
      [](const std::pair<int, std::string>& start) {
        return absl::StrCat("*", start.first, "\r\n$", start.second, "\r\n");
      });
  return rc::gen::oneOf(array_start, line("*", number), line("$", number), line("*", AnyBytes()),
                        line("$", AnyBytes()), line("", AnyBytes()), AnyBytes(),
                        rc::gen::map(AnyRequest(), AsArray), rc::gen::map(AnyRequest(), AsLine),
                        rc::gen::just<std::string>("\r\n"), rc::gen::just<std::string>("*0\r\n"));
}

rc::Gen<std::string> AnyStream() {
  return rc::gen::map(rc::gen::resize(kRequestsMax, rc::gen::container<Words>(AnyFragment())),
                      [](const Words& fragments) {
                        std::string stream;
                        for (const std::string& fragment : fragments) stream += fragment;
                        return stream;
                      });
}

Cuts CutsOf(size_t size, const std::vector<uint32_t>& wishes) {
  Cuts cuts;
  for (uint32_t wish : wishes) {
    if (size > 1) cuts.push_back(1 + wish % (size - 1));
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

RC_GTEST_PROP(RespProperty, RequestsReadBackHoweverTheyAreCut, (std::vector<uint32_t> wishes)) {
  const auto requests =
      *rc::gen::resize(kRequestsMax, rc::gen::container<std::vector<Words>>(AnyRequest()));
  const auto inlined =
      *rc::gen::container<std::vector<bool>>(requests.size(), rc::gen::arbitrary<bool>());
  std::string stream;
  for (size_t i = 0; i < requests.size(); ++i) {
    stream += inlined[i] ? AsLine(requests[i]) : AsArray(requests[i]);
  }
  const Outcome expected = {.requests = requests, .consumed = stream.size()};
  RC_ASSERT(Drive(stream, {}) == expected);
  RC_ASSERT(Drive(stream, EveryByte(stream.size())) == expected);
  RC_ASSERT(Drive(stream, CutsOf(stream.size(), wishes)) == expected);
  for (size_t cut = 1; cut < stream.size(); ++cut) RC_ASSERT(Drive(stream, {cut}) == expected);
}

RC_GTEST_PROP(RespProperty, OutcomesDoNotDependOnCuts,
              (std::vector<uint32_t> wishes, bool authenticated)) {
  const std::string stream = *AnyStream();
  const ParserLimits limits = {
      .bulk_bytes_max = *rc::gen::element(int64_t{30}, limits::kBulkMaxDefault),
      .authenticated = authenticated,
      .requests_max = *rc::gen::inRange<size_t>(1, 4)};
  const Outcome expected = Drive(stream, {}, limits);
  RC_TAG(expected.error.substr(0, 34));
  RC_ASSERT(Drive(stream, EveryByte(stream.size()), limits) == expected);
  RC_ASSERT(Drive(stream, CutsOf(stream.size(), wishes), limits) == expected);
  for (size_t cut = 1; cut < stream.size(); ++cut) {
    RC_ASSERT(Drive(stream, {cut}, limits) == expected);
  }
}

RC_GTEST_PROP(RespProperty, EndlessLinesAreRefusedAtTheSameByte, (std::vector<uint32_t> wishes)) {
  const std::string start = *rc::gen::element<std::string>("", "*", "*1\r\n$", "*2\r\n$1\r\na\r\n");
  const size_t length =
      *rc::gen::inRange<size_t>(limits::kInlineRequestMax - 3, limits::kInlineRequestMax + 4);
  const std::string stream = absl::StrCat(start, std::string(length, 'a'), "\r\nPING\r\n");
  RC_ASSERT(Drive(stream, CutsOf(stream.size(), wishes)) == Drive(stream, {}));
}

// A reply tree, as the writer is told to write it.
struct Reply {
  ReplyValue::Kind kind;
  std::string text;
  int64_t integer;
  double real;
  std::vector<Reply> children;
};

rc::Gen<Reply> AnyReply(int depth) {
  using Kind = ReplyValue::Kind;
  return rc::gen::exec([depth] {
    Reply reply = {};
    reply.kind =
        *rc::gen::element(Kind::kSimple, Kind::kError, Kind::kInteger, Kind::kBulk, Kind::kNull,
                          Kind::kDouble, Kind::kBoolean, Kind::kBigNumber, Kind::kVerbatim,
                          Kind::kArray, Kind::kMap, Kind::kSet, Kind::kPush);
    reply.text = *AnyBytes();
    reply.integer = *rc::gen::arbitrary<int64_t>();
    const uint64_t bits = *rc::gen::arbitrary<uint64_t>();
    std::memcpy(&reply.real, &bits, sizeof(bits));
    const int count = depth == 0 ? 0 : *rc::gen::inRange(0, 4);
    for (int i = 0; i < 2 * count; ++i) reply.children.push_back(*AnyReply(depth - 1));
    return reply;
  });
}

void Write(const Reply& reply, ReplyWriter& writer) {
  using Kind = ReplyValue::Kind;
  switch (reply.kind) {
    case Kind::kSimple:
      return writer.Simple(reply.text);
    case Kind::kError:
      return writer.Error(reply.text);
    case Kind::kInteger:
      return writer.Integer(reply.integer);
    case Kind::kBulk:
      return writer.Bulk(reply.text);
    case Kind::kDouble:
      return writer.Double(reply.real);
    case Kind::kBoolean:
      return writer.Boolean(reply.integer % 2 == 0);
    case Kind::kBigNumber:
      return writer.BigNumber(absl::StrCat(reply.integer));
    case Kind::kVerbatim:
      return writer.Verbatim("txt", reply.text);
    case Kind::kMap:
      writer.Map(reply.children.size() / 2);
      break;
    case Kind::kSet:
      writer.Set(reply.children.size());
      break;
    case Kind::kPush:
      writer.Push(reply.children.size());
      break;
    case Kind::kArray: {
      const size_t mark = writer.BeginDeferredArray();
      for (const Reply& child : reply.children) Write(child, writer);
      return writer.EndDeferredArray(mark, reply.children.size());
    }
    default:
      return writer.Null();
  }
  for (const Reply& child : reply.children) Write(child, writer);
}

// What a reader sees of `text` on a line of its own.
std::string OnOneLine(std::string text) {
  const auto is_line_end = [](char c) { return c == '\r' || c == '\n'; };
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_line_end));
  text.erase(std::find_if_not(text.rbegin(), text.rend(), is_line_end).base(), text.end());
  std::replace_if(text.begin(), text.end(), is_line_end, ' ');
  return text;
}

bool ReadsBackInResp3(const Reply& sent, const ReplyValue& read) {
  using Kind = ReplyValue::Kind;
  if (read.kind != sent.kind) return false;
  switch (sent.kind) {
    case Kind::kSimple:
    case Kind::kError:
      return read.text == OnOneLine(sent.text);
    case Kind::kInteger:
      return read.integer == sent.integer;
    case Kind::kBulk:
    case Kind::kVerbatim:
      return read.text == sent.text;
    case Kind::kDouble:
      return std::isnan(sent.real) ? std::isnan(read.real)
                                   : std::memcmp(&read.real, &sent.real, sizeof(double)) == 0;
    case Kind::kBoolean:
      return (read.integer == 1) == (sent.integer % 2 == 0);
    case Kind::kBigNumber:
      return read.text == absl::StrCat(sent.integer);
    case Kind::kNull:
      return true;
    default:
      return std::equal(sent.children.begin(), sent.children.end(), read.children.begin(),
                        read.children.end(), ReadsBackInResp3);
  }
}

RC_GTEST_PROP(RespProperty, RepliesReadBackFromResp3, ()) {
  const Reply reply = *AnyReply(3);
  Buffer out;
  ReplyWriter writer(out, Protocol::kResp3);
  Write(reply, writer);
  const absl::StatusOr<ReplyValue> read = ParseReply(out.view());
  RC_ASSERT(read.ok());
  RC_ASSERT(ReadsBackInResp3(reply, *read));
}

RC_GTEST_PROP(RespProperty, RepliesReadTheSameByteByByte, (bool resp3)) {
  Buffer out;
  ReplyWriter writer(out, resp3 ? Protocol::kResp3 : Protocol::kResp2);
  const int count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) Write(*AnyReply(2), writer);

  const auto take_all = [](ReplyParser& parser, std::vector<ReplyValue>& replies) {
    for (;;) {
      absl::StatusOr<absl::optional<ReplyValue>> reply = parser.Next();
      RC_ASSERT(reply.ok());
      if (!reply->has_value()) return;
      replies.push_back(**std::move(reply));
    }
  };
  std::vector<ReplyValue> whole, by_byte;
  ReplyParser whole_parser, byte_parser;
  whole_parser.Feed(out.view());
  take_all(whole_parser, whole);
  for (char byte : out.view()) {
    byte_parser.Feed(absl::string_view(&byte, 1));
    take_all(byte_parser, by_byte);
  }
  RC_ASSERT(whole.size() == static_cast<size_t>(count));
  RC_ASSERT(whole == by_byte);
  RC_ASSERT(!whole_parser.mid_reply() && !byte_parser.mid_reply());
}

RC_GTEST_PROP(RespProperty, IntegersReadBack, (int64_t value)) {
  char text[kInt64TextMax];
  const size_t size = FormatInt64(value, text);
  RC_ASSERT(std::string(text, size) == std::to_string(value));
  RC_ASSERT(ParseInt64({text, size}) == value);
}

}  // namespace
}  // namespace holdfast
