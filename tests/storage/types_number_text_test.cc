#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "storage/types/number_text.h"

namespace holdfast {
namespace {

TEST(NumberText, ReadsWhatStrtoldReads) {
  EXPECT_EQ(ParseLongDouble("0"), 0.0L);
  EXPECT_EQ(ParseLongDouble("-3.5"), -3.5L);
  EXPECT_EQ(ParseLongDouble("+1e3"), 1000.0L);
  EXPECT_EQ(ParseLongDouble("3.0e3"), 3000.0L);
  EXPECT_EQ(ParseLongDouble(".5"), 0.5L);
  EXPECT_EQ(ParseLongDouble("5."), 5.0L);
  EXPECT_EQ(ParseLongDouble("0x10p2"), 64.0L);
  EXPECT_EQ(ParseLongDouble("inf"), std::numeric_limits<long double>::infinity());
  EXPECT_EQ(ParseLongDouble("-Infinity"), -std::numeric_limits<long double>::infinity());
  EXPECT_TRUE(ParseLongDouble("4e-4950").has_value()) << "subnormal, but not zero";
}

TEST(NumberText, RefusesWhatRedisRefuses) {
  for (absl::string_view text : {"", " ", " 1", "\t1", "\n1", "1 ", "1x", "abc", "nan", "-nan",
                                 "1e5000", "-1e5000", "1e-5000", "1,5", "--1", "e5"}) {
    EXPECT_FALSE(ParseLongDouble(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseLongDouble(absl::string_view("1\0", 2)).has_value());
  EXPECT_FALSE(ParseLongDouble(absl::string_view("\0", 1)).has_value());
  EXPECT_TRUE(ParseLongDouble(std::string(5119, '0')).has_value());
  EXPECT_FALSE(ParseLongDouble(std::string(5120, '0')).has_value());
}

TEST(NumberText, SpellsForPeople) {
  EXPECT_EQ(FormatLongDouble(0.0L), "0");
  EXPECT_EQ(FormatLongDouble(-0.0L), "0");
  EXPECT_EQ(FormatLongDouble(3200.0L), "3200");
  EXPECT_EQ(FormatLongDouble(10.6L), "10.6");
  EXPECT_EQ(FormatLongDouble(-2.5L), "-2.5");
  EXPECT_EQ(FormatLongDouble(0.1L + 0.2L), "0.3");
  EXPECT_EQ(FormatLongDouble(1e-17L), "0.00000000000000001");
  EXPECT_EQ(FormatLongDouble(-1e-30L), "0");
  EXPECT_EQ(FormatLongDouble(1e21L), "1000000000000000000000");
  EXPECT_EQ(FormatLongDouble(std::numeric_limits<long double>::infinity()), "inf");
  EXPECT_EQ(FormatLongDouble(-std::numeric_limits<long double>::infinity()), "-inf");
  EXPECT_EQ(FormatLongDouble(std::nanl("")), "nan");
}

TEST(NumberText, SpellsTheLargestNumbersInFull) {
  const long double largest = std::numeric_limits<long double>::max();
  const std::string text = FormatLongDouble(-largest);
  EXPECT_EQ(text.size(), 4934u);
  EXPECT_EQ(ParseLongDouble(text), -largest);
}

}  // namespace
}  // namespace holdfast
