#include "cluster/driver/record_stream.h"

#include <algorithm>

#include "cluster/core/messages.h"
#include "cluster/driver/peer_frames.h"
#include "cluster/wire/group_codec.h"
#include "net/base/status.h"
#include "storage/log/format.h"

namespace holdfast {
RecordStream::RecordStream(const ReplicationLog& log, Mesh& mesh, const Target& target)
    : log_(log), mesh_(mesh), target_(target), sent_(target.after), acked_(target.after.lsn) {}

void RecordStream::Acknowledged(Lsn held) {
  acked_ = std::max(acked_, std::min(held, sent_.lsn));
  while (!in_flight_.empty() && in_flight_.front() <= acked_) in_flight_.pop_front();
}

void RecordStream::Rewind() {
  const auto position = log_.PositionAt(acked_);
  if (position) sent_ = *position;
  in_flight_.clear();
}

absl::Status RecordStream::Pump(Epoch epoch, Lsn commit) {
  const LogPosition ready = log_.ready();
  while (sent_.lsn < ready.lsn && mesh_.CanSendData(target_.peer)) {
    const auto records = log_.Read({.after = sent_.lsn, .until = ready.lsn});
    const auto last = records ? log_.PositionAt(LastLsnOf(*records)) : std::nullopt;
    if (!last) {
      return absl::OutOfRangeError(
          absl::StrFormat("%s needs records after %d, the log begins with %d",
                          target_.peer.ToString(), sent_.lsn.value, log_.FirstLsn().value));
    }
    const bool all = last->lsn == ready.lsn;
    if (all && AwaitsAck() && records->size() < limits::kRecordFrameBytesWorthSending) break;
    const std::string header = EncodeRecordsHeader({.epoch = epoch,
                                                    .session = target_.session,
                                                    .previous = sent_,
                                                    .last = *last,
                                                    .commit = commit});
    const auto header_bytes = static_cast<uint32_t>(header.size());
    const absl::string_view size(reinterpret_cast<const char*>(&header_bytes),
                                 sizeof(header_bytes));
    const absl::string_view pieces[] = {size, header, *records};
    if (!mesh_.SendData(target_.peer, kRecordsFrame, pieces)) break;
    sent_ = *last;
    in_flight_.push_back(last->lsn);
  }
  return absl::OkStatus();
}

}  // namespace holdfast
