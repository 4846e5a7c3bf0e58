#include "storage/types/packed_element.h"

#include <cstring>

#include "net/base/check.h"

namespace holdfast {
namespace {

using packed_internal::kInteger13;
using packed_internal::kShortText;

constexpr uint8_t kMiddleText = 0xe0;
constexpr uint8_t kLongText = 0xf0;
constexpr uint8_t kInteger16 = 0xf1;
constexpr uint8_t kInteger24 = 0xf2;
constexpr uint8_t kInteger32 = 0xf3;
constexpr uint8_t kInteger64 = 0xf4;

constexpr size_t kShortTextMax = 63;
constexpr size_t kMiddleTextMax = 4095;

uint8_t ByteAt(const char* at) { return static_cast<uint8_t>(*at); }

bool FitsBits(int64_t integer, int bits) {
  const int64_t edge = int64_t{1} << (bits - 1);
  return integer >= -edge && integer < edge;
}

// Bytes of an integer's payload after a one-byte head; 0 when the head holds all of it.
int PayloadBytes(int64_t integer) {
  if (FitsBits(integer, 16)) return 2;
  if (FitsBits(integer, 24)) return 3;
  if (FitsBits(integer, 32)) return 4;
  return 8;
}

size_t BodySize(const PackedElement& element) {
  if (element.is_integer) {
    if (element.integer >= 0 && element.integer <= 127) return 1;
    if (FitsBits(element.integer, 13)) return 2;
    return 1 + static_cast<size_t>(PayloadBytes(element.integer));
  }
  const size_t size = element.text.size();
  return size + (size <= kShortTextMax ? 1 : size <= kMiddleTextMax ? 2 : 5);
}

// The thresholds are one short of what would fit: listpack's are, and readers skip by them.
size_t BackSize(size_t body_size) {
  if (body_size <= 127) return 1;
  if (body_size < (size_t{1} << 14) - 1) return 2;
  if (body_size < (size_t{1} << 21) - 1) return 3;
  if (body_size < (size_t{1} << 28) - 1) return 4;
  return 5;
}

char* WriteBack(size_t body_size, char* out) {
  const size_t count = BackSize(body_size);
  for (size_t i = count; i-- > 0;) {
    out[i] = static_cast<char>((body_size & 0x7f) | (i > 0 ? 0x80 : 0));
    body_size >>= 7;
  }
  return out + count;
}

char* WriteLittleEndian(uint64_t value, int byte_count, char* out) {
  for (int i = 0; i < byte_count; ++i) *out++ = static_cast<char>(value >> (8 * i));
  return out;
}

int64_t ReadSignedLittleEndian(const char* at, int byte_count) {
  uint64_t value = 0;
  for (int i = 0; i < byte_count; ++i) value |= uint64_t{ByteAt(at + i)} << (8 * i);
  const int unused_bits = 64 - 8 * byte_count;
  return static_cast<int64_t>(value << unused_bits) >> unused_bits;
}

char* WriteInteger(int64_t integer, char* out) {
  const uint64_t bits = static_cast<uint64_t>(integer);
  if (integer >= 0 && integer <= 127) {
    *out++ = static_cast<char>(integer);
    return out;
  }
  if (FitsBits(integer, 13)) {
    *out++ = static_cast<char>(kInteger13 | ((bits >> 8) & 0x1f));
    *out++ = static_cast<char>(bits);
    return out;
  }
  const int byte_count = PayloadBytes(integer);
  const uint8_t head = byte_count == 8 ? kInteger64 : kInteger16 + (byte_count - 2);
  *out++ = static_cast<char>(head);
  return WriteLittleEndian(bits, byte_count, out);
}

char* WriteText(absl::string_view text, char* out) {
  const size_t size = text.size();
  if (size <= kShortTextMax) {
    *out++ = static_cast<char>(kShortText | size);
  } else if (size <= kMiddleTextMax) {
    *out++ = static_cast<char>(kMiddleText | (size >> 8));
    *out++ = static_cast<char>(size);
  } else {
    CHECK_LE(size, size_t{UINT32_MAX});
    *out++ = static_cast<char>(kLongText);
    out = WriteLittleEndian(size, 4, out);
  }
  if (size > 0) std::memcpy(out, text.data(), size);
  return out + size;
}

size_t LongTextSize(const char* at) {
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i) size |= uint32_t{ByteAt(at + 1 + i)} << (8 * i);
  return size;
}

size_t MiddleTextSize(const char* at) { return (size_t{ByteAt(at)} & 0x0f) << 8 | ByteAt(at + 1); }

// For heads from kInteger13 up.
size_t BodySizeAt(const char* at) {
  const uint8_t head = ByteAt(at);
  if (head < kMiddleText) return 2;
  if (head < kLongText) return 2 + MiddleTextSize(at);
  switch (head) {
    case kLongText:
      return 5 + LongTextSize(at);
    case kInteger16:
      return 3;
    case kInteger24:
      return 4;
    case kInteger32:
      return 5;
    default:
      CHECK_EQ(int{head}, int{kInteger64});
      return 9;
  }
}

PackedElement Integer(int64_t integer) { return {.is_integer = true, .integer = integer}; }

}  // namespace

PackedElement PackedElement::Of(absl::string_view text) {
  if (const auto integer = ParseInt64(text)) return Integer(*integer);
  return {.text = text};
}

size_t PackedSize(const PackedElement& element) {
  const size_t body_size = BodySize(element);
  return body_size + BackSize(body_size);
}

char* WritePacked(const PackedElement& element, char* out) {
  char* const end =
      element.is_integer ? WriteInteger(element.integer, out) : WriteText(element.text, out);
  return WriteBack(static_cast<size_t>(end - out), end);
}

namespace packed_internal {

PackedElement ReadLonger(const char* at) {
  const uint8_t head = ByteAt(at);
  if (head < kMiddleText) {
    // Thirteen bits at the top of a word, then shifted down with their sign.
    const uint64_t bits = uint64_t{head} << 8 | ByteAt(at + 1);
    return Integer(static_cast<int64_t>(bits << 51) >> 51);
  }
  if (head < kLongText) return {.text = {at + 2, MiddleTextSize(at)}};
  if (head == kLongText) return {.text = {at + 5, LongTextSize(at)}};
  return Integer(ReadSignedLittleEndian(at + 1, static_cast<int>(BodySizeAt(at)) - 1));
}

size_t SizeAtLonger(const char* at) {
  const size_t body_size = BodySizeAt(at);
  return body_size + BackSize(body_size);
}

size_t SizeBeforeLonger(const char* end) {
  size_t body_size = 0;
  size_t back_size = 0;
  while (true) {
    const uint8_t byte = ByteAt(end - 1 - back_size);
    body_size |= size_t{byte & 0x7fu} << (7 * back_size);
    ++back_size;
    if ((byte & 0x80) == 0) return body_size + back_size;
  }
}

}  // namespace packed_internal
}  // namespace holdfast
