#include "storage/rdb/checksum.h"

#include <isa-l/crc64.h>

namespace holdfast::rdb {

// The library inverts before and after; Redis does neither.
uint64_t ExtendCrc64(uint64_t crc, absl::string_view bytes) {
  return ~crc64_jones_refl(~crc, reinterpret_cast<const unsigned char*>(bytes.data()),
                           bytes.size());
}

}  // namespace holdfast::rdb
