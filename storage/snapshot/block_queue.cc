#include "storage/snapshot/block_queue.h"

#include <algorithm>
#include <utility>

#include "net/base/check.h"
#include "net/base/crc32c.h"

namespace holdfast {

using snapshot_format::kBlockHeaderBytes;
using snapshot_format::kRecordHeaderBytes;

namespace {

// A piece that would be smaller goes into a block of its own.
constexpr size_t kPieceBytesMin = 4 * 1024;

}  // namespace

char* BlockQueue::BeginRecord(snapshot_format::RecordKind kind, size_t body_bytes_max) {
  const size_t record = kRecordHeaderBytes + body_bytes_max;
  CHECK_LE(record, limits::kSnapshotPayloadBytesMax);
  const size_t block_bytes_max = kBlockHeaderBytes + payload_bytes_max_;
  if (blocks_.empty() || blocks_.back().size() + record > block_bytes_max) {
    Buffer block;
    block.Reserve(std::max(block_bytes_max, kBlockHeaderBytes + record));
    block.Extend(kBlockHeaderBytes);
    bytes_ += block.size();
    blocks_.push_back(std::move(block));
  }
  Buffer& block = blocks_.back();
  *block.Extend(1) = static_cast<char>(kind);
  block.Extend(kRecordHeaderBytes - 1);
  body_start_ = block.size();
  return block.Extend(body_bytes_max);
}

void BlockQueue::EndRecord(const char* body_end) {
  Buffer& block = blocks_.back();
  const auto size = static_cast<size_t>(body_end - block.data());
  CHECK(size >= body_start_ && size <= block.size());
  block.Truncate(size);
  const auto body_bytes = static_cast<uint32_t>(size - body_start_);
  StoreNumber(block.data() + body_start_ - sizeof(body_bytes), body_bytes);
  bytes_ += kRecordHeaderBytes + body_bytes;
}

size_t BlockQueue::PieceBytes() const {
  const size_t used = blocks_.empty() ? kBlockHeaderBytes : blocks_.back().size();
  const size_t whole = std::max(payload_bytes_max_, kRecordHeaderBytes + 1);
  const size_t room = kBlockHeaderBytes + whole - std::min(kBlockHeaderBytes + whole, used);
  const size_t bytes = room < kRecordHeaderBytes + kPieceBytesMin ? whole : room;
  return std::min(bytes, limits::kSnapshotPayloadBytesMax) - kRecordHeaderBytes;
}

Buffer BlockQueue::TakeFirst() {
  CHECK(!blocks_.empty());
  Buffer block = std::move(blocks_.front());
  blocks_.pop_front();
  bytes_ -= block.size();
  return block;
}

void BlockQueue::Seal(Buffer& block, uint32_t number) {
  const auto payload_bytes = static_cast<uint32_t>(block.size() - kBlockHeaderBytes);
  char* at = StoreNumber(block.data(), payload_bytes);
  at = StoreNumber(at, number);
  const uint32_t crc =
      ExtendCrc32c(Crc32c({block.data(), 8}), block.view().substr(kBlockHeaderBytes));
  StoreNumber(at, crc);
}

}  // namespace holdfast
