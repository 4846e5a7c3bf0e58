// The record: one entry of a group's log as bytes, the same in memory, between nodes and on disk.
//
//   byte  size
//      0     8  n, the payload's length; at least 1
//      8     4  CRC-32C of bytes 0..7 and of everything from byte 12 on, padding included
//     12     4  zero
//     16     8  LSN
//     24     8  epoch in which the record was written
//     32     8  log_time in ms at which its effects were executed
//     40     8  commit LSN known then
//     48     n  payload: effects (storage/effects/effect_format.h)
//   48+n  0..7  zeros, up to a multiple of 8
//
// Numbers are little endian. Records follow one another without a gap.
//
// 1. A record starts at a multiple of 8, and its first word is not zero: where zeros are found, the
//    log has not been written yet.
// 2. Equal records are equal bytes: a replica keeps and passes on what it received.
// 3. The rolling hash of a log is RollHash over the headers of all its records, from 0 on. Since
//    each header has its payload's CRC, equal hashes mean equal histories.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "net/base/random.h"
#include "net/base/types.h"

namespace holdfast {

struct RecordHeader {
  uint64_t payload_bytes = 0;
  uint32_t crc = 0;
  uint32_t zero = 0;
  Lsn lsn;
  Epoch epoch;
  Millis log_time;
  Lsn commit;
};
inline constexpr size_t kRecordHeaderBytes = 48;
static_assert(sizeof(RecordHeader) == kRecordHeaderBytes);

// A record that was read; the views point into the bytes it was read from.
struct Record {
  RecordHeader header;
  absl::string_view payload;
  absl::string_view framed;  // all of it, padding included
};

// What a record with such a payload takes.
constexpr size_t FramedBytes(uint64_t payload_bytes) {
  return (kRecordHeaderBytes + static_cast<size_t>(payload_bytes) + 7) & ~size_t{7};
}

// Writes a record to `place`, where FramedBytes(payload.size()) bytes are free, except its first
// word. Length, CRC and zero of `header` need not be set. Returns the first word, which completes
// the record: whoever shares memory with a reader stores it last.
uint64_t WriteRecordBody(char* place, RecordHeader header, absl::string_view payload);
void AppendRecord(Buffer& to, const RecordHeader& header, absl::string_view payload);

// The record that `bytes` start with. OutOfRange if they end before it does, DataLoss if it is
// damaged.
absl::StatusOr<Record> ReadRecord(absl::string_view bytes);
// The same for a record that is known to be whole and sound.
Record ReadTrustedRecord(const char* place);
// The LSN of the last of several whole records; 0 if there are none.
Lsn LastLsnOf(absl::string_view records);

// The rolling hash of a log with one more record.
constexpr uint64_t RollHash(uint64_t hash, const RecordHeader& header) {
  hash = MixBits(hash + header.epoch.value);
  hash = MixBits(hash + header.lsn.value);
  return MixBits(hash + header.crc);
}

}  // namespace holdfast
