#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/types/key_slot.h"

namespace holdfast {
namespace {

// The definition, a bit at a time.
uint16_t SlowCrc16(absl::string_view bytes) {
  unsigned remainder = 0;
  for (char byte : bytes) {
    remainder ^= static_cast<unsigned>(static_cast<unsigned char>(byte)) << 8;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder << 1) ^ ((remainder & 0x8000) != 0 ? 0x1021 : 0);
    }
    remainder &= 0xffff;
  }
  return static_cast<uint16_t>(remainder);
}

TEST(KeySlot, ChecksumIsXmodem) {
  EXPECT_EQ(Crc16("123456789"), 0x31c3);
  EXPECT_EQ(Crc16(""), 0);
}

TEST(KeySlot, ChecksumAgreesWithItsDefinitionAtEveryLength) {
  std::string bytes;
  for (int length = 0; length < 70; ++length) {
    EXPECT_EQ(Crc16(bytes), SlowCrc16(bytes)) << length;
    bytes.push_back(static_cast<char>(length * 151 + 200));
  }
}

// CLUSTER KEYSLOT of redis-server 7.0.15.
TEST(KeySlot, AgreesWithRedis) {
  const std::vector<std::pair<absl::string_view, int>> expected = {
      {"foo", 12182},
      {"bar", 5061},
      {"123456789", 12739},
      {"{user1000}.following", 3443},
      {"user1000", 3443},
      {"foo{}{bar}", 8363},
      {"foo{{bar}}zap", 4015},
      {"foo{bar}{zap}", 5061},
      {"{}x", 10595},
      {"a{b", 13340},
      {"a}b{c}", 7365},
      {"", 0},
      {"0123456789abcdef", 10405},
      {"the quick brown fox jumps over it", 1794},
  };
  for (const auto& [key, slot] : expected) EXPECT_EQ(int{KeySlot(key).value}, slot) << key;
}

TEST(KeySlot, TagIsWhatStandsInTheFirstBraces) {
  EXPECT_EQ(HashTag("{user1000}.following"), "user1000");
  EXPECT_EQ(HashTag("foo{{bar}}zap"), "{bar");
  EXPECT_EQ(HashTag("foo{}{bar}"), "foo{}{bar}");
  EXPECT_EQ(HashTag("a{b"), "a{b");
  EXPECT_EQ(HashTag("a}b{c}"), "c");
  EXPECT_EQ(HashTag("{"), "{");
}

}  // namespace
}  // namespace holdfast
