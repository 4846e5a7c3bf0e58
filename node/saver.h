// Saver: the node's snapshots in a file of Redis's format.
//
//   BGSAVE, SAVE, a save rule, SHUTDOWN, a log that has grown long
//       `-> SnapshotDesk -> blocks -> SnapshotSaver -> temp-N.rdb -> dump.rdb
//                                                   ^ once the cut can not be taken back any more
//
// One at a time: who asks meanwhile is refused, or waits for the next one.
//
// 1. The file has its name only once it is whole, on the disk, and what it shows is final: on a
//    node with a journal as soon as it is cut, in a group when the cut is committed.
// 2. Whatever fails is told in INFO and in the log; if it was meant to protect data
//    (stop-writes-on-bgsave-error), writes are refused until a save has succeeded.
//
// Everything happens on the background loop, except where said.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "net/base/types.h"
#include "net/runtime/event_loop.h"
#include "storage/save/snapshot_saver.h"

namespace holdfast {

class Node;

class Saver {
 public:
  Saver(Node& node, EventLoop& background);
  ~Saver();
  Saver(const Saver&) = delete;
  Saver& operator=(const Saver&) = delete;

  // Starts to save; false if one is under way. `done` on the background loop. Any thread.
  [[nodiscard]] bool TryBegin(StatusHandler done);
  // As soon as the one under way, if there is one, has ended. Any thread.
  void BeginNext(StatusHandler done);
  // False for a while after a failure. On the background loop.
  bool MayRetry() const;
  // Starts what the save rules ask for. Once in a while, on the background loop.
  void Tick(uint64_t dirty_now);

  struct Report {
    bool running = false;
    bool scheduled = false;
    Nanos started;               // monotonic; of the running one
    uint64_t entries = 0;        // written by it so far
    uint64_t entries_total = 0;  // in the keyspace when it began
    int64_t last_save_s = 0;     // Unix time of the last success, or of the start
    absl::Status last_status;
    std::optional<Nanos> last_duration;
    uint64_t saves = 0;
    uint64_t last_bytes = 0;  // of the last file
    uint64_t dirty = 0;       // changes since the last success
  };
  // Any thread; `dirty_now` is the node's count of changes.
  Report Describe(uint64_t dirty_now) const;
  // Writes are to be refused until a save has succeeded. Any thread.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  bool running() const { return running_.load(std::memory_order_relaxed); }

 private:
  class Run;

  void Begin(StatusHandler done);
  void OnCut();
  void End(const Run& run, const absl::Status& status);

  Node& node_;
  EventLoop& background_;
  std::atomic<bool> running_{false};
  std::atomic<bool> failed_{false};
  std::atomic<uint64_t> entries_{0};
  std::shared_ptr<Run> run_;
  std::vector<StatusHandler> done_;  // wait for the running one
  std::vector<StatusHandler> next_;  // for the one after it
  uint64_t generation_ = 0;
  Nanos retry_at_;  // of the rules, after a failure; monotonic
  mutable std::mutex mutex_;
  // Under mutex_:
  Report report_;
  uint64_t dirty_at_save_ = 0;  // the node's count when the last successful one was cut
  uint64_t dirty_at_cut_ = 0;
};

}  // namespace holdfast
