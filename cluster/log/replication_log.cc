#include "cluster/log/replication_log.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "net/base/check.h"
#include "net/base/planted_bug.h"
#include "net/base/witness.h"

namespace holdfast {
namespace {

// Zero until the record is complete; then its length.
std::atomic_ref<uint64_t> FirstWord(char* place) {
  return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(place));
}

size_t NextOffset(const char* bytes, size_t offset) {
  uint64_t payload_bytes = 0;
  std::memcpy(&payload_bytes, bytes + offset, sizeof(payload_bytes));
  return offset + FramedBytes(payload_bytes);
}

}  // namespace

ReplicationLog::ReplicationLog(Options options) : options_(std::move(options)) {
  CHECK(options_.chunk_bytes >= FramedBytes(1));
}

ReplicationLog::~ReplicationLog() = default;

void ReplicationLog::Recycle(std::unique_ptr<Chunk> chunk) {
  if (chunk->capacity != options_.chunk_bytes ||
      spare_chunks_.size() >= static_cast<size_t>(limits::kLogSpareChunksMax)) {
    return;
  }
  chunk->index.clear();
  spare_chunks_.push_back(std::move(chunk));
}

void ReplicationLog::AddChunk(size_t framed_bytes) {
  std::unique_ptr<Chunk> chunk;
  if (framed_bytes <= options_.chunk_bytes && !spare_chunks_.empty()) {
    chunk = std::move(spare_chunks_.back());
    spare_chunks_.pop_back();
  } else {
    chunk = std::make_unique<Chunk>();
    chunk->capacity = std::max(framed_bytes, options_.chunk_bytes);
    chunk->bytes = std::make_unique_for_overwrite<char[]>(chunk->capacity);
  }
  chunk->first = tail().Next();
  chunk->bytes_before = tail_bytes_.load(std::memory_order_relaxed);
  chunk->reserved = 0;
  chunk->ready_bytes = 0;
  tail_chunk_ = chunk.get();
  SpinLockHolder hold(index_lock_);
  chunks_.push_back(std::move(chunk));
}

char* ReplicationLog::TakePlace(size_t framed_bytes) {
  if (tail_chunk_ == nullptr || framed_bytes > tail_chunk_->capacity - tail_chunk_->reserved) {
    AddChunk(framed_bytes);
  }
  char* place = tail_chunk_->bytes.get() + tail_chunk_->reserved;
  tail_chunk_->reserved += framed_bytes;
  tail_bytes_.fetch_add(framed_bytes, std::memory_order_relaxed);
  FirstWord(place).store(0, std::memory_order_relaxed);
  return place;
}

// Publishes the places taken so far.
void ReplicationLog::MoveTail(Lsn lsn, Epoch epoch) {
  tail_epoch_ = epoch;
  tail_lsn_.store(lsn.value, std::memory_order_release);
}

std::optional<ReplicationLog::Reservation> ReplicationLog::Reserve(const Entry& entry) {
  SpinLockHolder hold(append_lock_);
  if (open_for_ != entry.epoch) {
    refused_.fetch_add(1, std::memory_order_release);
    return std::nullopt;
  }
  Reservation reservation;
  reservation.place = TakePlace(FramedBytes(entry.payload.size()));
  reservation.header = {
      .lsn = tail().Next(), .epoch = entry.epoch, .log_time = entry.log_time, .commit = commit()};
  WitnessRecord({.epoch = entry.epoch,
                 .lsn = reservation.header.lsn,
                 .previous_epoch = tail_epoch_,
                 .log_time = entry.log_time});
  MoveTail(reservation.header.lsn, entry.epoch);
  return reservation;
}

std::optional<Lsn> ReplicationLog::Append(const Entry& entry) {
  const std::optional<Reservation> reserved = Reserve(entry);
  if (!reserved) return std::nullopt;
  const uint64_t length = WriteRecordBody(reserved->place, reserved->header, entry.payload);
  FirstWord(reserved->place).store(length, std::memory_order_release);
  return reserved->header.lsn;
}

Lsn ReplicationLog::applied() const {
  return open_.load(std::memory_order_acquire) ? tail()
                                               : Lsn{applied_.load(std::memory_order_acquire)};
}

bool ReplicationLog::open() const { return open_.load(std::memory_order_acquire); }

uint64_t ReplicationLog::held_bytes() const {
  const uint64_t first = first_bytes_.load(std::memory_order_relaxed);
  return tail_bytes_.load(std::memory_order_relaxed) - first;
}

uint64_t ReplicationLog::unacknowledged_bytes() const {
  const uint64_t acknowledged = acknowledged_bytes_.load(std::memory_order_relaxed);
  return tail_bytes_.load(std::memory_order_relaxed) - acknowledged;
}

void ReplicationLog::Open(Epoch epoch) {
  Settle();
  SpinLockHolder hold(append_lock_);
  CHECK(!open_for_ && epoch >= tail_epoch_);
  CHECK_EQ(applied_.load(std::memory_order_acquire), tail_lsn_.load(std::memory_order_relaxed));
  open_for_ = epoch;
  open_.store(true, std::memory_order_release);
}

void ReplicationLog::Close() {
  SpinLockHolder hold(append_lock_);
  if (!open_for_) return;
  applied_.store(tail().value, std::memory_order_release);
  open_for_.reset();
  open_.store(false, std::memory_order_release);
}

LogPosition ReplicationLog::ready() const {
  SpinLockHolder hold(index_lock_);
  return ready_;
}

Lsn ReplicationLog::FirstLsn() const {
  SpinLockHolder hold(index_lock_);
  return base_.lsn.Next();
}

bool ReplicationLog::AdvanceInChunk(Lsn tail) {
  LogPosition position;
  Chunk* chunk = nullptr;
  Lsn last = tail;
  {
    SpinLockHolder hold(index_lock_);
    position = ready_;
    const Lsn next = position.lsn.Next();
    chunk = ChunkOf(next);
    const auto behind = std::upper_bound(
        chunks_.begin(), chunks_.end(), next,
        [](Lsn lsn, const std::unique_ptr<Chunk>& candidate) { return lsn < candidate->first; });
    if (behind != chunks_.end()) last = {(*behind)->first.value - 1};
  }
  // Nobody else moves these, so they are read and prepared without the lock.
  size_t offset = chunk->ready_bytes;
  std::vector<IndexEntry> index;
  while (position.lsn < last) {
    char* place = chunk->bytes.get() + offset;
    if (FirstWord(place).load(std::memory_order_acquire) == 0) break;
    const Record record = ReadTrustedRecord(place);
    const Lsn lsn = position.lsn.Next();
    if ((lsn.value - chunk->first.value) % limits::kLogIndexStride == 0) {
      index.push_back({.offset = offset, .hash = position.hash});
    }
    position = {
        .epoch = record.header.epoch, .lsn = lsn, .hash = RollHash(position.hash, record.header)};
    offset += record.framed.size();
  }
  SpinLockHolder hold(index_lock_);
  const bool moved = position.lsn > ready_.lsn;
  chunk->ready_bytes = offset;
  chunk->index.insert(chunk->index.end(), index.begin(), index.end());
  ready_ = position;
  return moved;
}

LogPosition ReplicationLog::Advance() {
  const Lsn end = tail();
  while (ready().lsn < end && AdvanceInChunk(end)) {
  }
  return ready();
}

void ReplicationLog::Settle() {
  while (Advance().lsn < tail()) {
  }
}

ReplicationLog::Chunk* ReplicationLog::ChunkOf(Lsn lsn) const {
  const auto behind = std::upper_bound(
      chunks_.begin(), chunks_.end(), lsn,
      [](Lsn wanted, const std::unique_ptr<Chunk>& chunk) { return wanted < chunk->first; });
  return behind == chunks_.begin() ? nullptr : std::prev(behind)->get();
}

// Where a record that was taken in starts, or the first one that was not would.
size_t ReplicationLog::OffsetOf(const Chunk& chunk, Lsn lsn) {
  const uint64_t number = lsn.value - chunk.first.value;
  const size_t entry = static_cast<size_t>(number / limits::kLogIndexStride);
  // The first one of a stride that has not begun is where the chunk ends.
  if (entry >= chunk.index.size()) return chunk.ready_bytes;
  size_t offset = chunk.index[entry].offset;
  for (uint64_t i = number % limits::kLogIndexStride; i > 0; --i) {
    offset = NextOffset(chunk.bytes.get(), offset);
  }
  return offset;
}

uint64_t ReplicationLog::BytesUpTo(Lsn lsn) const {
  const Chunk* chunk = ChunkOf(lsn);
  if (chunk == nullptr) return first_bytes_.load(std::memory_order_relaxed);
  return chunk->bytes_before + OffsetOf(*chunk, lsn.Next());
}

std::optional<absl::string_view> ReplicationLog::Read(const ReadRange& range) const {
  SpinLockHolder hold(index_lock_);
  CHECK(range.after <= range.until && range.until <= ready_.lsn);
  if (range.after < base_.lsn) return std::nullopt;
  if (range.after == range.until) return absl::string_view();
  const Chunk& chunk = *ChunkOf(range.after.Next());
  const char* bytes = chunk.bytes.get();
  const size_t start = OffsetOf(chunk, range.after.Next());
  const bool all = ChunkOf(range.until) != &chunk || range.until == ready_.lsn;
  size_t end = all ? chunk.ready_bytes : OffsetOf(chunk, range.until.Next());
  if (end - start > range.bytes_max) {
    // From the last place in the index that is within reach, record by record.
    const size_t end_max = start + range.bytes_max;
    const auto behind = std::upper_bound(
        chunk.index.begin(), chunk.index.end(), end_max,
        [](size_t offset, const IndexEntry& entry) { return offset < entry.offset; });
    end = std::max(start, std::prev(behind)->offset);
    size_t next = NextOffset(bytes, end);
    while (next <= end_max) {
      end = next;
      next = NextOffset(bytes, end);
    }
    if (end == start) end = next;
  }
  return absl::string_view(bytes + start, end - start);
}

LogPosition ReplicationLog::Locate(Lsn lsn) const {
  if (lsn == base_.lsn) return base_;
  if (lsn == ready_.lsn) return ready_;
  const Chunk& chunk = *ChunkOf(lsn);
  const uint64_t number = lsn.value - chunk.first.value;
  const IndexEntry& entry = chunk.index[static_cast<size_t>(number / limits::kLogIndexStride)];
  LogPosition position = {.hash = entry.hash};
  size_t offset = entry.offset;
  for (uint64_t i = 0; i <= number % limits::kLogIndexStride; ++i) {
    const Record record = ReadTrustedRecord(chunk.bytes.get() + offset);
    position.epoch = record.header.epoch;
    position.hash = RollHash(position.hash, record.header);
    offset += record.framed.size();
  }
  position.lsn = lsn;
  return position;
}

std::optional<LogPosition> ReplicationLog::PositionAt(Lsn lsn) const {
  SpinLockHolder hold(index_lock_);
  if (lsn < base_.lsn || lsn > ready_.lsn) return std::nullopt;
  return Locate(lsn);
}

void ReplicationLog::NoteApplied(Lsn lsn) {
  CHECK(!open() && lsn <= ready().lsn);
  CHECK(lsn.value >= applied_.load(std::memory_order_relaxed));
  applied_.store(lsn.value, std::memory_order_release);
}

void ReplicationLog::SetCommit(Lsn lsn) {
  CHECK(lsn >= commit() && lsn <= ready().lsn);
  commit_.store(lsn.value, std::memory_order_release);
}

void ReplicationLog::NoteAcknowledged(Lsn lsn) {
  SpinLockHolder hold(index_lock_);
  CHECK(lsn <= ready_.lsn);
  acknowledged_bytes_.store(
      lsn < base_.lsn ? first_bytes_.load(std::memory_order_relaxed) : BytesUpTo(lsn),
      std::memory_order_relaxed);
}

// The chunk is not the last one.
void ReplicationLog::DropFirstChunk() {
  SpinLockHolder hold_append(append_lock_);
  SpinLockHolder hold(index_lock_);
  base_ = Locate({chunks_[1]->first.value - 1});
  first_bytes_.store(chunks_[1]->bytes_before, std::memory_order_relaxed);
  std::unique_ptr<Chunk> dropped = std::move(chunks_.front());
  chunks_.pop_front();
  Recycle(std::move(dropped));
}

void ReplicationLog::Trim(Lsn lsn) {
  if (BUG("backlog-trimmed-before-ack")) lsn = ready().lsn;
  lsn = std::min({lsn, applied(), ready().lsn});
  for (;;) {
    uint64_t left = 0;
    {
      SpinLockHolder hold(index_lock_);
      if (chunks_.size() < 2 || chunks_[1]->first > lsn.Next()) return;
      left = tail_bytes_.load(std::memory_order_relaxed) - chunks_[1]->bytes_before;
    }
    if (left < options_.backlog_bytes) return;
    DropFirstChunk();
  }
}

}  // namespace holdfast
