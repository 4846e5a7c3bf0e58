// GroupDisk: a member's log and claim on its disk.
//
//   ReplicationLog --LogWriter--> segments        claim: the lives for which they speak
//
//   change of the log                       claim, durably before it
//   records of this life are appended       ... and this one
//   cut back to what the primary has        this one alone
//   discarded, for a full sync              nobody
//   the snapshot that it begins behind      this one alone
//   is on the disk
//
// Everything is carried out in the order in which it was asked for.
//
// It lives on the cluster thread, and never waits.
#pragma once

#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "cluster/driver/claim_file.h"
#include "cluster/log/log_writer.h"
#include "cluster/log/replication_log.h"
#include "net/runtime/event_loop.h"

namespace holdfast {

class GroupDisk {
 public:
  struct Options {
    std::string directory;      // of the claim
    std::string log_directory;  // there already
    uint64_t log_id = 0;
    FsyncPolicy policy = FsyncPolicy::kOnTick;
    Incarnation life;
  };
  struct Hooks {
    // synced() has moved.
    absl::AnyInvocable<void()> on_synced;
    absl::AnyInvocable<void(absl::Status)> on_failure;
  };
  // The loop and the log outlive it.
  GroupDisk(EventLoop& loop, const ReplicationLog& log, Options options, Hooks hooks);

  // The log has been recovered up to `position`, and the claim names this life. `tail` is that of
  // the files found; they begin anew unless they end where the log does.
  void Begin(std::optional<LogFiles::Tail> tail, const LogPosition& position);

  void Pump() { writer_.Pump(); }
  // Before what follows: the lives before this one have no log here any more.
  void EraseClaim();
  void CutBack(const LogPosition& position) { writer_.CutBack(position); }
  // The log is empty; a snapshot and what follows it are on their way.
  void Discard();
  // It begins behind this position, where a snapshot was cut that is yet to be saved.
  void Restart(const LogPosition& position);
  // A snapshot at this LSN or a later one is on the disk.
  void NoteSaved(Lsn cut);
  // Somebody waits for the disk.
  void Sync();
  // Everything is on the disk: says so in the claim if `complete`. `done` is the last call.
  void Close(bool complete, StatusHandler done);

  // Any thread.
  Lsn synced() const { return writer_.synced(); }
  const LogWriter& writer() const { return writer_; }
  // Whether the disk holds no snapshot that the log's files begin behind.
  bool needs_snapshot() const { return needs_snapshot_.has_value(); }

 private:
  void PutClaim(Claim claim);
  void Tick();
  void OnProgress();
  void FinishClosing();

  EventLoop& loop_;
  const ReplicationLog& log_;
  const Options options_;
  Hooks hooks_;
  std::optional<Lsn> needs_snapshot_;  // at this LSN or a later one
  Lsn reported_;
  bool closing_ = false;
  StatusHandler closed_;
  LogWriter writer_;
};

}  // namespace holdfast
