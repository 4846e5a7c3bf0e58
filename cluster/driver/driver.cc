#include "cluster/driver/driver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cluster/driver/admin.h"
#include "cluster/driver/node_identity.h"
#include "cluster/driver/peer_frames.h"
#include "cluster/driver/view_of.h"
#include "cluster/wire/register_codec.h"
#include "net/base/check.h"
#include "net/base/status.h"
#include "net/runtime/patient_listen.h"

namespace holdfast {
namespace {

// How many ticks there are to a heartbeat, and how many of them until the status is made anew.
constexpr int64_t kTicksPerHeartbeat = 4;

bool HoldsData(const ClusterConfiguration& configuration, NodeId id) {
  return std::any_of(configuration.nodes.begin(), configuration.nodes.end(),
                     [&](const NodeDescription& node) { return node.id == id && !node.witness; });
}

}  // namespace

// The log as the group sees it.
class ClusterDriver::View final : public LogView {
 public:
  explicit View(const ClusterDriver& driver) : driver_(driver) {}
  LogPosition Base() const override {
    if (driver_.discards_ > 0) return {};
    const Lsn before{driver_.log_.FirstLsn().value - 1};
    return driver_.log_.PositionAt(before).value_or(LogPosition{});
  }
  LogPosition Tail() const override {
    return driver_.discards_ > 0 ? LogPosition{} : driver_.log_.ready();
  }
  std::optional<LogPosition> PositionAt(Lsn lsn) const override {
    if (driver_.discards_ == 0) return driver_.log_.PositionAt(lsn);
    return lsn.value == 0 ? std::optional(LogPosition{}) : std::nullopt;
  }

 private:
  const ClusterDriver& driver_;
};

ClusterDriver::ClusterDriver(Runtime& runtime, EventLoop& loop, Options options, ClusterHost& host)
    : runtime_(runtime),
      loop_(loop),
      options_(std::move(options)),
      host_(host),
      self_{.identity = {.incarnation = runtime.entropy().Next()},
            .secret = options_.secret,
            .allows_empty_secret = true},
      log_({.chunk_bytes = options_.log.chunk_bytes, .backlog_bytes = options_.log.backlog_bytes}),
      mesh_(runtime, loop, self_, *this),
      forward_ways_(runtime, loop, self_, host.forward()),
      admin_(std::make_unique<ClusterAdmin>(*this)),
      view_(std::make_unique<View>(*this)) {}

ClusterDriver::~ClusterDriver() = default;

void ClusterDriver::Start(StatusHandler done) {
  loop_.Post([this, done = std::move(done)]() mutable { LoadIdentity(std::move(done)); });
}

void ClusterDriver::LoadIdentity(StatusHandler done) {
  LoadNodeId(loop_.disk(), runtime_.entropy(), options_.directory,
             [this, done = std::move(done)](absl::StatusOr<NodeId> id) mutable {
               if (!id.ok()) return done(id.status());
               self_.identity.node = id->value;
               LoadClaim(std::move(done));
             });
}

void ClusterDriver::LoadClaim(StatusHandler done) {
  // Without a log on the disk there is nothing to speak for anybody.
  if (options_.log_directory.empty()) return OpenRegister(std::move(done));
  ReadClaim(loop_.disk(), options_.directory,
            [this, done = std::move(done)](absl::StatusOr<Claim> claim) mutable {
              if (!claim.ok()) return done(claim.status());
              claim_ = *std::move(claim);
              OpenRegister(std::move(done));
            });
}

void ClusterDriver::OpenRegister(StatusHandler done) {
  register_ = std::make_unique<RegisterService>(
      RegisterService::World{loop_, runtime_.clock(), runtime_.entropy(), runtime_.logger()},
      RegisterService::Options{.self = ToIdentity(self_.identity), .directory = options_.directory},
      RegisterService::Hooks{
          .send =
              [this](NodeId to, const RegisterMessage& message) {
                mesh_.SendControl(to, kRegisterFrame, EncodeRegisterMessage(message));
              },
          .on_fatal = [this](absl::Status status) { host_.Halt(status.message()); }});
  register_->Open([this, done = std::move(done)](absl::Status status) mutable {
    if (!status.ok()) return done(status);
    ListenPatiently(loop_, runtime_.clock(),
                    {.listen =
                         [this] {
                           return mesh_.Listen({options_.peer_doors, options_.listen});
                         },
                     .done =
                         [this, done = std::move(done)](absl::Status listening) mutable {
                           if (listening.ok()) {
                             register_->Watch(*this);
                             PublishStatus();
                             Tick();
                           }
                           done(listening);
                         }});
  });
}

void ClusterDriver::OnConfiguration(const ClusterConfiguration& chosen) {
  if (stopped_) return;
  self_.cluster_id = chosen.cluster_id;
  mesh_.SetNodes(chosen.nodes);
  std::erase_if(doors_, [&](const auto& entry) {
    return entry.first.value != self_.identity.node && FindNode(chosen, entry.first) == nullptr;
  });
  if (group_) {
    Feed(ViewLearned{ViewOf(chosen)});
  } else if (!options_.witness && !joining_ && HoldsData(chosen, NodeId{self_.identity.node})) {
    joining_ = true;
    JoinGroup(chosen.hash_seed);
  }
  PointForward();
  PublishStatus();
}

// Clients' requests go to whoever is known to lead, unless that is this node.
void ClusterDriver::PointForward() {
  const ServingRole role = state_.role.load();
  const bool here = role == ServingRole::kLeading || role == ServingRole::kDraining;
  const ClusterConfiguration& known = register_->known();
  const NodeId primary = group_ ? group_->view().group.primary.node : known.group.primary.node;
  const Pointed now{.here = here, .primary = primary, .version = known.version, .group = !!group_};
  if (std::exchange(pointed_, now) == now) return;
  state_.passes_on.store(!here && (group_ || (options_.witness && known.version != 0)));
  if (here) return forward_ways_.PointHere();
  for (const NodeDescription& node : known.nodes) {
    if (node.id == primary && node.id.value != self_.identity.node) {
      return forward_ways_.PointTo(node);
    }
  }
  forward_ways_.PointNowhere();
}

void ClusterDriver::OnOutcomesSettled(const ClusterConfiguration&) {}

void ClusterDriver::Tick() {
  if (stopped_) return;
  mesh_.Tick(options_.group.timing.Patience());
  forward_ways_.Tick(options_.group.timing.Patience());
  if (group_) {
    // Again and again: an answer may be lost with its connection.
    if (discards_ == 0) AnswerBlock(group_->view().group.primary, loading_session_);
    Feed(holdfast::Tick{.random = static_cast<uint32_t>(runtime_.entropy().Next()),
                        .log_time = host_.log_time()});
    InheritVoterChange();
  }
  if (++ticks_ % kTicksPerHeartbeat == 0) PublishStatus();
  if (disk_ != nullptr) log_file_bytes_.store(disk_->writer().file_bytes());
  // Until then a restart would find nothing that the log on the disk continues.
  const bool unsaved =
      disk_ != nullptr && disk_->needs_snapshot() && discards_ == 0 && loading_session_ == 0;
  if (unsaved && ticks_ % (10 * kTicksPerHeartbeat) == 0) host_.SaveSnapshot();
  loop_.RunAfter({options_.group.timing.heartbeat.value / kTicksPerHeartbeat}, [this] { Tick(); });
}

void ClusterDriver::InheritVoterChange() {
  const ClusterConfiguration& known = register_->known();
  // Without one there is nothing to draw for.
  const uint64_t random = known.next_voters.empty() ? 0 : runtime_.entropy().Next();
  if (!heir_.Tick(known, group_->IsPrimary(), runtime_.clock().Monotonic(), random)) return;
  admin_->SettleVoters([this](const absl::Status&) { heir_.Ended(); });
}

void ClusterDriver::Feed(Input input) {
  inputs_.push_back(std::move(input));
  StepInputs();
}

void ClusterDriver::StepInputs() {
  if (stepping_) return;
  stepping_ = true;
  while (!inputs_.empty() && !retiring_) {
    const Input next = std::move(inputs_.front());
    inputs_.pop_front();
    Outputs outputs;
    group_->Step(next, runtime_.clock().Monotonic(), *view_, outputs);
    for (Output& output : outputs) {
      std::visit([this](auto& carried) { Carry(carried); }, output);
    }
  }
  stepping_ = false;
  Publish();
}

void ClusterDriver::Publish() {
  const Nanos until = group_->ServeUntil();
  state_.serve_until.store(until.value, std::memory_order_release);
  state_.may_write.store(group_->MayWrite(), std::memory_order_release);
  state_.epoch.store(group_->view().group.epoch.value, std::memory_order_release);
  const bool readable = group_->IsReadable() && !retiring_ && discards_ == 0;
  state_.readable.store(readable, std::memory_order_release);
  PointForward();
  // Who watches a switchover is not to be told of a state that has just ended.
  if (Serves() != status_serving_ || HandoverStage() != status_handover_) PublishStatus();
}

Handover::Stage ClusterDriver::HandoverStage() const {
  return group_ ? group_->handover_stage() : Handover::Stage::kNone;
}

bool ClusterDriver::Serves() const {
  return group_ && state_.role.load() == ServingRole::kLeading &&
         runtime_.clock().Monotonic() < group_->ServeUntil();
}

void ClusterDriver::PublishStatus() {
  ClusterStatus status{.self = ToIdentity(self_.identity), .witness = options_.witness};
  status.configuration = register_->known();
  if (group_) {
    status.group = group_->Describe(runtime_.clock().Monotonic());
    status.serving = status_serving_ = Serves();
    status_handover_ = HandoverStage();
  }
  state_.stuck.store(status.group.condition == GroupCondition::kWaiting ||
                     status.group.condition == GroupCondition::kLost);
  status.min_in_sync = static_cast<size_t>(options_.group.min_in_sync);
  if (status.min_in_sync == 0) {
    status.min_in_sync = ViewOf(status.configuration).data_nodes.size() >= 3 ? 2 : 1;
  }
  status.register_open = register_->has_open_outcome();
  status.register_reason = register_reason_;
  for (const NodeDescription& node : status.configuration.nodes) {
    if (node.id.value == self_.identity.node || mesh_.IsUp(node.id)) continue;
    status.unreachable.emplace_back(node.id, mesh_.LastFailure(node.id).ToString());
  }
  if (loading_session_ != 0) status.sync_received = received_bytes_;
  for (const auto& snapshot : snapshots_) {
    status.sync_taken[snapshot->target().peer.node] = snapshot->taken_bytes();
  }
  status.doors = doors_;
  host_.OnStatus(status);
  std::lock_guard hold(status_mutex_);
  status_ = std::move(status);
}

ClusterStatus ClusterDriver::Status() const {
  std::lock_guard hold(status_mutex_);
  return status_;
}

bool ClusterDriver::IsCongested() const {
  return log_.unacknowledged_bytes() > options_.window_bytes ||
         log_.held_bytes() >
             options_.window_bytes + options_.log.backlog_bytes + options_.resync_bytes;
}

void ClusterDriver::ConfirmReads(uint64_t token) {
  loop_.Post([this, token] {
    if (group_) Feed(ConfirmRead{token});
  });
}

void ClusterDriver::WithAdmin(absl::AnyInvocable<void(ClusterAdmin&)> use) {
  loop_.Post([this, use = std::move(use)]() mutable { use(*admin_); });
}

void ClusterDriver::NoteAppended() {
  if (advance_posted_.exchange(true)) return;
  loop_.Post([this] {
    advance_posted_.store(false);
    OnAppended();
  });
}

void ClusterDriver::NoteApplied(Lsn lsn, Millis log_time) {
  log_.NoteApplied(lsn);
  // Whoever reads now sees the last record, and so at least its time.
  RaiseReadTime(log_time);
  loop_.Post([this, lsn] {
    if (!group_ || discards_ > 0) return;
    Feed(Applied{lsn});
    UsableTime();
  });
}

void ClusterDriver::SwitchOver(NodeId target, uint64_t expected_version, StatusHandler done) {
  loop_.Post([this, target, expected_version, done = std::move(done)]() mutable {
    if (!group_) return done(absl::FailedPreconditionError("this node holds no data"));
    const uint64_t version = register_->known().version;
    if (expected_version != 0 && version != expected_version) {
      return done(absl::AbortedError(
          absl::StrCat("the configuration is at version ", version, ", not ", expected_version)));
    }
    if (!group_->IsPrimary()) return AskToHandOver(target, expected_version, std::move(done));
    Feed(Switchover{.request = AddAnswer(std::move(done)), .target = target});
  });
}

void ClusterDriver::BeginSwitchOver(NodeId target, Nanos patience, StatusHandler begun,
                                    StatusHandler ended) {
  loop_.Post(
      [this, target, patience, begun = std::move(begun), ended = std::move(ended)]() mutable {
        if (!group_) return begun(absl::FailedPreconditionError("this node holds no data"));
        const uint64_t request = AddAnswer(std::move(begun));
        Feed(Switchover{.request = request, .target = target, .patience = patience});
        const auto under_way = answers_.find(request);
        if (under_way == answers_.end()) return;
        std::exchange(under_way->second, std::move(ended))(absl::OkStatus());
      });
}

void ClusterDriver::CallOffSwitchOver(StatusHandler done) {
  loop_.Post([this, done = std::move(done)]() mutable {
    if (!group_) return done(absl::FailedPreconditionError("this node holds no data"));
    Feed(CallOff{.request = AddAnswer(std::move(done))});
  });
}

uint64_t ClusterDriver::AddAnswer(StatusHandler done) {
  answers_.emplace(next_request_, std::move(done));
  return next_request_++;
}

void ClusterDriver::SetDoors(NodeDoors doors) {
  loop_.Post([this, doors = std::move(doors)] {
    doors_[NodeId{self_.identity.node}] = doors;
    for (const NodeDescription& node : register_->known().nodes) {
      if (node.id.value == self_.identity.node) continue;
      mesh_.SendControl(node.id, kDoorsFrame, EncodeDoors(doors));
    }
    PublishStatus();
  });
}

void ClusterDriver::Recover(StatusHandler done) {
  loop_.Post([this, done = std::move(done)]() mutable {
    if (!group_) return done(absl::FailedPreconditionError("this node holds no data"));
    const uint64_t request = next_request_++;
    answers_.emplace(request, std::move(done));
    Feed(holdfast::Recover{.request = request});
  });
}

void ClusterDriver::Shutdown(Nanos patience, ClusterHost::Done done) {
  loop_.Post([this, patience, done = std::move(done)]() mutable {
    auto finish = std::make_shared<ClusterHost::Done>([this, done = std::move(done)]() mutable {
      stopped_ = true;
      CloseDisk(std::move(done));
    });
    // Whichever comes first, the answer or the end of patience.
    auto once = [finish] {
      if (*finish) std::exchange(*finish, nullptr)();
    };
    if (!group_) return once();
    loop_.RunAfter(patience, once);
    // Who led hands over first and then leaves the set, so that its successor need not miss it.
    const bool led = group_->IsPrimary();
    GiveWay([this, led, once](absl::Status status) {
      if (!led || !status.ok()) return once();
      GiveWay([once](absl::Status) { once(); });
    });
  });
}

void ClusterDriver::GiveWay(StatusHandler done) {
  const uint64_t request = next_request_++;
  answers_.emplace(request, std::move(done));
  Feed(holdfast::Shutdown{.request = request});
}

// Work for the host, one piece after another.

void ClusterDriver::AddRoleWork(RoleWork work) {
  role_work_.push_back(std::move(work));
  if (!role_busy_) NextRoleWork();
}

void ClusterDriver::NextRoleWork() {
  role_busy_ = !role_work_.empty();
  if (!role_busy_) return;
  RoleWork work = std::move(role_work_.front());
  role_work_.pop_front();
  work([this] { NextRoleWork(); });
}

// The log.

void ClusterDriver::OnAppended() {
  const LogPosition ready = log_.Advance();
  if (disk_ != nullptr) disk_->Pump();
  if (ready != reported_) {
    reported_ = ready;
    if (group_->IsPrimary()) Feed(LogAppended{ready});
  }
  PumpStreams();
}

void ClusterDriver::PumpStreams() {
  if (!group_) return;
  const Epoch epoch = group_->view().group.epoch;
  std::vector<RecordStream::Target> broken;
  for (const auto& stream : streams_) {
    if (!stream->Pump(epoch, group_->commit()).ok()) broken.push_back(stream->target());
  }
  for (const auto& snapshot : snapshots_) snapshot->Pump(mesh_, log_, group_->commit());
  for (const RecordStream::Target& target : broken) {
    std::erase_if(streams_, [&](const auto& stream) {
      return stream->target().peer == target.peer && stream->target().session == target.session;
    });
    ReportFailure(target.peer, target.session);
  }
}

// Nothing is appended or trimmed behind the cut before this is known here.
void ClusterDriver::NoteCut(Lsn cut, CutHandler use) {
  kept_from_.store(cut.value);
  loop_.Post([this, cut, use = std::move(use)]() mutable {
    DropCut("another one was begun");
    kept_from_.store(cut.value);
    cut_ = {cut, std::move(use)};
    log_.Advance();
    FindCut();
  });
}

void ClusterDriver::FindCut() {
  if (!cut_ || log_.commit() < cut_->cut) return;
  const auto position = log_.PositionAt(cut_->cut);
  if (!position) return DropCut("the log was replaced");
  kept_from_.store(UINT64_MAX);
  std::exchange(cut_, std::nullopt)->use(LogOrigin{self_.cluster_id, *position});
}

void ClusterDriver::DropCut(absl::string_view why) {
  if (!cut_) return;
  kept_from_.store(UINT64_MAX);
  std::exchange(cut_, std::nullopt)
      ->use(absl::CancelledError(absl::StrCat("the snapshot's cut: ", why)));
}

void ClusterDriver::TrimLog() {
  Lsn needed = std::min(held_by_all_, Lsn{kept_from_.load()});
  if (disk_ != nullptr) needed = std::min(needed, disk_->writer().handed_over().lsn);
  for (const auto& stream : streams_) needed = std::min(needed, stream->acked());
  for (const auto& snapshot : snapshots_) needed = std::min(needed, snapshot->target().floor);
  log_.NoteAcknowledged(std::min(held_by_all_, log_.ready().lsn));
  log_.Trim(std::min(needed, log_.ready().lsn));
}

void ClusterDriver::RaiseReadTime(Millis log_time) {
  int64_t known = state_.read_time_ms.load();
  while (known < log_time.value &&
         !state_.read_time_ms.compare_exchange_weak(known, log_time.value)) {
  }
}

// Times become usable as the records they came with are applied.
void ClusterDriver::UsableTime() {
  while (!times_.empty() && times_.front().after <= log_.applied()) {
    RaiseReadTime(times_.front().log_time);
    times_.pop_front();
  }
}

}  // namespace holdfast
