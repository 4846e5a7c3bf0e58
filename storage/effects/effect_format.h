// Effects: what a command did, as bytes that do the same again.
//
// An effect names one change of the keyspace so that nothing is left to chance, to a clock or to a
// configuration: deadlines are absolute, numbers are results, elements are chosen. A record's
// payload is the effects of one command or one EXEC, one after another.
//
//   op                  bytes behind it
//    0  nothing         -                     the first record of an epoch
//    1  put text        db key text           the key has no deadline after it
//    2  put text until  db key time text
//    3  put integer     db key int
//    4  put integer until  db key time int
//    5  set integer     db key int            the deadline stays
//    6  append          db key text
//    7  set range       db key n text         from byte n on; what is between becomes zero
//    8  erase           db key
//    9  set deadline    db key time
//   10  clear deadline  db key
//   11  push            db key end n text*n   one after another; makes the list if it is absent
//   12  pop             db key end n          an emptied list goes, as with 13 and 16
//   13  trim            db key n n            keeps n elements from index n on
//   14  set element     db key n text
//   15  insert element  db key n side text    next to the element at index n
//   16  remove matches  db key int text       as LREM counts
//   17  rotate          db key end end        from one end to the other, or the same
//   18  rename          db key db key         overwrites, as 19 does
//   19  copy            db key db key
//   20  expire due      slot time n           the first n keys due at that time, soonest first
//   21  flush           db
//   22  swap            db db
//   23  put opaque      db key type text     a value as an RDB has it; no deadline after it
//   24  put opaque until  db key time type text
//
//   db 1 byte · key, text: length as n, then bytes · n varint, 7 bits a byte, low bits first
//   time, int 8 bytes · slot 2 bytes (little endian) · end, side, type 1 byte: 0 front/before, 1
//   back/after
//
// An op keeps its number and its bytes for ever: nodes of two versions share a log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace holdfast {

enum class EffectOp : uint8_t {
  kNothing = 0,
  kPutText = 1,
  kPutTextUntil = 2,
  kPutInteger = 3,
  kPutIntegerUntil = 4,
  kSetInteger = 5,
  kAppend = 6,
  kSetRange = 7,
  kErase = 8,
  kSetDeadline = 9,
  kClearDeadline = 10,
  kPush = 11,
  kPop = 12,
  kTrim = 13,
  kSetElement = 14,
  kInsertElement = 15,
  kRemoveMatches = 16,
  kRotate = 17,
  kRename = 18,
  kCopy = 19,
  kExpireDue = 20,
  kFlush = 21,
  kSwap = 22,
  kPutOpaque = 23,
  kPutOpaqueUntil = 24,
};

// The payload of a record that does nothing.
inline constexpr absl::string_view kNothingEffect{"\0", 1};

// Reads the parts of effects one after another. When bytes are missing or make no sense it fails:
// ok() is false from then on, and everything reads as zero or empty.
class EffectReader {
 public:
  explicit EffectReader(absl::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool done() const { return bytes_.empty(); }
  void Fail() {
    ok_ = false;
    bytes_ = {};
  }

  uint8_t Byte() {
    const absl::string_view taken = Take(1);
    return taken.empty() ? 0 : static_cast<uint8_t>(taken[0]);
  }
  // A byte below `limit`.
  uint8_t ByteBelow(uint8_t limit) {
    const uint8_t byte = Byte();
    if (byte < limit) return byte;
    Fail();
    return 0;
  }
  template <typename Number>
  Number Fixed() {
    Number number = 0;
    const absl::string_view taken = Take(sizeof(number));
    if (!taken.empty()) std::memcpy(&number, taken.data(), sizeof(number));
    return number;
  }
  uint64_t Varint() {
    uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      const uint64_t bits = byte & 0x7f;
      if (shift == 63 && bits > 1) break;
      number |= bits << shift;
      if (byte < 0x80) return number;
    }
    Fail();
    return 0;
  }
  absl::string_view Bytes() { return Take(Varint()); }

 private:
  absl::string_view Take(uint64_t count) {
    if (count > bytes_.size()) {
      Fail();
      return {};
    }
    const absl::string_view taken = bytes_.substr(0, static_cast<size_t>(count));
    bytes_.remove_prefix(static_cast<size_t>(count));
    return taken;
  }

  absl::string_view bytes_;
  bool ok_ = true;
};

}  // namespace holdfast
