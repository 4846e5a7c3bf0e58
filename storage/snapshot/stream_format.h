// The snapshot stream: a keyspace at one cut, as a row of blocks.
//
//   block     bytes      payload size, at most kSnapshotPayloadBytesMax   } little endian,
//   header      4        number of the block, from 0                      } as all numbers here
//    12         4        CRC-32C of the eight bytes before and of the payload
//   payload              records, none of which goes on in the next block
//
//   record    kind 1, size of the body 4, body
//     B begin   magic "HFSNAP" and version, 8 bytes; then 8 bytes each: generation, cut LSN,
//               epoch, rolling hash, log time in ms, hash seed. Is the first record.
//     E entry   one whole entry
//     P piece   a part of an entry that is too large for a block. The parts of one entry follow
//               one another; other records may stand in between, but no other entry's parts.
//     Z end     8 bytes: number of entries. Is the last record.
//
//   entry     database 1, form 1, [deadline in ms 8, if form has kHasDeadline], key size varint,
//   key,
//             value:  text, roomy text   size varint, bytes
//                     opaque             as text: a type, a value as an RDB has it
//                     integer            8
//                     list               elements varint, then for each: size varint, bytes
//
// Databases are numbered as clients saw them at the cut. Deadlines are absolute log time; a key
// that is past its deadline is still there. Varints have 7 bits a byte, low bits first.
//
// Entries come in no particular order, each key once. A reader that knows another version refuses.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "net/base/limits.h"
#include "net/base/number_bytes.h"
#include "net/base/types.h"

namespace holdfast {

// What a snapshot says about itself before its first entry.
struct SnapshotHeader {
  uint64_t generation = 0;  // told apart by it: the sync session, or the file's number
  Lsn cut;                  // everything up to here is in it, nothing after
  Epoch epoch;              // of the record at the cut
  uint64_t rolling_hash = 0;
  Millis log_time;
  uint64_t hash_seed = 0;
  bool operator==(const SnapshotHeader&) const = default;
};

namespace snapshot_format {

inline constexpr absl::string_view kMagic{"HFSNAP\0\1", 8};  // the last two bytes are the version

inline constexpr size_t kBlockHeaderBytes = 12;
inline constexpr size_t kRecordHeaderBytes = 5;
inline constexpr size_t kBeginBytes = 8 + 6 * 8;
inline constexpr size_t kEndBytes = 8;

enum class RecordKind : char { kBegin = 'B', kEntry = 'E', kPiece = 'P', kEnd = 'Z' };

enum class Form : uint8_t { kText = 0, kRoomyText = 1, kInteger = 2, kList = 3, kOpaque = 4 };
inline constexpr uint8_t kFormMask = 0x0f;
inline constexpr uint8_t kHasDeadline = 0x10;

// The largest database, form, deadline, key size, and value size before a value's bytes.
inline constexpr size_t kEntryFramingMax = 2 + 8 + 10 + 10;
static_assert(limits::kSnapshotPayloadBytesMax >
              limits::kSnapshotSmallEntryBytesMax + kEntryFramingMax + kRecordHeaderBytes);

inline constexpr size_t kVarintBytesMax = 10;
inline char* StoreVarint(char* at, uint64_t number) {
  for (; number >= 0x80; number >>= 7) *at++ = static_cast<char>(number | 0x80);
  *at++ = static_cast<char>(number);
  return at;
}

}  // namespace snapshot_format
}  // namespace holdfast
