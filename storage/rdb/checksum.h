// CRC-64 with Jones' polynomial, reflected, as Redis puts it behind its files and payloads.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace holdfast::rdb {

// The checksum of what `crc` is the checksum of, followed by `bytes`; 0 is that of nothing.
uint64_t ExtendCrc64(uint64_t crc, absl::string_view bytes);
// The checksum of what `crc` is the checksum of, followed by so many zero bytes. Checksums of texts
// of one length differ by that of their difference, which is how one that is known is corrected
// when early bytes have changed. Logarithmic.
uint64_t ExtendCrc64ByZeros(uint64_t crc, uint64_t count);

}  // namespace holdfast::rdb
