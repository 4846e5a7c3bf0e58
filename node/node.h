// Node: one Holdfast process on a Runtime.
//
//   loops 0 .. workers-1   a Worker each: sessions, command execution
//   loop  workers          background: log_time steering, active expiry, freeing, snapshots,
//                          sampling for INFO
//   loop  workers + 1      the log: written to disk, replicated; never waits for a gate or a lock
//
// Loop 0 also accepts; connections go to the workers in turn. State that all workers read and few
// change (settings, databases' numbering, pauses) changes in a stopped world only (node/gate.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "net/runtime/runtime.h"
#include "node/command_table.h"
#include "node/config/config.h"
#include "node/gate.h"
#include "node/latency_monitor.h"
#include "node/listeners.h"
#include "node/log_clock.h"
#include "node/map_askers.h"
#include "node/slowlog.h"
#include "node/snapshot_desk.h"
#include "node/watch.h"
#include "node/worker.h"
#include "storage/effects/touched_slots.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast {

class Ledger;
class Membership;
class Persistence;
class Relay;
class ReplicationLog;
class SentinelDoor;
struct ClientState;

// CLIENT PAUSE: until when, and what.
struct Pause {
  Nanos until{};  // monotonic; past: no pause
  bool writes_only = false;
};

// What the background loop measures for INFO.
struct Samples {
  double operations_per_second = 0;
  double input_kilobytes_per_second = 0;
  double output_kilobytes_per_second = 0;
  uint64_t used_bytes_peak = 0;
};

class Node {
 public:
  struct Options {
    Config config;
    // The configuration file that CONFIG REWRITE writes; empty if there is none.
    std::string config_path;
    // A log for a node without a cluster, in tests; must outlive it.
    ReplicationLog* log = nullptr;
    // Called on some loop when SHUTDOWN or Stop has closed everything.
    absl::AnyInvocable<void()> on_stopped;
  };

  // The runtime has at least three loops; the last two are the background's and the log's, the
  // others are workers'.
  Node(Runtime& runtime, Options options);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Opens the listeners and begins to serve; `done` runs on loop 0, with what could not be opened.
  // The loops must be running or about to run. At most once.
  void Start(StatusHandler done);
  // Hands over what it leads, saves what is to be saved, stops accepting, closes every session and
  // calls on_stopped. Any thread; idempotent. If the last snapshot fails the node goes on, unless
  // that is forced, and `refused` says why, on some loop.
  struct StopOptions {
    FinalSave save = FinalSave::kByRules;
    bool force = false;
  };
  void Stop(StopOptions options, StatusHandler refused = nullptr);
  void Stop() { Stop({}); }

  Runtime& runtime() { return runtime_; }
  const Clock& clock() const { return runtime_.clock(); }
  Keyspace& keyspace() { return keyspace_; }
  // The node's part in a cluster; null if it stands alone.
  Membership* membership() const { return membership_.get(); }
  // Where changes are written down; null if nowhere. Changes in a stopped world.
  Ledger* ledger() const { return ledger_; }
  // From now on changes are written there, in this epoch. World stopped.
  void WriteTo(Ledger& ledger, Epoch epoch);
  Persistence& persistence() const { return *persistence_; }
  SnapshotDesk& snapshots() { return snapshots_; }
  // The live keyspace and `with` change places; whoever watched a key is told that it changed.
  // Inside the background's gate.
  void ReplaceKeyspace(Keyspace& with);
  // Whether writers had better wait a little.
  bool IsCongested() const;
  // Where Sentinel's clients ask; null if nowhere.
  SentinelDoor* sentinel_door() const { return sentinel_door_.get(); }
  // Does again what a record says that was executed elsewhere. World stopped.
  absl::StatusOr<TouchedSlots> ApplyRecord(Millis log_time, absl::string_view payload);
  // How lists are kept.
  ListLimits list_limits() const {
    return ListLimits::FromDirective(settings().list_max_listpack_size);
  }
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  // Stops at once: what this node says is no longer good.
  void Abandon();

  // Where effects are appended; null if the node stands alone.
  ReplicationLog* log() const { return log_; }
  // The epoch in which this node leads its group, if it does; only then it writes to the log and
  // lets expired keys go. A node that stands alone always leads. Changes in a stopped world.
  const std::optional<Epoch>& leads() const { return leads_; }
  void set_leads(std::optional<Epoch> epoch) { leads_ = epoch; }
  LogClock& log_clock() { return log_clock_; }
  const CommandTable& commands() const { return commands_; }
  WatchRegistry& watches() { return watches_; }
  WorldGate& gate() { return gate_; }
  Slowlog& slowlog() { return slowlog_; }
  LatencyMonitor& latency_monitor() { return latency_monitor_; }
  const Settings& settings() const { return config_.settings(); }
  // Writing needs a stopped world.
  Config& config() { return config_; }
  const std::string& config_path() const { return config_path_; }

  // Opens the doors that the settings name and closes the others; after an error all are as before.
  // On loop 0, outside the gate.
  absl::Status Listen(const Settings& settings);

  std::vector<std::unique_ptr<Worker>>& workers() { return workers_; }
  int background_participant() const { return static_cast<int>(workers_.size()); }
  // The session with this id, or null. World stopped.
  Session* FindSession(uint64_t id);
  // World stopped.
  void ForEachSession(absl::FunctionRef<void(Session&)> visit);
  size_t session_count() const { return session_count_.load(std::memory_order_relaxed); }
  // A session for a client of another node. On the worker's loop, inside its gate.
  Session& AddRelayed(Worker& worker, Relay& relay, const ClientState& state);
  size_t forwarded_clients() const { return forwarded_clients_.load(std::memory_order_relaxed); }
  // The session's connection is gone: forgets and destroys it. On its worker's loop, outside the
  // gate.
  void RemoveSession(Session& session);
  // Runs the task on the session's worker if the session is still there, inside the worker's gate.
  void PostToSession(int worker, uint64_t session_id, absl::AnyInvocable<void(Session&)> task);

  // Whether a command has to wait because of CLIENT PAUSE.
  bool Pauses(const CommandSpec& spec, const Session& session) const;
  const Pause& pause() const { return pause_; }
  // World stopped. An end in the past lets everybody go on.
  void SetPause(const Pause& pause);

  MapAskers& map_askers() { return map_askers_; }
  // Sessions in MONITOR mode; changed in a stopped world.
  std::vector<std::pair<int, uint64_t>>& monitors() { return monitors_; }

  bool active_expiry() const { return active_expiry_.load(std::memory_order_relaxed); }
  void set_active_expiry(bool on) { active_expiry_.store(on, std::memory_order_relaxed); }

  // Memory that counts against maxmemory.
  uint64_t used_bytes() const { return keyspace_.used_bytes(); }
  bool OverMemoryLimit() const {
    return settings().maxmemory_bytes != 0 && used_bytes() > settings().maxmemory_bytes;
  }

  const std::string& run_id() const { return run_id_; }
  Nanos started() const { return started_; }  // monotonic
  const Samples& samples() const { return samples_; }
  // Sums over all workers, since start or CONFIG RESETSTAT. World stopped.
  WorkerCounters TotalCounters() const;
  void ResetCounters();

  template <typename... Arguments>
  void Log(LogLevel level, const absl::FormatSpec<Arguments...>& format,
           const Arguments&... arguments) {
    runtime_.logger().Write(level, absl::StrFormat(format, arguments...));
  }

 private:
  void StartMember(StatusHandler done);
  void StartEmpty(StatusHandler done);
  void StartLoading(StatusHandler done);
  void StopStandingAlone(const StopOptions& options, StatusHandler refused);
  // Lets clients in.
  void Open(StatusHandler done);
  void OpenSentinelDoor(absl::Status listening, StatusHandler done);
  void Begin(absl::Status listening, StatusHandler done);
  void Accept(std::unique_ptr<Connection> connection);
  void WorkerTick(int worker);
  void BackgroundTick();
  void ExpireDueKeys(int first_slot);
  size_t ExpireDueKeysOf(Slot slot, Millis now);
  void Reclaim();
  void Sample();

  Runtime& runtime_;
  Config config_;
  const std::string config_path_;
  absl::AnyInvocable<void()> on_stopped_;
  const std::string run_id_;
  const Nanos started_;
  ReplicationLog* log_;
  Ledger* ledger_ = nullptr;
  std::optional<Epoch> leads_;
  Keyspace keyspace_;
  LogClock log_clock_;
  CommandTable commands_;
  WatchRegistry watches_;
  Slowlog slowlog_;
  LatencyMonitor latency_monitor_;
  std::vector<std::unique_ptr<Worker>> workers_;
  WorldGate gate_;
  SnapshotDesk snapshots_;
  const std::unique_ptr<Persistence> persistence_;
  Listeners listeners_;
  MapAskers map_askers_;
  std::vector<std::pair<int, uint64_t>> monitors_;
  Pause pause_;
  Samples samples_;
  std::atomic<size_t> session_count_{0};
  std::atomic<size_t> forwarded_clients_{0};
  std::atomic<uint64_t> next_session_id_{1};
  std::atomic<bool> active_expiry_{true};
  std::atomic<bool> stop_asked_{false};
  std::atomic<bool> stopping_{false};
  size_t next_worker_ = 0;

  std::unique_ptr<Membership> membership_;
  std::unique_ptr<SentinelDoor> sentinel_door_;

  // The background loop's own.
  WorkerCounters background_counters_;
  ChangeNotes background_changes_;
  Execution background_execution_;
  WorkerCounters sampled_counters_;
  Nanos sampled_at_;
  uint64_t ticks_ = 0;
  bool expiring_ = false;    // a walk over due slots is under way
  bool reclaiming_ = false;  // a chain of Reclaim turns is under way
};

}  // namespace holdfast
