// CRC-32C (Castagnoli), the checksum of records and frames; iSCSI's, RFC 3720 appendix B.4.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace holdfast {

// The checksum of what `crc` is the checksum of, followed by `bytes`; 0 is that of nothing.
uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes);

inline uint32_t Crc32c(absl::string_view bytes) { return ExtendCrc32c(0, bytes); }

}  // namespace holdfast
