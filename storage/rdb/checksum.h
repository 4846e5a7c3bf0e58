// CRC-64 with Jones' polynomial, reflected, as Redis puts it behind its files and payloads.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace holdfast::rdb {

// The checksum of what `crc` is the checksum of, followed by `bytes`; 0 is that of nothing.
uint64_t ExtendCrc64(uint64_t crc, absl::string_view bytes);

}  // namespace holdfast::rdb
