// Entry: one key with its value and optional deadline, in one block of memory.
//
//   byte 0     type (low 4 bits) and flags
//   bytes 1-3  access clock (see access_clock)
//   varint     key length, 7 bits a byte, low bits first
//   6 or 8     deadline in ms of log time          } with kHasDeadline; 8 bytes only with
//   4          position in the expiry index        } kWideDeadline (after the year 10889)
//   ...        key bytes
//   ...        value: plain string    varint length, bytes
//                     roomy string    u32 length, u32 capacity, bytes       (kRoomy)
//                     integer         8 bytes                               (kInteger)
//                     collection      8-byte pointer to the value's object
//                     opaque          as a plain string: a type, a value as an RDB has it
//
// A string becomes roomy when it is edited in place (APPEND, SETRANGE): it then has room to grow,
// and counts as encoding "raw" as it does in Redis.
//
// Opaque values are of types that have no commands here: they are kept as they came.
//
// 1. The block's size follows from its contents (BlockSize).
// 2. Only the Keyspace makes, moves and frees entries. Others read them, or edit a value in place.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "absl/strings/string_view.h"
#include "net/base/check.h"
#include "net/base/types.h"

namespace holdfast {

class List;

enum class ValueType : uint8_t { kString = 0, kList = 1, kOpaque = 2 };

// What to store under a key; the views and the list must live until the write returns.
struct Value {
  enum class Kind : uint8_t { kText, kInteger, kRoomy, kList, kOpaque };
  Kind kind = Kind::kText;
  uint8_t opaque_type = 0;  // kOpaque: its type in an RDB
  absl::string_view text;   // kText, kRoomy; kOpaque: the value's bytes in an RDB
  size_t capacity = 0;      // kRoomy: bytes of room, at least text.size()
  int64_t integer = 0;      // kInteger
  List* list = nullptr;     // kList: ownership goes to the entry

  static Value Text(absl::string_view text) { return {.kind = Kind::kText, .text = text}; }
  static Value Integer(int64_t integer) { return {.kind = Kind::kInteger, .integer = integer}; }
  static Value Roomy(absl::string_view text, size_t capacity) {
    return {.kind = Kind::kRoomy, .text = text, .capacity = capacity};
  }
  static Value OfList(List* list) { return {.kind = Kind::kList, .list = list}; }
  static Value Opaque(uint8_t type, absl::string_view bytes) {
    return {.kind = Kind::kOpaque, .opaque_type = type, .text = bytes};
  }
};

// Entry::access_clock() at a time, under the policies that count seconds.
inline uint32_t AccessClock(Millis now) {
  return static_cast<uint32_t>(now.value / 1000) & 0xffffff;
}

class Entry {
 public:
  // What a new entry's block needs.
  static size_t BlockSizeFor(size_t key_size, std::optional<Millis> deadline, const Value& value);
  // Writes a whole entry into `block`, of BlockSizeFor(...) bytes. The key may already be in place.
  static Entry* Write(void* block, absl::string_view key, std::optional<Millis> deadline,
                      const Value& value);

  Entry() = delete;
  Entry(const Entry&) = delete;

  ValueType type() const { return static_cast<ValueType>(head() & kTypeMask); }
  bool is_integer() const { return (head() & kInteger) != 0; }
  bool is_roomy() const { return (head() & kRoomy) != 0; }
  bool has_deadline() const { return (head() & kHasDeadline) != 0; }

  absl::string_view key() const {
    const Header header = ReadHeader();
    return {reinterpret_cast<const char*>(bytes()) + header.key_offset, header.key_size};
  }

  // Absolute log time; the key is gone when log time has reached it. Only with has_deadline().
  Millis deadline() const;
  // Overwrites a deadline by one that needs the same room (DeadlineFits).
  void set_deadline(Millis deadline);
  bool DeadlineFits(Millis deadline) const;
  uint32_t expiry_position() const;
  void set_expiry_position(uint32_t position);

  // 24 bits that the eviction policy owns: seconds of last use modulo 2^24 under LRU; under LFU
  // minutes modulo 2^16 shifted by 8, or'ed with a logarithmic counter.
  uint32_t access_clock() const {
    return bytes()[1] | uint32_t{bytes()[2]} << 8 | uint32_t{bytes()[3]} << 16;
  }
  void set_access_clock(uint32_t clock) {
    bytes()[1] = static_cast<uint8_t>(clock);
    bytes()[2] = static_cast<uint8_t>(clock >> 8);
    bytes()[3] = static_cast<uint8_t>(clock >> 16);
  }

  // The bytes of a string that is not an integer.
  absl::string_view text() const {
    CHECK(type() == ValueType::kString && !is_integer());
    return value_bytes();
  }
  // Those, or the type and bytes of an opaque value.
  absl::string_view value_bytes() const;
  // What the entry holds, for looking at: a list stays the entry's.
  Value value() const;
  int64_t integer() const { return Load<int64_t>(ValueOffset()); }
  void set_integer(int64_t integer) { Store(ValueOffset(), integer); }
  List* list() const {
    CHECK(type() == ValueType::kList);
    return Load<List*>(ValueOffset());
  }

  // Roomy strings: how long they may get in place, and the editing itself.
  size_t capacity() const { return Load<uint32_t>(ValueOffset() + 4); }
  char* mutable_text() { return reinterpret_cast<char*>(bytes()) + ValueOffset() + 8; }
  void set_text_size(size_t size) {
    CHECK(size <= capacity());
    Store(ValueOffset(), static_cast<uint32_t>(size));
  }

  size_t BlockSize() const;

 private:
  static constexpr uint8_t kTypeMask = 0x0f;
  static constexpr uint8_t kHasDeadline = 0x10;
  static constexpr uint8_t kWideDeadline = 0x20;
  static constexpr uint8_t kInteger = 0x40;
  static constexpr uint8_t kRoomy = 0x80;
  static constexpr size_t kFixedBytes = 4;
  static constexpr size_t kPositionBytes = 4;

  struct Header {
    size_t deadline_offset;
    size_t key_offset;
    size_t key_size;
  };

  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this); }
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this); }
  uint8_t head() const { return bytes()[0]; }
  size_t DeadlineBytes() const { return (head() & kWideDeadline) != 0 ? 8 : 6; }

  Header ReadHeader() const {
    size_t offset = kFixedBytes;
    size_t key_size = bytes()[offset++];
    if (key_size >= 0x80) key_size = ReadVarint(&(offset = kFixedBytes));
    const size_t deadline_offset = offset;
    if (has_deadline()) offset += DeadlineBytes() + kPositionBytes;
    return {deadline_offset, offset, key_size};
  }
  size_t ReadVarint(size_t* offset) const;
  size_t ValueOffset() const {
    const Header header = ReadHeader();
    return header.key_offset + header.key_size;
  }

  template <typename Number>
  Number Load(size_t offset) const {
    Number number;
    std::memcpy(&number, bytes() + offset, sizeof(number));
    return number;
  }
  template <typename Number>
  void Store(size_t offset, Number number) {
    std::memcpy(bytes() + offset, &number, sizeof(number));
  }
};

}  // namespace holdfast
