// Persistence: what a node keeps on its disk, and how it comes back from there.
//
//   start   Look: is there anything?  Recover: snapshot + log -> a keyspace beside the live one ->
//           the two change places -> the journal goes on
//   life    Journal, Saver
//   end     Finish: a last snapshot, if it is wanted, and the log's end on the disk
//
// 1. Until recovery has ended clients are told LOADING, and the node executes nothing.
// 2. A log begins on a keyspace that is on the disk: where a node with data, of Redis or without a
//    log, is to have one, the snapshot that names the new log comes first.
// 3. A log that is not wanted any more is read, and goes once a snapshot holds what it held.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cluster/driver/cluster_host.h"
#include "net/runtime/event_loop.h"
#include "node/journal.h"
#include "node/keyspace_recovery.h"
#include "node/saver.h"

namespace holdfast {

class Node;

class Persistence {
 public:
  // The loops of the background and of the log.
  Persistence(Node& node, EventLoop& background, EventLoop& log_loop);
  ~Persistence();

  // Whether the disk holds a keyspace. `done` on the log's loop.
  void Look(absl::AnyInvocable<void(absl::StatusOr<bool>)> done);
  // Brings back what is there, and goes on writing if the settings say so. `done` on the background
  // loop.
  void Recover(StatusHandler done);
  // The same for a member of a group: what the group has yet to decide about comes with it. Without
  // `recover` the keyspace is empty, and files of another life are moved aside. Any thread; `done`
  // on the background loop.
  void LoadGroup(const ClusterHost::Preparation& preparation,
                 absl::AnyInvocable<void(absl::StatusOr<RecoveredGroup>)> done);
  // The disk holds data, and no life of this node in a cluster speaks for them.
  bool holds_foreign_data() const { return foreign_.load(std::memory_order_relaxed); }
  void set_holds_foreign_data(bool foreign) { foreign_.store(foreign, std::memory_order_relaxed); }
  // A last snapshot, and everything on the disk: nothing is executed any more. `done` on some loop;
  // if the snapshot fails nothing was ended.
  void Finish(bool save, StatusHandler done);
  // Once a second, on the background loop.
  void Tick(uint64_t dirty);

  bool loading() const { return loading_.load(std::memory_order_acquire); }
  void set_loading(bool loading) { loading_.store(loading, std::memory_order_release); }
  KeyspaceRecovery::Progress progress() const;
  // Null if this node writes no log.
  Journal* journal() const { return journal_.get(); }
  Saver& saver() { return saver_; }
  const Saver& saver() const { return saver_; }
  // Of a node that writes no log: the one that its keyspace once came from. Inside a gate.
  const std::optional<LogOrigin>& retired_log() const { return retired_log_; }
  // Why writes are refused, if they are. Inside a gate.
  std::optional<std::string> WriteObjection() const;

  // Of the last recovery. Inside a gate.
  struct Loaded {
    uint64_t keys = 0;
    uint64_t records = 0;
    Nanos took;
  };
  const Loaded& loaded() const { return loaded_; }
  Nanos loading_since() const { return {loading_since_.load(std::memory_order_relaxed)}; }

 private:
  struct LoadRequest {
    uint64_t hash_seed = 0;
    bool committed_only = false;
    std::optional<uint64_t> log_id;
  };
  void Load(const LoadRequest& request, absl::AnyInvocable<void(absl::StatusOr<Recovered>)> done);
  void TakeOver(const Recovered& recovered);
  void WriteOn(Recovered recovered, StatusHandler done);
  void MoveAside(StatusHandler done);
  void BeginJournal(Recovered recovered, StatusHandler done);
  void SaveBase(JournalStart start, StatusHandler done);
  void StartJournal(JournalStart start, StatusHandler done);
  void RetireLog(std::optional<LogFiles::Tail> tail);
  std::string LogDirectory() const;
  void LogRecovered(const Recovered& recovered);
  bool LogHasGrown() const;

  Node& node_;
  EventLoop& background_;
  EventLoop& log_loop_;
  Saver saver_;
  std::atomic<bool> loading_{false};
  std::atomic<bool> foreign_{false};
  std::atomic<int64_t> loading_since_{0};
  std::unique_ptr<Keyspace> recovering_;
  mutable std::mutex mutex_;
  std::unique_ptr<KeyspaceRecovery> recovery_;  // under mutex_
  Loaded loaded_;
  std::unique_ptr<Journal> journal_;
  std::optional<LogOrigin> retired_log_;
  std::unique_ptr<LogFiles> retired_files_;  // the log loop's
};

}  // namespace holdfast
