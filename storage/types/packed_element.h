// One element of a packed collection: how it is spelled in bytes, and what it says.
//
// The bytes are those of an entry of Redis's listpack, so that a packed collection is already what
// an RDB file wants to hold:
//
//   head                          payload            says
//   0vvvvvvv                                         integer 0..127
//   10llllll                      text               text of up to 63 bytes
//   110vvvvv vvvvvvvv                                integer of 13 bits, two's complement
//   1110llll llllllll             text               text of up to 4095 bytes
//   11110000 and 4 bytes          text               longer text (length little endian)
//   11110001                      2 bytes            integer, two's complement, little endian
//   11110010                      3 bytes            integer
//   11110011                      4 bytes            integer
//   11110100                      8 bytes            integer
//
// After the payload comes the size of head and payload once more, for walking backwards: 7 bits a
// byte, the highest first; every byte but the first has its top bit set, so that a reader coming
// from the right knows where to stop.
//
// 1. A text that is the canonical spelling of an int64_t is always stored as an integer, and always
//    as the shortest one. Equal elements therefore have equal bytes.
// 2. Nothing here checks bytes that came from outside; readers trust what WritePacked wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "net/resp/number_text.h"

namespace holdfast {

// Room to spell an integer element in.
struct IntegerText {
  char bytes[kInt64TextMax];
};

struct PackedElement {
  bool is_integer = false;
  int64_t integer = 0;     // is_integer
  absl::string_view text;  // otherwise

  // The element that `text` is stored as. The view must outlive it.
  static PackedElement Of(absl::string_view text);

  // The element as a client wrote it; an integer is spelled out in `scratch`.
  absl::string_view Text(IntegerText& scratch) const {
    if (!is_integer) return text;
    return {scratch.bytes, FormatInt64(integer, scratch.bytes)};
  }
  std::string ToString() const {
    IntegerText scratch;
    return std::string(Text(scratch));
  }

  bool operator==(const PackedElement& other) const {
    return is_integer == other.is_integer && integer == other.integer && text == other.text;
  }
};

// How many bytes WritePacked needs.
size_t PackedSize(const PackedElement& element);
// Writes the element and returns the end.
char* WritePacked(const PackedElement& element, char* out);

namespace packed_internal {

inline constexpr uint8_t kShortText = 0x80;
inline constexpr uint8_t kInteger13 = 0xc0;
inline constexpr uint8_t kShortTextMask = 0x3f;

PackedElement ReadLonger(const char* at);
size_t SizeAtLonger(const char* at);
size_t SizeBeforeLonger(const char* end);

}  // namespace packed_internal

// The element that starts at `at`; its text points into the packed bytes.
inline PackedElement ReadPacked(const char* at) {
  const auto head = static_cast<uint8_t>(*at);
  if (head < packed_internal::kShortText) return {.is_integer = true, .integer = head};
  if (head < packed_internal::kInteger13) {
    return {.text = {at + 1, size_t{head} & packed_internal::kShortTextMask}};
  }
  return packed_internal::ReadLonger(at);
}

// The size of the element that starts at `at`, all included.
inline size_t PackedSizeAt(const char* at) {
  const auto head = static_cast<uint8_t>(*at);
  if (head < packed_internal::kShortText) return 2;
  if (head < packed_internal::kInteger13) return 2 + (head & packed_internal::kShortTextMask);
  return packed_internal::SizeAtLonger(at);
}

// The size of the element that ends before `end`, all included.
inline size_t PackedSizeBefore(const char* end) {
  const auto last = static_cast<uint8_t>(end[-1]);
  return last < 0x80 ? size_t{last} + 1 : packed_internal::SizeBeforeLonger(end);
}

}  // namespace holdfast
