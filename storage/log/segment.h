// Segment: one file of a log on disk.
//
//   byte  size
//      0     8  magic "HFLOG" and version
//      8     8  the log's id: of the group, or of the node that stands alone
//     16     8  epoch  }
//     24     8  LSN    } where the log stood before the first record of this segment
//     32     8  hash   }
//     40    20  zeros
//     60     4  CRC-32C of bytes 0..59
//     64        records (storage/log/format.h) and marks, one after another; behind them nothing,
//     or
//               zeros
//
//   mark  0     8  kMarkWord, which is no record's first word
//         8     8  LSN up to which the log was known to be on disk
//        16     4  CRC-32C of bytes 0..15
//        20     4  zero
//
// A crash may take any page that was written since the last fsync, and leave later ones: a hole is
// no damage by itself. A mark is written behind each fsync, so that a hole in front of a mark that
// vouches for what it swallowed is damage.
//
// Its name says the LSN of its first record, in hexadecimal, so that names sort as the log goes.
//
// 1. Each segment begins where the one before it ends: epoch, LSN and hash say so.
// 2. Only the last one may end in the middle of a record: what a crash left of a write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/types.h"

namespace holdfast {

struct SegmentHeader {
  uint64_t log_id = 0;
  LogPosition before;
  bool operator==(const SegmentHeader&) const = default;
};

inline constexpr size_t kSegmentHeaderBytes = 64;

std::string SegmentName(Lsn first);
// Nothing if the name is no segment's.
std::optional<Lsn> FirstLsnOf(absl::string_view name);

std::string EncodeSegmentHeader(const SegmentHeader& header);
// OutOfRange if the bytes end before it does; DataLoss if it is damaged, Unimplemented if another
// version wrote it.
absl::StatusOr<SegmentHeader> DecodeSegmentHeader(absl::string_view bytes);

inline constexpr uint64_t kMarkWord = 0xffffffffffffff01;
inline constexpr size_t kMarkBytes = 24;

std::string EncodeMark(Lsn synced);
// The mark that the bytes begin with, if they do.
std::optional<Lsn> DecodeMark(absl::string_view bytes);

}  // namespace holdfast
