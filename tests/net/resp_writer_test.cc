#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "net/resp/writer.h"

namespace holdfast {
namespace {

// What `write` appends for a client of `protocol`.
template <typename Write>
std::string Written(Protocol protocol, Write write) {
  Buffer out;
  ReplyWriter writer(out, protocol);
  write(writer);
  return std::string(out.view());
}

template <typename Write>
void ExpectBoth(Write write, const std::string& resp2, const std::string& resp3) {
  EXPECT_EQ(Written(Protocol::kResp2, write), resp2);
  EXPECT_EQ(Written(Protocol::kResp3, write), resp3);
}

template <typename Write>
void ExpectSame(Write write, const std::string& bytes) {
  ExpectBoth(write, bytes, bytes);
}

std::string Spelled(double value) {
  char text[kDoubleTextMax];
  return std::string(text, FormatDouble(value, text));
}

TEST(RespWriterTest, WritesLines) {
  ExpectSame([](ReplyWriter& w) { w.Ok(); }, "+OK\r\n");
  ExpectSame([](ReplyWriter& w) { w.Simple("PONG"); }, "+PONG\r\n");
  ExpectSame([](ReplyWriter& w) { w.Simple(""); }, "+\r\n");
  ExpectSame([](ReplyWriter& w) { w.Error("ERR syntax error"); }, "-ERR syntax error\r\n");
}

TEST(RespWriterTest, ALineStaysOneLine) {
  ExpectSame([](ReplyWriter& w) { w.Error("\nERR a\r\nb\n\r"); }, "-ERR a  b\r\n");
  ExpectSame([](ReplyWriter& w) { w.Simple("a\nb"); }, "+a b\r\n");
  ExpectSame([](ReplyWriter& w) { w.Error("\r\n"); }, "-\r\n");
}

TEST(RespWriterTest, WritesIntegersOfEveryLength) {
  uint64_t power = 1;
  for (int digits = 1; digits <= 19; ++digits, power *= 10) {
    for (uint64_t magnitude : {power - 1, power, power + 1}) {
      const int64_t value = static_cast<int64_t>(magnitude);
      ExpectSame([&](ReplyWriter& w) { w.Integer(value); }, ":" + std::to_string(value) + "\r\n");
      ExpectSame([&](ReplyWriter& w) { w.Integer(-value); }, ":" + std::to_string(-value) + "\r\n");
    }
  }
  ExpectSame([](ReplyWriter& w) { w.Integer(std::numeric_limits<int64_t>::max()); },
             ":9223372036854775807\r\n");
  ExpectSame([](ReplyWriter& w) { w.Integer(std::numeric_limits<int64_t>::min()); },
             ":-9223372036854775808\r\n");
  EXPECT_EQ(DigitCount(std::numeric_limits<uint64_t>::max()), 20u);
}

TEST(RespWriterTest, WritesBulks) {
  ExpectSame([](ReplyWriter& w) { w.Bulk("hello"); }, "$5\r\nhello\r\n");
  ExpectSame([](ReplyWriter& w) { w.Bulk(""); }, "$0\r\n\r\n");
  ExpectSame([](ReplyWriter& w) { w.Bulk(absl::string_view()); }, "$0\r\n\r\n");
  ExpectSame([](ReplyWriter& w) { w.Bulk("a\r\nb"); }, "$4\r\na\r\nb\r\n");
  ExpectSame([](ReplyWriter& w) { w.BulkInteger(-120); }, "$4\r\n-120\r\n");
  const std::string large(100'000, 'x');
  ExpectSame([&](ReplyWriter& w) { w.Bulk(large); }, "$100000\r\n" + large + "\r\n");
}

TEST(RespWriterTest, WritesWhatTheProtocolsSpellDifferently) {
  ExpectBoth([](ReplyWriter& w) { w.Null(); }, "$-1\r\n", "_\r\n");
  ExpectBoth([](ReplyWriter& w) { w.NullArray(); }, "*-1\r\n", "_\r\n");
  ExpectSame([](ReplyWriter& w) { w.Array(12); }, "*12\r\n");
  ExpectBoth([](ReplyWriter& w) { w.Map(3); }, "*6\r\n", "%3\r\n");
  ExpectBoth([](ReplyWriter& w) { w.Set(0); }, "*0\r\n", "~0\r\n");
  ExpectBoth([](ReplyWriter& w) { w.Push(3); }, "*3\r\n", ">3\r\n");
  ExpectBoth([](ReplyWriter& w) { w.Double(2.5); }, "$3\r\n2.5\r\n", ",2.5\r\n");
  ExpectBoth([](ReplyWriter& w) { w.Boolean(true); }, ":1\r\n", "#t\r\n");
  ExpectBoth([](ReplyWriter& w) { w.Boolean(false); }, ":0\r\n", "#f\r\n");
  ExpectBoth([](ReplyWriter& w) { w.BigNumber("-12345678901234567890"); },
             "$21\r\n-12345678901234567890\r\n", "(-12345678901234567890\r\n");
  ExpectBoth([](ReplyWriter& w) { w.Verbatim("txt", "Some\nlines"); }, "$10\r\nSome\nlines\r\n",
             "=14\r\ntxt:Some\nlines\r\n");
  EXPECT_EQ(Written(Protocol::kResp3, [](ReplyWriter& w) { w.Attribute(1); }), "|1\r\n");
}

TEST(RespWriterDeathTest, RefusesAttributesInResp2) {
  Buffer out;
  ReplyWriter writer(out, Protocol::kResp2);
  EXPECT_DEATH(writer.Attribute(1), "is_resp3");
}

TEST(RespWriterTest, FollowsAChangeOfProtocol) {
  Buffer out;
  ReplyWriter writer(out, Protocol::kResp2);
  writer.Null();
  writer.set_protocol(Protocol::kResp3);
  writer.Null();
  EXPECT_EQ(out.view(), "$-1\r\n_\r\n");
  EXPECT_EQ(writer.protocol(), Protocol::kResp3);
}

TEST(RespWriterTest, PutsDeferredHeadersInFront) {
  ExpectSame(
      [](ReplyWriter& w) {
        w.Ok();
        const size_t outer = w.BeginDeferredArray();
        w.Integer(7);
        const size_t inner = w.BeginDeferredArray();
        for (int i = 0; i < 11; ++i) w.Integer(i % 10);
        w.EndDeferredArray(inner, 11);
        w.EndDeferredArray(w.BeginDeferredArray(), 0);
        w.EndDeferredArray(outer, 3);
      },
      "+OK\r\n*3\r\n:7\r\n*11\r\n"
      ":0\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n:0\r\n*0\r\n");
}

TEST(RespWriterTest, DeferredKindsFollowTheProtocol) {
  const auto deferred = [](Aggregate kind) {
    return [kind](ReplyWriter& w) {
      const size_t mark = w.BeginDeferred();
      w.Bulk("a");
      w.Bulk("b");
      w.EndDeferred(mark, kind, kind == Aggregate::kMap ? 1 : 2);
    };
  };
  const std::string elements = "$1\r\na\r\n$1\r\nb\r\n";
  ExpectBoth(deferred(Aggregate::kMap), "*2\r\n" + elements, "%1\r\n" + elements);
  ExpectBoth(deferred(Aggregate::kSet), "*2\r\n" + elements, "~2\r\n" + elements);
  ExpectBoth(deferred(Aggregate::kPush), "*2\r\n" + elements, ">2\r\n" + elements);
}

TEST(RespNumberTest, SpellsDoublesAsRedisDoes) {
  EXPECT_EQ(Spelled(0.0), "0");
  EXPECT_EQ(Spelled(-0.0), "-0");
  EXPECT_EQ(Spelled(std::nan("")), "nan");
  EXPECT_EQ(Spelled(-std::nan("")), "nan");
  EXPECT_EQ(Spelled(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(Spelled(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(Spelled(3), "3");
  EXPECT_EQ(Spelled(-17179869184), "-17179869184");
  EXPECT_EQ(Spelled(4611686018427387904.0), "4611686018427387904");
  EXPECT_EQ(Spelled(1e19), "1e+19");
  EXPECT_EQ(Spelled(1.5e300), "1.5e+300");
  EXPECT_EQ(Spelled(3.1), "3.1");
  EXPECT_EQ(Spelled(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(Spelled(-0.000125), "-0.000125");
  EXPECT_EQ(Spelled(1e-7), "1e-7");
  EXPECT_EQ(Spelled(1.5e-9), "1.5e-9");
  EXPECT_EQ(Spelled(0.0012345678901234), "0.0012345678901234");
  EXPECT_EQ(Spelled(1e-105), "1e-105");
  EXPECT_EQ(Spelled(123456789.125), "123456789.125");
  EXPECT_EQ(Spelled(5e-324), "5e-324");
}

TEST(RespNumberTest, ReadsOnlyCanonicalIntegers) {
  EXPECT_EQ(ParseInt64("0"), 0);
  EXPECT_EQ(ParseInt64("-1"), -1);
  EXPECT_EQ(ParseInt64("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ParseInt64("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  for (absl::string_view text :
       {"", "-", "+1", " 1", "1 ", "00", "01", "-0", "-01", "1a", "0x1", "9223372036854775808",
        "-9223372036854775809", "18446744073709551616", "99999999999999999999",
        "100000000000000000000"}) {
    EXPECT_FALSE(ParseInt64(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace holdfast
