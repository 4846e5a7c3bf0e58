// Redis's dump file: the bytes of an RDB, and of a DUMP payload.
//
//   file      "REDIS" and the version in four digits, items, kEnd, CRC-64 of all before (8 bytes,
//             little endian; 0: none was computed; versions below 5 have none at all)
//   item      opcode 1 and what it announces, or a value: type 1, key as a string, value
//
//     aux            two strings: what the writer says about itself
//     select         length: the database of what follows
//     resize         two lengths: keys in this database, and those of them with a deadline
//     expire         8 bytes of milliseconds, or 4 of seconds: of the next value
//     idle, freq     length; one byte: when and how often the next value was used
//     function       string: the source of a library
//     module aux     a module's own data
//     slot info      three lengths, which are only hints
//
//   length    00vvvvvv                  6 bits
//             01vvvvvv vvvvvvvv         14 bits, high byte first
//             10000000 and 4 bytes      high byte first
//             10000001 and 8 bytes      high byte first
//             11eeeeee                  no length: a string in encoding e
//   string    length, bytes             or, with encoding
//             0, 1, 2                   an integer of 1, 2 or 4 bytes, little endian
//             3                         LZF: compressed length, length, compressed bytes
//
//   payload   type 1, value, version 2, CRC-64 of all before: what DUMP answers. No key.
//
// How each type's value is made of lengths and strings stands in value_shape.cc. The facts are
// Redis's (rdb.h of 2.8 to 7.4, and Valkey's through 8).
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace holdfast::rdb {

inline constexpr absl::string_view kMagic = "REDIS";
inline constexpr size_t kVersionDigits = 4;
inline constexpr size_t kHeaderBytes = 5 + kVersionDigits;
inline constexpr size_t kChecksumBytes = 8;
// What is read, and what is written.
inline constexpr int kOldestVersion = 1;
inline constexpr int kNewestVersion = 12;
inline constexpr int kFirstVersionWithChecksum = 5;
inline constexpr int kWrittenVersion = 10;

enum class Opcode : uint8_t {
  kSlotInfo = 244,
  kFunction = 245,
  kFunctionBeforeRelease = 246,
  kModuleAux = 247,
  kIdle = 248,
  kFrequency = 249,
  kAux = 250,
  kResize = 251,
  kExpireMillis = 252,
  kExpireSeconds = 253,
  kSelect = 254,
  kEnd = 255,
};

enum class Type : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSetText = 3,
  kHash = 4,
  kSortedSet = 5,
  kModuleBeforeRelease = 6,
  kModule = 7,
  kHashZipmap = 9,
  kListZiplist = 10,
  kSetIntset = 11,
  kSortedSetZiplist = 12,
  kHashZiplist = 13,
  kListQuicklist = 14,
  kStream = 15,
  kHashListpack = 16,
  kSortedSetListpack = 17,
  kListQuicklist2 = 18,
  kStream2 = 19,
  kSetListpack = 20,
  kStream3 = 21,
  kHashFieldTtlBeforeRelease = 22,
  kHashListpackTtlBeforeRelease = 23,
  kHashFieldTtl = 24,
  kHashListpackTtl = 25,
};

// The first byte of a length.
inline constexpr uint8_t kLengthFormMask = 0xc0;
inline constexpr uint8_t kLength6 = 0x00;
inline constexpr uint8_t kLength14 = 0x40;
inline constexpr uint8_t kEncoded = 0xc0;
inline constexpr uint8_t kLength32 = 0x80;
inline constexpr uint8_t kLength64 = 0x81;

enum class StringEncoding : uint8_t { kInt8 = 0, kInt16 = 1, kInt32 = 2, kLzf = 3 };

// Of the nodes of a kListQuicklist2: one element as it is, or a listpack of several.
inline constexpr uint64_t kPlainNode = 1;
inline constexpr uint64_t kPackedNode = 2;

}  // namespace holdfast::rdb
