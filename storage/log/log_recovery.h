// RecoverLog: reads the segments of a log from the oldest to the newest.
//
// What a crash left half written at the end of the newest one is told and not counted. Everything
// else that is not as it was written is an error that names file and byte: a log that has lost
// something in the middle is not the log any more.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/runtime/disk.h"
#include "storage/log/format.h"
#include "storage/log/log_files.h"

namespace holdfast {

struct RecoveredLog {
  // Nothing if there is no segment.
  std::optional<uint64_t> log_id;
  // Where the oldest segment begins, and, in `tail`, where to go on.
  LogPosition before_first;
  LogFiles::Tail tail;
  // What was found behind the last record and is to be cut off; empty: nothing.
  std::string cut_off;
};

struct RecoveryOptions {
  std::string directory;
  // Records up to here are not shown; segments that end before it are not even read.
  Lsn after;
  // Called for each record in turn, with its position; an error ends the recovery. The views die
  // with the call.
  absl::AnyInvocable<absl::Status(const Record&, const LogPosition&)> visit;
};

// `done` is called on the disk's loop. DataLoss: damage; FailedPrecondition: segments that do not
// belong together.
void RecoverLog(Disk& disk, RecoveryOptions options,
                absl::AnyInvocable<void(absl::StatusOr<RecoveredLog>)> done);

}  // namespace holdfast
