#include "storage/rdb/packed_blocks.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/str_format.h"
#include "net/base/status.h"
#include "storage/rdb/window.h"

namespace holdfast::rdb {
namespace {

constexpr uint8_t kEndByte = 0xff;

absl::Status Broken(absl::string_view what, absl::string_view why) {
  return absl::DataLossError(absl::StrFormat("a %s %s", what, why));
}

// A block is all there: what is missing in it will never come.
absl::Status WithinBlock(absl::string_view what, const absl::Status& status) {
  return absl::IsOutOfRange(status) ? Broken(what, "ends in the middle of an element") : status;
}

// An integer of 1 to 8 bytes, two's complement, little endian.
absl::StatusOr<int64_t> TakeInteger(Window& window, int bytes) {
  ASSIGN_OR_RETURN(const absl::string_view raw, window.Bytes(static_cast<uint64_t>(bytes)));
  uint64_t value = 0;
  std::memcpy(&value, raw.data(), raw.size());
  const int unused = 64 - 8 * bytes;
  return static_cast<int64_t>(value << unused) >> unused;
}

PackedElement Integer(int64_t value) { return {.is_integer = true, .integer = value}; }

absl::StatusOr<PackedElement> TakeText(Window& window, uint64_t size) {
  ASSIGN_OR_RETURN(const absl::string_view text, window.Bytes(size));
  return PackedElement{.text = text};
}

absl::StatusOr<PackedElement> TakeIntegerElement(Window& window, int bytes) {
  ASSIGN_OR_RETURN(const int64_t value, TakeInteger(window, bytes));
  return Integer(value);
}

absl::StatusOr<PackedElement> TakeListpackElement(Window& window, uint8_t head) {
  if (head < 0x80) return Integer(head);
  if (head < 0xc0) return TakeText(window, head & 0x3f);
  if (head < 0xe0) {
    ASSIGN_OR_RETURN(const uint8_t low, window.Fixed<uint8_t>());
    const int value = (head & 0x1f) << 8 | low;
    return Integer(value < 1 << 12 ? value : value - (1 << 13));
  }
  if (head < 0xf0) {
    ASSIGN_OR_RETURN(const uint8_t low, window.Fixed<uint8_t>());
    return TakeText(window, static_cast<uint64_t>(head & 0x0f) << 8 | low);
  }
  switch (head) {
    case 0xf0: {
      ASSIGN_OR_RETURN(const uint32_t size, window.Fixed<uint32_t>());
      return TakeText(window, size);
    }
    case 0xf1:
      return TakeIntegerElement(window, 2);
    case 0xf2:
      return TakeIntegerElement(window, 3);
    case 0xf3:
      return TakeIntegerElement(window, 4);
    case 0xf4:
      return TakeIntegerElement(window, 8);
    default:
      return Broken("listpack", "has an element of no known kind");
  }
}

// The size of an element, told once more behind it: 7 bits a byte, the highest first.
absl::Status TakeBackwardSize(Window& window, uint64_t size) {
  const int bytes = size < 128         ? 1
                    : size < 16384     ? 2
                    : size < 2097152   ? 3
                    : size < 268435456 ? 4
                                       : 5;
  uint64_t told = 0;
  for (int i = 0; i < bytes; ++i) {
    ASSIGN_OR_RETURN(const uint8_t byte, window.Fixed<uint8_t>());
    if ((byte & 0x80) != (i == 0 ? 0 : 0x80))
      return Broken("listpack", "cannot be walked backwards");
    told = told << 7 | (byte & 0x7f);
  }
  return told == size ? absl::OkStatus() : Broken("listpack", "cannot be walked backwards");
}

absl::StatusOr<PackedElement> TakeZiplistElement(Window& window) {
  ASSIGN_OR_RETURN(const uint8_t head, window.Fixed<uint8_t>());
  switch (head >> 6) {
    case 0:
      return TakeText(window, head);
    case 1: {
      ASSIGN_OR_RETURN(const uint8_t low, window.Fixed<uint8_t>());
      return TakeText(window, static_cast<uint64_t>(head & 0x3f) << 8 | low);
    }
    case 2: {
      ASSIGN_OR_RETURN(const uint32_t size, window.Fixed<uint32_t>());
      return TakeText(window, __builtin_bswap32(size));
    }
    default:
      break;
  }
  switch (head) {
    case 0xc0:
      return TakeIntegerElement(window, 2);
    case 0xd0:
      return TakeIntegerElement(window, 4);
    case 0xe0:
      return TakeIntegerElement(window, 8);
    case 0xf0:
      return TakeIntegerElement(window, 3);
    case 0xfe:
      return TakeIntegerElement(window, 1);
    default:
      if (head < 0xf1 || head > 0xfd) return Broken("ziplist", "has an element of no known kind");
      return Integer((head & 0x0f) - 1);
  }
}

// Sizes in a zipmap, and that of the element before in a ziplist: one byte, or a mark and four.
absl::StatusOr<uint32_t> TakeShortSize(Window& window) {
  constexpr uint8_t kFourBytes = 0xfe;
  ASSIGN_OR_RETURN(const uint8_t first, window.Fixed<uint8_t>());
  if (first == kFourBytes) return window.Fixed<uint32_t>();
  return first;
}

absl::Status WalkListpack(Window window, VisitElement visit, uint64_t& count) {
  for (;; ++count) {
    const absl::string_view start = window.rest();
    ASSIGN_OR_RETURN(const uint8_t head, window.Fixed<uint8_t>());
    if (head == kEndByte) break;
    ASSIGN_OR_RETURN(const PackedElement element, TakeListpackElement(window, head));
    RETURN_IF_ERROR(TakeBackwardSize(window, start.size() - window.rest().size()));
    RETURN_IF_ERROR(visit(element));
  }
  return window.rest().empty() ? absl::OkStatus() : Broken("listpack", "goes on behind its end");
}

absl::Status WalkZiplist(Window window, VisitElement visit, uint64_t& count) {
  size_t previous = 0;
  for (;; ++count) {
    if (!window.rest().empty() && static_cast<uint8_t>(window.rest()[0]) == kEndByte) break;
    const size_t before = window.rest().size();
    ASSIGN_OR_RETURN(const uint32_t told, TakeShortSize(window));
    if (told != previous) return Broken("ziplist", "cannot be walked backwards");
    ASSIGN_OR_RETURN(const PackedElement element, TakeZiplistElement(window));
    RETURN_IF_ERROR(visit(element));
    previous = before - window.rest().size();
  }
  return window.rest().size() == 1 ? absl::OkStatus() : Broken("ziplist", "goes on behind its end");
}

absl::Status WalkZipmap(Window window, VisitElement visit, uint64_t& count) {
  for (;; ++count) {
    if (!window.rest().empty() && static_cast<uint8_t>(window.rest()[0]) == kEndByte) break;
    ASSIGN_OR_RETURN(const uint32_t key_size, TakeShortSize(window));
    ASSIGN_OR_RETURN(const PackedElement key, TakeText(window, key_size));
    ASSIGN_OR_RETURN(const uint32_t value_size, TakeShortSize(window));
    ASSIGN_OR_RETURN(const uint8_t free_bytes, window.Fixed<uint8_t>());
    ASSIGN_OR_RETURN(const PackedElement value, TakeText(window, value_size));
    RETURN_IF_ERROR(window.Bytes(free_bytes).status());
    RETURN_IF_ERROR(visit(key));
    RETURN_IF_ERROR(visit(value));
  }
  return window.rest().size() == 1 ? absl::OkStatus() : Broken("zipmap", "goes on behind its end");
}

absl::Status CheckCount(absl::string_view what, uint64_t told, uint64_t unknown, uint64_t counted) {
  if (told == unknown || told == counted) return absl::OkStatus();
  return Broken(what, absl::StrFormat("has %d elements and says %d", counted, told));
}

}  // namespace

absl::Status ReadListpack(absl::string_view block, VisitElement visit) {
  constexpr uint16_t kUncounted = 0xffff;
  Window window(block);
  const auto bytes = window.Fixed<uint32_t>();
  const auto told = window.Fixed<uint16_t>();
  if (!bytes.ok() || !told.ok() || *bytes != block.size()) {
    return Broken("listpack", "has not the size that it says");
  }
  uint64_t count = 0;
  RETURN_IF_ERROR(WithinBlock("listpack", WalkListpack(window, visit, count)));
  return CheckCount("listpack", *told, kUncounted, count);
}

absl::Status ReadZiplist(absl::string_view block, VisitElement visit) {
  constexpr uint16_t kUncounted = 0xffff;
  Window window(block);
  const auto bytes = window.Fixed<uint32_t>();
  const auto last = window.Fixed<uint32_t>();
  const auto told = window.Fixed<uint16_t>();
  if (!bytes.ok() || !last.ok() || !told.ok() || *bytes != block.size()) {
    return Broken("ziplist", "has not the size that it says");
  }
  uint64_t count = 0;
  RETURN_IF_ERROR(WithinBlock("ziplist", WalkZiplist(window, visit, count)));
  return CheckCount("ziplist", *told, kUncounted, count);
}

absl::Status ReadIntset(absl::string_view block, VisitElement visit) {
  Window window(block);
  const auto bytes = window.Fixed<uint32_t>();
  const auto count = window.Fixed<uint32_t>();
  const bool known = bytes.ok() && (*bytes == 2 || *bytes == 4 || *bytes == 8);
  if (!known || !count.ok() || window.rest().size() != uint64_t{*bytes} * *count) {
    return Broken("intset", "has not the size that it says");
  }
  for (uint32_t i = 0; i < *count; ++i) {
    ASSIGN_OR_RETURN(const int64_t value, TakeInteger(window, static_cast<int>(*bytes)));
    RETURN_IF_ERROR(visit(Integer(value)));
  }
  return absl::OkStatus();
}

absl::Status ReadZipmap(absl::string_view block, VisitElement visit) {
  constexpr uint8_t kUncounted = 254;
  Window window(block);
  const auto told = window.Fixed<uint8_t>();
  if (!told.ok()) return Broken("zipmap", "is empty");
  uint64_t count = 0;
  RETURN_IF_ERROR(WithinBlock("zipmap", WalkZipmap(window, visit, count)));
  return CheckCount("zipmap", *told >= kUncounted ? kUncounted : *told, kUncounted, count);
}

}  // namespace holdfast::rdb
