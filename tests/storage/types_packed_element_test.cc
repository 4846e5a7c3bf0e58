#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/types/packed_element.h"

namespace holdfast {
namespace {

std::string Packed(absl::string_view text) {
  const PackedElement element = PackedElement::Of(text);
  std::string bytes(PackedSize(element), '\0');
  const char* const end = WritePacked(element, bytes.data());
  EXPECT_EQ(end, bytes.data() + bytes.size());
  return bytes;
}

// What an RDB file of Redis holds for these elements.
TEST(PackedElement, HasTheBytesOfAListpackEntry) {
  const auto bytes = [](std::initializer_list<int> values) {
    return std::string(values.begin(), values.end());
  };
  EXPECT_EQ(Packed("0"), bytes({0x00, 0x01}));
  EXPECT_EQ(Packed("127"), bytes({0x7f, 0x01}));
  EXPECT_EQ(Packed("128"), bytes({0xc0, 0x80, 0x02}));
  EXPECT_EQ(Packed("-1"), bytes({0xdf, 0xff, 0x02}));
  EXPECT_EQ(Packed("-4096"), bytes({0xd0, 0x00, 0x02}));
  EXPECT_EQ(Packed("4096"), bytes({0xf1, 0x00, 0x10, 0x03}));
  EXPECT_EQ(Packed("-32769"), bytes({0xf2, 0xff, 0x7f, 0xff, 0x04}));
  EXPECT_EQ(Packed("8388608"), bytes({0xf3, 0x00, 0x00, 0x80, 0x00, 0x05}));
  EXPECT_EQ(Packed("2147483648"), bytes({0xf4, 0, 0, 0, 0x80, 0, 0, 0, 0, 0x09}));
  EXPECT_EQ(Packed(""), bytes({0x80, 0x01}));
  EXPECT_EQ(Packed("abc"), bytes({0x83, 'a', 'b', 'c', 0x04}));
  EXPECT_EQ(Packed(std::string(64, 'x')), bytes({0xe0, 0x40}) + std::string(64, 'x') + bytes({66}));
  EXPECT_EQ(Packed(std::string(5000, 'x')),
            bytes({0xf0, 0x88, 0x13, 0, 0}) + std::string(5000, 'x') + bytes({0x27, 0x8d}));
}

TEST(PackedElement, ReadsBackWhatItWroteFromBothSides) {
  std::vector<std::string> texts = {"", "a", "-", "-0", "00", "01", "+1", " 1", "1 ", "1.0", "9e9"};
  for (int bits = 0; bits < 64; ++bits) {
    const uint64_t edge = uint64_t{1} << bits;
    for (uint64_t value : {edge - 1, edge, edge + 1}) {
      texts.push_back(std::to_string(value));
      texts.push_back(std::to_string(static_cast<int64_t>(0 - value)));
    }
  }
  // Around each threshold of the head and of the size behind.
  for (size_t size : {62, 63, 64, 125, 126, 4094, 4095, 4096, 16377, 16378, 16379, 2097145}) {
    for (size_t more = 0; more < 3; ++more) texts.push_back(std::string(size + more, 't'));
  }
  for (const std::string& text : texts) {
    // A neighbour on each side, so that reading too far shows.
    const std::string bytes = "\xff" + Packed(text) + "\xff";
    const char* const start = bytes.data() + 1;
    const char* const end = bytes.data() + bytes.size() - 1;
    EXPECT_EQ(ReadPacked(start).ToString(), text);
    EXPECT_EQ(PackedSizeAt(start), static_cast<size_t>(end - start)) << text.size();
    EXPECT_EQ(PackedSizeBefore(end), static_cast<size_t>(end - start)) << text.size();
  }
}

TEST(PackedElement, KeepsOnlyCanonicalSpellingsAsIntegers) {
  for (absl::string_view text : {"0", "7", "-7", "9223372036854775807", "-9223372036854775808"}) {
    EXPECT_TRUE(PackedElement::Of(text).is_integer) << text;
  }
  for (absl::string_view text : {"", "-", "-0", "007", "+7", " 7", "7 ", "9223372036854775808"}) {
    EXPECT_FALSE(PackedElement::Of(text).is_integer) << text;
  }
}

TEST(PackedElement, EqualsByContents) {
  EXPECT_TRUE(PackedElement::Of("5") == PackedElement::Of("5"));
  EXPECT_FALSE(PackedElement::Of("5") == PackedElement::Of("6"));
  EXPECT_FALSE(PackedElement::Of("0") == PackedElement::Of(""));
  EXPECT_FALSE(PackedElement::Of("5") == PackedElement::Of("05"));
  EXPECT_TRUE(PackedElement::Of("x") == PackedElement::Of(std::string("x")));
}

}  // namespace
}  // namespace holdfast
