// Journal: the log of a node that stands alone, kept on its disk.
//
//   worker --Append--> ReplicationLog --LogWriter--> segments --> written, synced --> replies go
//
// What a reply waits for is the node's own promise:
//
//   appendfsync always           the record is on the disk: it survives a loss of power
//   everysec, no                 the operating system has it: it survives the end of the process,
//                                and a loss of power once a later fsync has passed
//   CLIENT DURABILITY FSYNC      as always, for one connection
//   CLIENT DURABILITY ASYNC      nothing
//
// 1. The log is what the keyspace has become, from the snapshot on that it was recovered from.
// 2. Each life writes in an epoch of its own, which is on the disk before anything else of it: a
//    record is known by its epoch and LSN, also where a loss of power has undone one.
// 3. When the disk fails the node stops: what it would acknowledge from then on could be lost.
//
// It lives on the log's loop, which waits for nobody.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "cluster/log/log_writer.h"
#include "cluster/log/replication_log.h"
#include "net/runtime/event_loop.h"
#include "node/ledger.h"

namespace holdfast {

// Where a journal goes on.
struct JournalStart {
  std::string parent;     // of the directory
  std::string directory;  // made if it is not there
  uint64_t log_id = 0;
  FsyncPolicy policy = FsyncPolicy::kOnTick;
  LogPosition position;  // of the keyspace
  // Of the files there are; they begin anew unless they end at `position`.
  std::optional<LogFiles::Tail> tail;
};

class Journal final : public Ledger {
 public:
  // `loop` is the log's.
  Journal(Node& node, EventLoop& loop);

  // `done` on the log's loop; then workers may append, in epoch(). Any thread, once.
  void Begin(JournalStart start, StatusHandler done);
  // Makes all that was appended durable; nothing is appended any more. `done` on the log's loop.
  // Any thread, once.
  void Close(StatusHandler done);
  // Any thread.
  void SetPolicy(FsyncPolicy policy);

  // Any thread, once it has begun.
  Epoch epoch() const { return epoch_; }
  uint64_t log_id() const { return log_id_; }
  const LogWriter& writer() const { return *writer_; }
  FsyncPolicy policy() const { return policy_.load(std::memory_order_relaxed); }

  ReplicationLog& log() override { return log_; }
  Visible visible() const override;
  void NoteAppended() override;
  bool IsCongested() const override;
  void HaltFor(absl::string_view reason) override;
  void NoteCut(const SnapshotHeader& cut,
               absl::AnyInvocable<void(absl::StatusOr<LogOrigin>)> use) override;
  void NoteSaved(Lsn cut) override;
  Lsn synced() const override { return writer_->synced(); }
  int64_t ReplicasSynced(Lsn) const override { return 0; }
  uint64_t file_bytes() const override { return writer_->file_bytes(); }
  void Need(const HoldNeeds& needs) override;

 private:
  void OpenFiles(JournalStart start);
  void OnProgress();
  void OnFailure(const absl::Status& status);
  void Pump();
  void Tick();
  void FinishClosing();
  void FindCut(Lsn cut, absl::AnyInvocable<void(absl::StatusOr<LogOrigin>)> use);

  EventLoop& loop_;
  ReplicationLog log_;
  uint64_t log_id_ = 0;
  Epoch epoch_;
  std::atomic<FsyncPolicy> policy_{FsyncPolicy::kOnTick};
  // Nothing behind it is forgotten in memory: a snapshot was cut there.
  std::atomic<uint64_t> kept_from_{UINT64_MAX};
  std::atomic<bool> pump_posted_{false};
  std::atomic<bool> sync_posted_{false};
  StatusHandler begun_;
  Lsn first_;  // record of this life
  StatusHandler closed_;
  bool closing_ = false;
  std::unique_ptr<LogWriter> writer_;
};

}  // namespace holdfast
