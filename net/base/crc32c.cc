#include "net/base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <limits>

namespace holdfast {

uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes) {
  // The library leaves it to its callers to invert, and counts bytes in an int.
  constexpr size_t kStepMax = std::numeric_limits<int>::max();
  uint32_t state = ~crc;
  while (!bytes.empty()) {
    const size_t step = std::min(bytes.size(), kStepMax);
    // It takes a pointer to bytes that it does not write.
    auto* start = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
    state = crc32_iscsi(start, static_cast<int>(step), state);
    bytes.remove_prefix(step);
  }
  return ~state;
}

}  // namespace holdfast
