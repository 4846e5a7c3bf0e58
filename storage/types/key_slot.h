// The hash slot of a key, counted as Redis Cluster counts it: CRC16 modulo 16,384.
#pragma once

#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"
#include "net/base/types.h"

namespace holdfast {

// CRC-16/XMODEM: polynomial 0x1021, highest bit first, starting from zero.
uint16_t Crc16(absl::string_view bytes);

// The part of a key that decides its slot: what stands between the first '{' and the first '}'
// after it, when that is not empty; else the whole key.
inline absl::string_view HashTag(absl::string_view key) {
  // Straight to memchr: most keys have no braces, and this is on the path of every command.
  if (key.empty() || std::memchr(key.data(), '{', key.size()) == nullptr) return key;
  const size_t open = key.find('{');
  const size_t close = key.find('}', open + 1);
  if (close == absl::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

inline Slot KeySlot(absl::string_view key) {
  return {static_cast<uint16_t>(Crc16(HashTag(key)) % kSlotCount)};
}

}  // namespace holdfast
