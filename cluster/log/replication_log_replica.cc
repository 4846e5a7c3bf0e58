// What a log does on a member that does not lead: it takes over, cuts off and starts again.

#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "cluster/log/replication_log.h"
#include "net/base/check.h"
#include "net/base/status.h"

namespace holdfast {

absl::Status ReplicationLog::CheckContinuation(absl::string_view records) const {
  LogPosition end = ready();
  while (!records.empty()) {
    ASSIGN_OR_RETURN(const Record record, ReadRecord(records));
    if (record.header.lsn != end.lsn.Next() || record.header.epoch < end.epoch) {
      return absl::DataLossError(absl::StrFormat(
          "appending received records: record %d of epoch %d does not follow %d of epoch %d",
          record.header.lsn.value, record.header.epoch.value, end.lsn.value, end.epoch.value));
    }
    end = {.epoch = record.header.epoch, .lsn = record.header.lsn};
    records.remove_prefix(record.framed.size());
  }
  return absl::OkStatus();
}

absl::StatusOr<LogPosition> ReplicationLog::AppendReceived(absl::string_view records) {
  Settle();
  RETURN_IF_ERROR(CheckContinuation(records));
  {
    SpinLockHolder hold(append_lock_);
    CHECK(!open_for_);
    while (!records.empty()) {
      const Record record = ReadTrustedRecord(records.data());
      std::memcpy(TakePlace(record.framed.size()), record.framed.data(), record.framed.size());
      MoveTail(record.header.lsn, record.header.epoch);
      records.remove_prefix(record.framed.size());
    }
  }
  return Advance();
}

void ReplicationLog::TruncateAfter(Lsn lsn) {
  Settle();
  SpinLockHolder hold_append(append_lock_);
  SpinLockHolder hold(index_lock_);
  CHECK(!open_for_ && lsn >= commit() && lsn.value >= applied_.load(std::memory_order_acquire));
  CHECK(lsn >= base_.lsn && lsn <= ready_.lsn);
  if (lsn == ready_.lsn) return;
  ready_ = Locate(lsn);
  while (chunks_.back()->first > lsn.Next()) {
    Recycle(std::move(chunks_.back()));
    chunks_.pop_back();
  }
  Chunk& last = *chunks_.back();
  const size_t end = OffsetOf(last, lsn.Next());
  last.reserved = last.ready_bytes = end;
  while (!last.index.empty() && last.index.back().offset >= end) last.index.pop_back();
  tail_chunk_ = &last;
  tail_bytes_.store(last.bytes_before + end, std::memory_order_relaxed);
  MoveTail(lsn, ready_.epoch);
}

void ReplicationLog::Restart(const LogPosition& position) {
  Settle();
  SpinLockHolder hold_append(append_lock_);
  SpinLockHolder hold(index_lock_);
  CHECK(!open_for_);
  for (auto& chunk : chunks_) Recycle(std::move(chunk));
  chunks_.clear();
  tail_chunk_ = nullptr;
  base_ = ready_ = position;
  commit_.store(position.lsn.value, std::memory_order_release);
  applied_.store(position.lsn.value, std::memory_order_release);
  refused_.store(0, std::memory_order_release);
  first_bytes_.store(0, std::memory_order_relaxed);
  acknowledged_bytes_.store(0, std::memory_order_relaxed);
  tail_bytes_.store(0, std::memory_order_relaxed);
  MoveTail(position.lsn, position.epoch);
}

}  // namespace holdfast
