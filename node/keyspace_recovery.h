// KeyspaceRecovery: the keyspace as the disk has it.
//
//   dump.rdb          the keyspace at a cut ------.
//   appendonlydir/    | segment | segment | segm.. |   records behind the cut are executed again
//                                      ^ torn end: cut off, and said
//
// 1. What is on the disk is read whatever the settings say now: a log that is not wanted any more
//    still holds what was acknowledged.
// 2. Snapshot and log are held against each other: the same log id, the same rolling hash at the
//    cut. If they do not fit, or something is missing between them, nothing is guessed: the error
//    names the files.
// 3. In a group a record is executed once a later one says that it was committed; the rest is
// handed
//    over as it is, for the group to decide about.
// 4. A snapshot newer than the whole log replaces it: it was on disk before the log's end was.
// 5. Nothing on the disk is changed, but that temporary files of a save that did not end go.
//
// Everything happens on the loop of the disk; progress() is for any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "net/base/buffer.h"
#include "net/runtime/disk.h"
#include "storage/keyspace/keyspace.h"
#include "storage/log/log_files.h"
#include "storage/log/log_recovery.h"
#include "storage/save/file_loader.h"

namespace holdfast {

struct Recovered {
  // Nothing if there is neither a log nor a snapshot that names one.
  std::optional<uint64_t> log_id;
  LogPosition position;  // of the keyspace
  LogPosition cut;       // of the snapshot underneath
  // Of the log's files, if there are any. Where they end before `position`, the snapshot is all
  // there is of what came behind, and they are to begin anew.
  std::optional<LogFiles::Tail> tail;
  std::string cut_off;  // of the last segment, and why; empty: nothing
  Buffer undecided;     // records behind `position`, whole, that may not have been committed
  Millis log_time;      // of the last change
  uint64_t keys_loaded = 0;
  uint64_t records_executed = 0;
};

class KeyspaceRecovery {
 public:
  struct Options {
    std::string directory;      // of the snapshot
    std::string snapshot_name;  // "dump.rdb"
    std::string log_directory;
    LoadOptions load;
    // In a group: only what is known to have been committed is executed, and a log with another id
    // is refused.
    bool committed_only = false;
    std::optional<uint64_t> log_id;
  };
  using Done = absl::AnyInvocable<void(absl::StatusOr<Recovered>)>;
  // The disk and the keyspace, which is empty and used by nobody else, outlive it.
  KeyspaceRecovery(Disk& disk, Options options, Keyspace& keyspace);
  KeyspaceRecovery(const KeyspaceRecovery&) = delete;
  KeyspaceRecovery& operator=(const KeyspaceRecovery&) = delete;

  // At most once. It must live until `done` has been called.
  void Start(Done done);

  struct Progress {
    uint64_t bytes = 0;  // of the snapshot
    uint64_t bytes_total = 0;
    uint64_t keys = 0;
    uint64_t records = 0;
  };
  Progress progress() const;

 private:
  void LookAround(const std::vector<std::string>& names);
  void RemoveTemporaries(std::vector<std::string> names);
  void LoadSnapshot();
  absl::Status TakeSnapshot(const LoadedFile& file);
  void ReadLog();
  absl::Status OnRecord(const Record& record, const LogPosition& at);
  absl::Status Execute(const Record& record, const LogPosition& at);
  absl::Status Decide(const Record& newest, const LogPosition& at);
  absl::Status CheckJoint(const LogPosition& at);
  absl::Status TakeLog(RecoveredLog log);
  void Finish(absl::Status status);
  std::string SnapshotPath() const;

  Disk& disk_;
  const Options options_;
  Keyspace& keyspace_;
  Done done_;
  bool has_snapshot_ = false;
  bool has_log_directory_ = false;
  std::unique_ptr<FileLoader> loader_;
  // In a group: not known to be committed yet, and where each one ends.
  std::deque<std::pair<std::string, LogPosition>> pending_;
  Recovered recovered_;
  std::atomic<FileLoader*> loading_{nullptr};
  std::atomic<uint64_t> records_{0};
};

}  // namespace holdfast
