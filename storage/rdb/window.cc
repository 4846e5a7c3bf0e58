#include "storage/rdb/window.h"

#include <liblzf/lzf.h>

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/rdb/format.h"

namespace holdfast::rdb {
namespace {

// The longest match takes three bytes and gives this many.
constexpr uint64_t kLzfMatchMax = 264;
constexpr uint64_t kLzfMatchBytes = 3;

}  // namespace

absl::StatusOr<absl::string_view> Window::Bytes(uint64_t count) {
  if (count > rest_.size()) {
    missing_ = static_cast<size_t>(count) - rest_.size();
    return absl::OutOfRangeError("the bytes end in the middle");
  }
  const absl::string_view bytes = rest_.substr(0, static_cast<size_t>(count));
  rest_.remove_prefix(static_cast<size_t>(count));
  return bytes;
}

absl::StatusOr<Window::Head> Window::ReadHead() {
  ASSIGN_OR_RETURN(const uint8_t first, Fixed<uint8_t>());
  const uint8_t low = first & static_cast<uint8_t>(~kLengthFormMask);
  switch (first & kLengthFormMask) {
    case kLength6:
      return Head{.value = low};
    case kLength14: {
      ASSIGN_OR_RETURN(const uint8_t second, Fixed<uint8_t>());
      return Head{.value = uint64_t{low} << 8 | second};
    }
    case kEncoded:
      return Head{.encoded = true, .value = low};
    default:
      break;
  }
  if (first == kLength32) {
    ASSIGN_OR_RETURN(const uint32_t number, Fixed<uint32_t>());
    return Head{.value = __builtin_bswap32(number)};
  }
  if (first == kLength64) {
    ASSIGN_OR_RETURN(const uint64_t number, Fixed<uint64_t>());
    return Head{.value = __builtin_bswap64(number)};
  }
  return absl::DataLossError(absl::StrFormat("%02x begins no length", first));
}

absl::StatusOr<uint64_t> Window::Length() {
  ASSIGN_OR_RETURN(const Head head, ReadHead());
  if (head.encoded) return absl::DataLossError("an encoded string where a length belongs");
  return head.value;
}

template <typename Number>
absl::StatusOr<FileString> Window::IntegerString() {
  ASSIGN_OR_RETURN(const Number number, Fixed<Number>());
  return FileString(absl::StrCat(int64_t{number}));
}

absl::StatusOr<FileString> Window::CompressedString() {
  ASSIGN_OR_RETURN(const uint64_t compressed_bytes, Length());
  ASSIGN_OR_RETURN(const uint64_t bytes, Length());
  if (bytes / kLzfMatchMax > compressed_bytes / kLzfMatchBytes + 1 ||
      bytes > std::numeric_limits<unsigned>::max()) {
    return absl::DataLossError(absl::StrFormat(
        "%d compressed bytes cannot hold the %d that they claim to", compressed_bytes, bytes));
  }
  ASSIGN_OR_RETURN(const absl::string_view compressed, Bytes(compressed_bytes));
  std::string text(static_cast<size_t>(bytes), '\0');
  const unsigned got = lzf_decompress(compressed.data(), static_cast<unsigned>(compressed.size()),
                                      text.data(), static_cast<unsigned>(text.size()));
  if (got != bytes) return absl::DataLossError("a compressed string cannot be decompressed");
  return FileString(std::move(text));
}

absl::StatusOr<FileString> Window::String() {
  ASSIGN_OR_RETURN(const Head head, ReadHead());
  if (!head.encoded) {
    ASSIGN_OR_RETURN(const absl::string_view bytes, Bytes(head.value));
    return FileString(bytes);
  }
  switch (static_cast<StringEncoding>(head.value)) {
    case StringEncoding::kInt8:
      return IntegerString<int8_t>();
    case StringEncoding::kInt16:
      return IntegerString<int16_t>();
    case StringEncoding::kInt32:
      return IntegerString<int32_t>();
    case StringEncoding::kLzf:
      return CompressedString();
  }
  return absl::DataLossError(absl::StrFormat("no string has the encoding %d", head.value));
}

absl::Status Window::SkipString() {
  ASSIGN_OR_RETURN(const Head head, ReadHead());
  uint64_t bytes = head.value;
  if (head.encoded) {
    if (head.value <= static_cast<uint64_t>(StringEncoding::kInt32)) {
      bytes = uint64_t{1} << head.value;
    } else if (head.value == static_cast<uint64_t>(StringEncoding::kLzf)) {
      ASSIGN_OR_RETURN(bytes, Length());
      RETURN_IF_ERROR(Length().status());
    } else {
      return absl::DataLossError(absl::StrFormat("no string has the encoding %d", head.value));
    }
  }
  return Bytes(bytes).status();
}

}  // namespace holdfast::rdb
