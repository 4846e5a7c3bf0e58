#include "storage/log/segment_scan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "net/base/number_bytes.h"
#include "net/base/status.h"

namespace holdfast {

absl::Status SegmentScan::Damaged(absl::string_view why) const {
  return absl::DataLossError(absl::StrFormat("log segment %s is damaged at byte %d: %s",
                                             options_.path, in_hole_ ? hole_at_ : offset_, why));
}

absl::Status SegmentScan::Feed(absl::string_view bytes, Visit visit) {
  unused_.Append(bytes);
  if (!header_) {
    // Alone it may be what a crash left of a new segment: Finish decides.
    if (unused_.size() <= kSegmentHeaderBytes) return absl::OkStatus();
    RETURN_IF_ERROR(TakeHeader());
  }
  while (!in_hole_) {
    ASSIGN_OR_RETURN(const bool taken, TakeNext(visit));
    if (!taken) break;
  }
  if (in_hole_) RETURN_IF_ERROR(SearchHole());
  unused_.RemovePrefix(std::exchange(used_, 0));
  return absl::OkStatus();
}

absl::Status SegmentScan::TakeHeader() {
  auto header = DecodeSegmentHeader(unused_.view());
  if (!header.ok()) {
    return absl::Status(header.status().code(), absl::StrFormat("log segment %s: %s", options_.path,
                                                                header.status().message()));
  }
  if (options_.expected && *header != *options_.expected) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "log segment %s belongs behind LSN %d of log %016x, expected was LSN %d of log %016x",
        options_.path, header->before.lsn.value, header->log_id,
        options_.expected->before.lsn.value, options_.expected->log_id));
  }
  header_ = *header;
  position_ = header->before;
  used_ = kSegmentHeaderBytes;
  offset_ = kSegmentHeaderBytes;
  return absl::OkStatus();
}

absl::StatusOr<bool> SegmentScan::TakeNext(Visit visit) {
  const absl::string_view rest = unused_.view().substr(used_);
  uint64_t first = 0;
  if (rest.size() < sizeof(first)) return false;
  first = LoadNumber<uint64_t>(rest.data());
  if (first == kMarkWord) {
    if (rest.size() < kMarkBytes) return false;
    const std::optional<Lsn> synced = DecodeMark(rest);
    if (!synced || *synced > position_.lsn) {
      BeginHole("what should be a mark makes no sense");
      return false;
    }
    synced_ = std::max(synced_, *synced);
    used_ += kMarkBytes;
    offset_ += kMarkBytes;
    return true;
  }
  if (first == 0) {
    BeginHole("");
    return false;
  }
  const auto record = ReadRecord(rest);
  if (absl::IsOutOfRange(record.status())) return false;
  if (!record.ok()) {
    BeginHole(record.status().message());
    return false;
  }
  RETURN_IF_ERROR(CheckOrder(record->header));
  const LogPosition at{record->header.epoch, record->header.lsn,
                       RollHash(position_.hash, record->header)};
  RETURN_IF_ERROR(visit(*record, at));
  position_ = at;
  used_ += record->framed.size();
  offset_ += record->framed.size();
  return true;
}

// A sound record in the wrong place was not put there by a crash.
absl::Status SegmentScan::CheckOrder(const RecordHeader& header) {
  if (header.lsn == position_.lsn.Next() && header.epoch >= position_.epoch) {
    return absl::OkStatus();
  }
  return Damaged(absl::StrFormat("record %d of epoch %d stands behind record %d of epoch %d",
                                 header.lsn.value, header.epoch.value, position_.lsn.value,
                                 position_.epoch.value));
}

void SegmentScan::BeginHole(absl::string_view why) {
  in_hole_ = true;
  hole_at_ = offset_;
  hole_why_ = std::string(why);
}

// Looks for marks, which stand at multiples of 8 as all things do; keeps what may be the start of
// one.
absl::Status SegmentScan::SearchHole() {
  constexpr size_t kStep = 8;
  for (; unused_.size() - used_ >= kMarkBytes; used_ += kStep, offset_ += kStep) {
    const absl::string_view rest = unused_.view().substr(used_);
    if (hole_why_.empty() &&
        rest.substr(0, kStep) != absl::string_view("\0\0\0\0\0\0\0\0", kStep)) {
      hole_why_ = "zeros, and something behind them";
    }
    const std::optional<Lsn> synced = DecodeMark(rest);
    if (synced && *synced > position_.lsn) {
      return Damaged(absl::StrFormat("%s; record %d should be here and had been on disk", hole_why_,
                                     position_.lsn.Next().value));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<SegmentScan::End> SegmentScan::Finish(Place place) {
  if (!header_) {
    const absl::Status status = TakeHeader();
    // No record is written before the header is on disk: there never was one.
    const bool torn = absl::IsOutOfRange(status) || absl::IsDataLoss(status);
    if (torn && place == Place::kLast) return End{.cut_off = "its header was not written"};
    RETURN_IF_ERROR(status);
    unused_.Truncate(0);
  }
  if (!in_hole_ && !unused_.empty()) {
    BeginHole("it ends within a record");
    RETURN_IF_ERROR(SearchHole());
  }
  End end{.header = *header_, .position = position_, .offset = offset_, .synced = synced_};
  if (in_hole_) {
    end.offset = hole_at_;
    end.cut_off = hole_why_.empty() ? "zeros" : hole_why_;
  }
  if (place == Place::kBeforeOthers && !end.cut_off.empty()) return Damaged(end.cut_off);
  return end;
}

}  // namespace holdfast
