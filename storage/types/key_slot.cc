#include "storage/types/key_slot.h"

#include <array>
#include <cstddef>

namespace holdfast {
namespace {

constexpr size_t kStride = 8;
using Table = std::array<uint16_t, 256>;

// kTables[n][b] is what byte b contributes to the remainder when n more bytes follow it. With eight
// such tables, eight bytes are eight independent loads instead of a chain of eight.
constexpr std::array<Table, kStride> kTables = [] {
  std::array<Table, kStride> tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned remainder = byte << 8;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder << 1) ^ ((remainder & 0x8000) != 0 ? 0x1021 : 0);
    }
    tables[0][byte] = static_cast<uint16_t>(remainder);
  }
  for (size_t behind = 1; behind < kStride; ++behind) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint16_t before = tables[behind - 1][byte];
      tables[behind][byte] = static_cast<uint16_t>((before << 8) ^ tables[0][before >> 8]);
    }
  }
  return tables;
}();

}  // namespace

uint16_t Crc16(absl::string_view bytes) {
  const auto* at = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  uint16_t remainder = 0;
  for (; left >= kStride; left -= kStride, at += kStride) {
    remainder = kTables[7][at[0] ^ (remainder >> 8)] ^ kTables[6][at[1] ^ (remainder & 0xff)] ^
                kTables[5][at[2]] ^ kTables[4][at[3]] ^ kTables[3][at[4]] ^ kTables[2][at[5]] ^
                kTables[1][at[6]] ^ kTables[0][at[7]];
  }
  for (; left > 0; --left) {
    remainder = static_cast<uint16_t>((remainder << 8) ^ kTables[0][(remainder >> 8) ^ *at++]);
  }
  return remainder;
}

}  // namespace holdfast
