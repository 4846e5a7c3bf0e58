#include "cluster/log/log_writer.h"

#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "net/base/check.h"
#include "net/base/limits.h"

namespace holdfast {

LogWriter::LogWriter(Disk& disk, const ReplicationLog& log, LogFiles::Options options, Hooks hooks)
    : log_(log),
      hooks_(std::move(hooks)),
      files_(
          disk, std::move(options),
          {.on_progress = [this] { OnProgress(); },
           .on_failure = [this](absl::Status status) { hooks_.on_failure(std::move(status)); }}) {}

void LogWriter::Continue(LogFiles::Tail tail) {
  handed_over_ = tail.position;
  files_.Continue(std::move(tail));
  Pump();
}

void LogWriter::Restart(const LogPosition& position) {
  handed_over_ = position;
  files_.Restart(position);
  Publish();
  Pump();
}

void LogWriter::CutBack(const LogPosition& position) {
  if (position.lsn < handed_over_.lsn) {
    handed_over_ = position;
    files_.CutBack(position);
  }
  Publish();
}

void LogWriter::Pump() {
  const Lsn ready = log_.ready().lsn;
  while (handed_over_.lsn < ready && files_.waiting_bytes() < limits::kLogWaitingBytesMax &&
         files_.status().ok()) {
    const auto records = log_.Read({.after = handed_over_.lsn, .until = ready});
    // The log lets go only of what synced() or written() has passed.
    CHECK(records);
    const auto end = log_.PositionAt(LastLsnOf(*records));
    CHECK(end);
    handed_over_ = *end;
    files_.Append(*records, *end);
  }
}

void LogWriter::OnProgress() {
  Publish();
  Pump();
  hooks_.on_progress();
}

void LogWriter::Publish() {
  uint64_t bytes = 0;
  for (const LogFiles::Segment& segment : files_.segments()) bytes += segment.bytes;
  file_bytes_.store(bytes, std::memory_order_relaxed);
  written_.store(files_.written().value, std::memory_order_release);
  synced_.store(files_.synced().value, std::memory_order_release);
}

}  // namespace holdfast
