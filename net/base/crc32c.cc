#include "net/base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace holdfast {
namespace {

// Below this many bytes the processor's own instruction, eight bytes at a time, is done before the
// library's wide loop has begun.
[[maybe_unused]] constexpr size_t kShort = 256;

#ifdef __x86_64__
__attribute__((target("sse4.2"))) uint32_t ExtendShort(uint32_t state, absl::string_view bytes) {
  uint64_t wide = state;
  while (bytes.size() >= sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof(word));
    wide = __builtin_ia32_crc32di(wide, word);
    bytes.remove_prefix(sizeof(word));
  }
  auto narrow = static_cast<uint32_t>(wide);
  for (const char byte : bytes) {
    narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(byte));
  }
  return narrow;
}

const bool kHasInstruction = __builtin_cpu_supports("sse4.2") != 0;
#endif

// The library counts bytes in an int.
uint32_t ExtendLong(uint32_t state, absl::string_view bytes) {
  constexpr size_t kStepMax = std::numeric_limits<int>::max();
  while (!bytes.empty()) {
    const size_t step = std::min(bytes.size(), kStepMax);
    // It takes a pointer to bytes that it does not write.
    auto* start = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
    state = crc32_iscsi(start, static_cast<int>(step), state);
    bytes.remove_prefix(step);
  }
  return state;
}

}  // namespace

uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes) {
#ifdef __x86_64__
  if (bytes.size() < kShort && kHasInstruction) return ~ExtendShort(~crc, bytes);
#endif
  return ~ExtendLong(~crc, bytes);
}

}  // namespace holdfast
