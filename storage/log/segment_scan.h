// SegmentScan: one segment of a log, read from front to back as its bytes come.
//
//   header -> record, record, mark, record ... -> where it ends
//                                            \-> a hole -> is there a mark that vouches for it?
//
// What a hole means depends on what comes behind it: nothing, in the last segment, and the log ends
// there; a mark that says what was in the hole had been on disk, and the disk has lost it.
//
// 1. Records are shown in the order of the log, without a gap, each once, all of them sound.
// 2. What was shown before an error or a hole is the log up to there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "storage/log/format.h"
#include "storage/log/segment.h"

namespace holdfast {

class SegmentScan {
 public:
  // With the position of the record.
  using Visit = absl::FunctionRef<absl::Status(const Record&, const LogPosition&)>;

  struct Options {
    std::string path;  // for messages
    // What the header must say; nothing: whatever it says.
    std::optional<SegmentHeader> expected;
  };
  explicit SegmentScan(Options options) : options_(std::move(options)) {}

  // DataLoss: the segment is damaged, with file and byte; FailedPrecondition: it is not the one
  // that was expected. An error of `visit` ends the scan and is returned.
  absl::Status Feed(absl::string_view bytes, Visit visit);

  // Of the record that is being shown.
  uint64_t offset() const { return offset_; }

  struct End {
    SegmentHeader header;
    LogPosition position;  // behind the last record
    uint64_t offset = 0;   // of the first byte behind it and its marks: what follows is to be cut
    std::string cut_off;   // why there is something to cut; empty: there is nothing
    Lsn synced;            // the highest mark
  };
  // No more bytes come. In all segments but the last a hole is damage.
  enum class Place { kLast, kBeforeOthers };
  absl::StatusOr<End> Finish(Place place);

 private:
  absl::Status TakeHeader();
  // Takes one thing off the front; false if more bytes are needed, or a hole begins.
  absl::StatusOr<bool> TakeNext(Visit visit);
  absl::Status CheckOrder(const RecordHeader& header);
  void BeginHole(absl::string_view why);
  absl::Status SearchHole();
  absl::Status Damaged(absl::string_view why) const;

  const Options options_;
  Buffer unused_;
  size_t used_ = 0;      // of unused_
  uint64_t offset_ = 0;  // of the first unused byte
  std::optional<SegmentHeader> header_;
  LogPosition position_;
  Lsn synced_;
  bool in_hole_ = false;
  uint64_t hole_at_ = 0;
  std::string hole_why_;
};

}  // namespace holdfast
