#include "storage/rdb/checksum.h"

#include <isa-l/crc64.h>

namespace holdfast::rdb {
namespace {

// Polynomials over two elements, modulo Jones'; the highest bit is that of the power 0.
constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;
constexpr uint64_t kOne = uint64_t{1} << 63;

uint64_t Multiply(uint64_t one, uint64_t other) {
  uint64_t product = 0;
  for (; one != 0; one <<= 1) {
    if ((one & kOne) != 0) product ^= other;
    other = other >> 1 ^ ((other & 1) != 0 ? kPolynomial : 0);
  }
  return product;
}

}  // namespace

// A zero byte multiplies by the eighth power.
uint64_t ExtendCrc64ByZeros(uint64_t crc, uint64_t count) {
  for (uint64_t power = kOne >> 8; count != 0; count >>= 1, power = Multiply(power, power)) {
    if ((count & 1) != 0) crc = Multiply(crc, power);
  }
  return crc;
}

// The library inverts before and after; Redis does neither.
uint64_t ExtendCrc64(uint64_t crc, absl::string_view bytes) {
  return ~crc64_jones_refl(~crc, reinterpret_cast<const unsigned char*>(bytes.data()),
                           bytes.size());
}

}  // namespace holdfast::rdb
