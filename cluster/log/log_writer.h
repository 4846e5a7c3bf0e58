// LogWriter: a log in memory on its way to the log's files.
//
//   ReplicationLog  | . . . . . . . . . . . . |
//                         ^handed over   ^ready
//   LogFiles              | . . . |
//                    ^synced   ^written
//
// 1. What is handed over is a prefix of what is ready, and waits in memory only up to
//    limits::kLogWaitingBytesMax; the rest stays where it is, in the log.
// 2. written() and synced() are LSNs of this log: after CutBack or Restart they do not speak of
//    records that are no longer in it.
//
// Everything happens on the loop of the disk, except where said.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "cluster/log/replication_log.h"
#include "net/base/types.h"
#include "net/runtime/disk.h"
#include "storage/log/log_files.h"

namespace holdfast {

class LogWriter {
 public:
  struct Hooks {
    // written(), synced() or idle() has moved.
    absl::AnyInvocable<void()> on_progress;
    // The disk has failed; nothing is written any more.
    absl::AnyInvocable<void(absl::Status)> on_failure;
  };
  // Both outlive the writer.
  LogWriter(Disk& disk, const ReplicationLog& log, LogFiles::Options options, Hooks hooks);

  // The files hold the log up to their tail; what the log holds behind it is to be written.
  void Continue(LogFiles::Tail tail);
  // The files begin anew behind this position, which the log holds or begins behind.
  void Restart(const LogPosition& position);
  // The log was cut off behind this position.
  void CutBack(const LogPosition& position);

  // Something else between what was asked for before and after (LogFiles::Do).
  void Do(std::string what, absl::AnyInvocable<void(StatusHandler)> step) {
    files_.Do(std::move(what), std::move(step));
  }
  // Hands over what is ready, as far as there is room.
  void Pump();
  // Makes durable what has been handed over, whatever the policy says.
  void Sync() { files_.Sync(); }
  // To be called once a second.
  void Tick() { files_.Tick(); }
  void set_policy(FsyncPolicy policy) { files_.set_policy(policy); }
  // Removes files that hold nothing behind `lsn`.
  void Trim(Lsn lsn) { files_.Trim(lsn); }

  // Any thread.
  Lsn written() const { return {written_.load(std::memory_order_acquire)}; }
  Lsn synced() const { return {synced_.load(std::memory_order_acquire)}; }
  // In all segments.
  uint64_t file_bytes() const { return file_bytes_.load(std::memory_order_relaxed); }

  // The end of what was handed over.
  const LogPosition& handed_over() const { return handed_over_; }
  // Everything that was ready is in the files, and nothing is under way.
  bool idle() const { return files_.idle() && handed_over_.lsn == log_.ready().lsn; }
  const absl::Status& status() const { return files_.status(); }

 private:
  void OnProgress();
  void Publish();

  const ReplicationLog& log_;
  Hooks hooks_;
  LogPosition handed_over_;
  std::atomic<uint64_t> written_{0};
  std::atomic<uint64_t> synced_{0};
  std::atomic<uint64_t> file_bytes_{0};
  LogFiles files_;
};

}  // namespace holdfast
