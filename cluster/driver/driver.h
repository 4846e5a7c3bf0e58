// ClusterDriver: binds the cluster's step functions to the runtime.
//
//   mesh    frames ------------> inputs ---> Group::Step ---> outputs ---> mesh, register, log,
//   host register  outcomes, news --->  ^ log       appended ----------> | host      applied, done
//   -----> '
//
// It lives on one loop, the cluster thread, which never waits for a gate, a slot lock or a disk.
// What it decides nothing about, it only carries: which output means which call. Work that the host
// needs time for (leading, retiring, discarding, installing) is done one piece after another.
//
// 1. Outputs are carried out in order before the next input is stepped.
// 2. From StepDown until no worker executes any more nothing is stepped and no held reply released.
// 3. A group exists once a configuration lists this node as one that holds data; a witness has
// none.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cluster/core/group.h"
#include "cluster/driver/cluster_host.h"
#include "cluster/driver/cluster_status.h"
#include "cluster/driver/forward_ways.h"
#include "cluster/driver/group_disk.h"
#include "cluster/driver/mesh.h"
#include "cluster/driver/record_stream.h"
#include "cluster/driver/serving_state.h"
#include "cluster/driver/snapshot_stream.h"
#include "cluster/driver/voter_change.h"
#include "cluster/log/replication_log.h"
#include "cluster/register/register_service.h"
#include "storage/log/log_origin.h"

namespace holdfast {

class ClusterAdmin;

class ClusterDriver final : private MeshHandler, private RegisterWatcher {
 public:
  struct Options {
    std::vector<Mesh::Door> peer_doors;  // where to listen
    ListenOptions listen;
    std::string directory;
    std::string secret;
    bool witness = false;
    // Where the log is kept on disk; empty: nowhere.
    std::string log_directory;
    FsyncPolicy fsync = FsyncPolicy::kOnTick;
    GroupOptions group;
    ReplicationLog::Options log;
    uint64_t window_bytes = 0;   // executed and not acknowledged by all who count
    uint64_t resync_bytes = 0;   // kept for members that are being filled
    uint32_t resync_blocks = 1;  // of a snapshot, on their way to a learner
    std::string version;         // of the program, told to others
  };

  using CutHandler = absl::AnyInvocable<void(absl::StatusOr<LogOrigin>)>;
  ClusterDriver(Runtime& runtime, EventLoop& loop, Options options, ClusterHost& host);
  ~ClusterDriver() override;

  // ---- any thread ----

  const ServingState& state() const { return state_; }
  ReplicationLog& log() { return log_; }
  ClusterStatus Status() const;
  // Writers had better wait: too much is unacknowledged, or kept for a member being filled.
  bool IsCongested() const;
  // Reads with this token are shown once state().confirmed has reached it.
  void ConfirmReads(uint64_t token);

  // ---- for whoever judges a run between the cluster thread's turns ----

  const Group* group() const { return group_.has_value() ? &*group_ : nullptr; }
  Identity self() const { return ToIdentity(self_.identity); }

  // ---- completions on the cluster thread, calls from any thread ----

  // Reads the node's files, opens the peer port, takes up its part in the cluster if it has one.
  void Start(StatusHandler done);
  // Hands over or leaves the set as far as that can be done in time, then is silent.
  void Shutdown(Nanos patience, ClusterHost::Done done);
  // Makes `target` (none: whoever is furthest) the primary, losing nothing; asks the primary to, if
  // that is another node. An expected version of 0 is any.
  void SwitchOver(NodeId target, uint64_t expected_version, StatusHandler done);
  // The same of this node only, giving the members `patience` to catch up. `begun` hears whether it
  // is under way, and then `ended` how it ended.
  void BeginSwitchOver(NodeId target, Nanos patience, StatusHandler begun, StatusHandler ended);
  // The switchover under way ends without having released anything, if it still can.
  void CallOffSwitchOver(StatusHandler done);
  void Recover(StatusHandler done);
  // The ways to the primary; to be used on the cluster thread.
  ForwardWays& forward_ways() { return forward_ways_; }
  // The rest of what operators ask for; to be used on the cluster thread.
  void WithAdmin(absl::AnyInvocable<void(ClusterAdmin&)> use);

  // Tells the others by which doors clients come here.
  void SetDoors(NodeDoors doors);

  // ---- the host's, cluster thread or any ----

  // A snapshot is being cut here, at the end of what is executed, and nobody executes meanwhile.
  // Calls back on the cluster thread, once the log is committed up to there, with its place in it;
  // with an error if it was taken back. One at a time.
  void NoteCut(Lsn cut, CutHandler use);
  // The snapshot cut there is on the disk. Any thread.
  void NoteSaved(Lsn cut);
  // Somebody waits for the disk, here and on the other members. Any thread.
  void WantSync();
  // How far this node's disk has the log, and how many other members' disks have this much of it.
  // Any thread.
  Lsn synced() const { return {synced_.load(std::memory_order_acquire)}; }
  int64_t ReplicasSynced(Lsn lsn) const;
  // Of the log's files, as of the last tick. Any thread.
  uint64_t log_file_bytes() const { return log_file_bytes_.load(std::memory_order_relaxed); }

  // Records were appended to the log and are complete.
  void NoteAppended();
  // Records up to here were executed, because of Apply; the last one was written at `log_time`.
  void NoteApplied(Lsn lsn, Millis log_time);

 private:
  friend class ClusterAdmin;
  using RoleWork = absl::AnyInvocable<void(ClusterHost::Done)>;
  struct PendingCut {
    Lsn cut;
    CutHandler use;
  };
  class View;

  // Start.
  void LoadIdentity(StatusHandler done);
  void LoadClaim(StatusHandler done);
  void OpenRegister(StatusHandler done);
  void JoinGroup(uint64_t hash_seed);
  void TakeRecovered(absl::StatusOr<RecoveredGroup> recovered, ClusterHost::Done done);
  void BeginGroup(RecoveredGroup recovered, ClusterHost::Done done);
  void OpenDisk(std::optional<LogFiles::Tail> tail);
  void CloseDisk(ClusterHost::Done done);

  // Steps.
  void Feed(Input input);
  void StepInputs();
  void Carry(Output& output);
  void Carry(Send& send);
  void Carry(Propose& propose);
  void Carry(ReadRegister&);
  void Carry(BecomePrimary& lead);
  void Carry(StepDown&);
  void Carry(StartServing&);
  void Carry(StopServing& stop);
  void Carry(CommitAdvanced& advanced);
  void Carry(DurableAdvanced& advanced);
  void Carry(TakeRecords& take);
  void Carry(RefuseRecords& refusal);
  void Carry(CutBack& cut);
  void Carry(EraseClaim&);
  void Carry(DiscardState& discard);
  void Carry(SendSnapshot& order);
  void Carry(StreamLog& stream);
  void Carry(StopStreaming& stop);
  void Carry(TimeHeard& heard);
  void Carry(HeldByAll& held);
  void Carry(ReadsConfirmed& confirmed);
  void Carry(Drain&);
  void Carry(Resume&);
  void Carry(Answered& answered);
  void Carry(Halt& halt);
  void Lead(Epoch epoch, ClusterHost::Done done);
  void LeadOn(Epoch epoch, ClusterHost::Done done);
  void Publish();
  void PointForward();
  void PublishStatus();
  bool Serves() const;
  Handover::Stage HandoverStage() const;
  void Tick();

  void AddRoleWork(RoleWork work);
  void NextRoleWork();
  // A primary hands over, a member leaves the set.
  void GiveWay(StatusHandler done);

  // The log.
  void OnAppended();
  void PumpStreams();
  void PumpSnapshots();
  void DropOutgoing(Identity peer);
  void TrimLog();
  void FindCut();
  void DropCut(absl::string_view why);
  void NoteTime(Millis log_time);
  void RaiseReadTime(Millis log_time);
  void UsableTime();

  // Peers.
  void OnPeer(Identity peer) override;
  absl::Status OnPeerFrame(Identity from, PeerConnection& connection, const Frame& frame) override;
  void OnDataUp(Identity peer) override;
  void OnDataArriving(Identity peer) override;
  void OnDataRoom(Identity peer) override;
  PeerHandler& fronts() override { return host_.forward().fronts(); }
  absl::Status OnGroupFrame(Identity from, absl::string_view payload);
  absl::Status OnRecordsFrame(Identity from, absl::string_view payload);
  void StepRecords(Identity from, const RecordsHeader& header, absl::string_view records,
                   Millis log_time);
  void Defer(Identity from, const RecordsHeader& header, absl::string_view records,
             Millis log_time);
  void StepDeferred();
  absl::Status OnBlockFrame(Identity from, absl::string_view payload);
  absl::Status OnBlockEnd(Identity from, absl::string_view payload);
  absl::Status OnTakenFrame(Identity from, absl::string_view payload);
  void AnswerBlock(Identity to, uint64_t session);
  void FinishSync(const LogPosition& cut, Millis log_time);
  void ReportFailure(Identity peer, uint64_t session);
  uint64_t AddAnswer(StatusHandler done);
  void AskToHandOver(NodeId target, uint64_t expected_version, StatusHandler done);
  absl::Status OnHandOver(Identity from, absl::string_view payload);
  absl::Status OnHandedOver(absl::string_view payload);
  void FailSync(Identity from, uint64_t session, const absl::Status& status);

  // The register.
  void OnConfiguration(const ClusterConfiguration& chosen) override;
  void OnOutcomesSettled(const ClusterConfiguration& chosen) override;
  void EndProposal(const RegisterResult& result);
  // A change of voters that somebody else began and did not end.
  void InheritVoterChange();

  Runtime& runtime_;
  EventLoop& loop_;
  const Options options_;
  ClusterHost& host_;
  ServingState state_;
  PeerSelf self_;
  ReplicationLog log_;
  Mesh mesh_;
  ForwardWays forward_ways_;
  std::unique_ptr<GroupDisk> disk_;  // null: the log is kept in memory only
  Claim claim_;                      // as it was found
  std::atomic<uint64_t> synced_{0};
  std::atomic<uint64_t> log_file_bytes_{0};
  std::atomic<bool> sync_posted_{false};
  std::unique_ptr<RegisterService> register_;
  std::unique_ptr<ClusterAdmin> admin_;
  VoterChangeHeir heir_;
  std::optional<Group> group_;
  std::vector<Identity> met_;  // before there was a group
  std::unique_ptr<View> view_;

  std::deque<Input> inputs_;
  bool stepping_ = false;
  bool retiring_ = false;      // inputs wait for the log's end
  absl::string_view records_;  // behind the header that is being stepped
  bool took_records_ = false;
  // Records that came while a reign was being wound up.
  struct DeferredRecords {
    Identity from;
    RecordsHeader header;
    std::string records;
    Millis log_time;
  };
  std::vector<DeferredRecords> deferred_;
  size_t deferred_bytes_ = 0;
  std::atomic<bool> advance_posted_{false};

  std::deque<RoleWork> role_work_;
  bool role_busy_ = false;
  int discards_ = 0;  // while there are any the log is as good as empty

  std::vector<std::unique_ptr<RecordStream>> streams_;
  std::vector<std::shared_ptr<SnapshotSender>> snapshots_;
  std::optional<PendingCut> cut_;
  // Nothing behind it is forgotten: a snapshot was cut there.
  std::atomic<uint64_t> kept_from_{UINT64_MAX};
  LogPosition reported_;  // to the group
  Lsn held_by_all_;
  uint64_t loading_session_ = 0;  // of the snapshot being received; 0: none
  uint32_t next_block_ = 0;       // to come
  uint32_t loaded_blocks_ = 0;
  uint64_t received_bytes_ = 0;  // of it

  std::optional<HeardTime> heard_;  // the highest log_time heard
  std::deque<TimeHeard> times_;     // not usable yet
  // What the ways to the primary were last told.
  struct Pointed {
    bool here = false;
    NodeId primary;
    uint64_t version = 0;
    bool group = false;
    bool operator==(const Pointed&) const = default;
  };
  Pointed pointed_;
  std::map<uint64_t, StatusHandler> answers_;
  std::map<NodeId, NodeDoors> doors_;
  uint64_t next_request_ = 1;
  std::string register_reason_;
  bool status_serving_ = false;                               // as the status says
  Handover::Stage status_handover_ = Handover::Stage::kNone;  // likewise
  // Moves with every Drain and Resume: what an earlier one finds done is no news any more.
  uint64_t drains_ = 0;
  uint64_t ticks_ = 0;
  bool joining_ = false;  // a group exists, or will
  bool stopped_ = false;

  mutable std::mutex status_mutex_;
  ClusterStatus status_;
};

}  // namespace holdfast
