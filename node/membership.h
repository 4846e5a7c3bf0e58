// Membership: a node's part in a cluster, seen from the node.
//
//   workers      may this request run? what may its reply wait for?     ServingState, held replies
//   background   executes what the primary sent, one window at a time; hands the node over from one
//                role to the next; writes and loads snapshots
//   cluster      the driver, which decides (cluster/driver/driver.h)
//
// 1. A replica executes records in windows of at most a millisecond, in a stopped world: whoever
//    reads there sees the keyspace at one LSN.
// 2. `leads` changes in a stopped world: to an epoch after its log was opened, to none before the
//    log is closed. So whatever a worker executes while it leads is in the log.
// 3. When a reign ends, every held reply has been answered with an error before a new one begins.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "cluster/driver/driver.h"
#include "node/chronicle.h"
#include "node/cluster_map.h"
#include "node/command.h"
#include "node/forwarder.h"
#include "node/ledger.h"
#include "node/reply_holder.h"
#include "storage/snapshot/snapshot_loader.h"

namespace holdfast {

// What a batch of requests may do, decided once for all of it after it was received.
struct Access {
  ServingRole role = ServingRole::kLeading;
  bool lease_good = true;
  bool may_write = true;
  bool confirm = false;    // reads need no lease, but a confirmation
  bool beginning = false;  // its reign has yet to be able to serve
  bool passes_on = false;  // what concerns the data is for the primary
};

// Replies that wait for their commit.
struct HeldSummary {
  uint64_t replies = 0;
  Nanos oldest;  // how long it has waited
};

class Membership final : public Ledger, private ClusterHost {
 public:
  // `cluster_loop` is the loop of the cluster thread.
  Membership(Node& node, EventLoop& cluster_loop);

  ClusterDriver& driver() { return driver_; }
  Chronicle& chronicle() { return chronicle_; }
  // As replica-max-staleness said at the start. Any thread.
  Millis staleness_max() const { return {at_start_.replica_max_staleness_ms}; }
  // The cluster as clients are to see it. Any thread.
  ClusterMap Map() const { return MapOf(driver_.Status(), at_start_); }
  Forwarder& forwarder() { return forwarder_; }
  const ServingState& state() const { return driver_.state(); }

  // What the requests that have just been received may do. Inside a gate.
  Access Look() const;
  // Why a command may not run now, or nothing.
  std::optional<std::string> Objection(const Access& access, const CommandSpec& spec,
                                       Arguments arguments, const Session& session) const;
  // The time that a read on this node knows while it does not lead.
  Millis read_time() const { return {state().read_time_ms.load(std::memory_order_acquire)}; }

  ReplicationLog& log() override { return driver_.log(); }
  Visible visible() const override {
    return {.committed = {state().acknowledgeable.load()},
            .durable = {state().durable.load()},
            .confirmed = state().confirmed.load()};
  }
  void NoteAppended() override { driver_.NoteAppended(); }
  bool IsCongested() const override { return driver_.IsCongested(); }
  // A token for reads that need a confirmation.
  uint64_t NewToken() { return next_token_.fetch_add(1, std::memory_order_relaxed); }
  // Once in a while, on the worker's loop inside its gate: what has waited for too long is
  // answered.
  void FailOverdue(Worker& worker);

  // Replies that wait now, and since when the oldest has. Any thread.
  HeldSummary Held() const;

  void HaltFor(absl::string_view reason) override { Halt(reason); }
  void NoteCut(const SnapshotHeader& cut,
               absl::AnyInvocable<void(absl::StatusOr<LogOrigin>)> use) override {
    driver_.NoteCut(cut.cut, std::move(use));
  }
  void NoteSaved(Lsn cut) override { driver_.NoteSaved(cut); }
  Lsn synced() const override { return driver_.synced(); }
  int64_t ReplicasSynced(Lsn lsn) const override { return driver_.ReplicasSynced(lsn); }
  uint64_t file_bytes() const override { return driver_.log_file_bytes(); }
  void Need(const HoldNeeds& needs) override;

  // Whether data may be looked at or changed by this command.
  static bool TouchesData(const CommandSpec& spec, const Session& session);
  static bool Writes(const CommandSpec& spec, const Session& session);
  // Whether a command that touches data is for the primary, on a node that does not lead.
  static bool NeedsPrimary(const Access& access, const CommandSpec& spec, const Session& session);

 private:
  void Prepare(const Preparation& preparation,
               absl::AnyInvocable<void(absl::StatusOr<RecoveredGroup>)> done) override;
  void SaveSnapshot() override;
  void CatchUp(HeardTime heard, Done done) override;
  void Lead(Epoch epoch, Done done) override;
  void Retire(Done done) override;
  void Drain(Done done) override;
  void Discard(Done done) override;
  void Apply(Lsn commit) override;
  void RepliesMayGo() override { Ledger::RepliesMayGo(); }
  void OnStatus(const ClusterStatus& status) override;
  void SendSnapshot(uint64_t session, std::shared_ptr<SnapshotSink> sink) override;
  void LoadBlock(uint64_t session, Buffer block, StatusDone done) override;
  void Install(uint64_t session,
               absl::AnyInvocable<void(absl::StatusOr<SnapshotHeader>)> done) override;
  bool empty() const override;
  Millis log_time() const override;
  void Halt(absl::string_view reason) override;
  ForwardHost& forward() override { return forwarder_; }

  // On the background loop.
  void InBackground(Task task);
  void Answer(Done done) { cluster_loop_.Post(std::move(done)); }
  void ApplyTurn();
  bool ApplyWindow();
  void FinishCatchUp();
  void FailHeld(Done done);
  void ReplaceKeyspace(Keyspace& with);
  void FreeOldKeyspaces();
  std::string WhyNobodyLeads() const;
  std::optional<std::string> Redirection(const CommandSpec& spec, Arguments arguments,
                                         const Session& session) const;

  EventLoop& cluster_loop_;
  EventLoop& background_;
  // What can only be set at the start may be read on any thread.
  const Settings at_start_;
  std::atomic<uint64_t> apply_target_{0};
  std::atomic<bool> apply_posted_{false};
  std::atomic<uint64_t> next_token_{1};
  Chronicle chronicle_;
  Forwarder forwarder_;
  ClusterDriver driver_;

  // The background loop's.
  uint64_t hash_seed_ = 0;  // the group's
  struct Catching {
    HeardTime heard;
    Done done;
  };
  std::optional<Catching> catching_;
  std::unique_ptr<SnapshotLoader> loader_;
  uint64_t loader_session_ = 0;
  std::deque<std::unique_ptr<Keyspace>> old_keyspaces_;
};

}  // namespace holdfast
