// BlockQueue: records going into blocks at one end, blocks coming out at the other.
//
//   | header | record record record |   | header | record record ... room |
//     full, may be taken                  being filled
//
// A block is full when the next record did not fit any more. Its header is written when it leaves:
// the checksum is the taker's work, not that of whoever adds records.
//
// 1. A block has at least one record, and at most `payload_bytes_max` of them unless a single one
//    is larger.
#pragma once

#include <cstdint>
#include <deque>

#include "net/base/buffer.h"
#include "storage/snapshot/stream_format.h"

namespace holdfast {

class BlockQueue {
 public:
  explicit BlockQueue(size_t payload_bytes_max) : payload_bytes_max_(payload_bytes_max) {}

  // Begins a record and returns room for a body of at most `body_bytes_max`; EndRecord, with the
  // end of what was written there, must follow before anything else.
  char* BeginRecord(snapshot_format::RecordKind kind, size_t body_bytes_max);
  void EndRecord(const char* body_end);

  // How large a piece's body should be to fill the present block, or one of its own.
  size_t PieceBytes() const;

  bool empty() const { return blocks_.empty(); }
  bool has_full() const { return blocks_.size() > 1; }
  // Bytes of all blocks.
  size_t bytes() const { return bytes_; }
  // Takes the first block, which Seal must make ready. The queue is not empty.
  Buffer TakeFirst();
  // Writes the block's header.
  static void Seal(Buffer& block, uint32_t number);

 private:
  const size_t payload_bytes_max_;
  std::deque<Buffer> blocks_;
  size_t body_start_ = 0;  // of the record begun last, in the last block
  size_t bytes_ = 0;
};

}  // namespace holdfast
