#include "node/membership.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "net/base/planted_bug.h"
#include "net/base/witness.h"
#include "node/forward_desk.h"
#include "node/node.h"
#include "node/persistence.h"
#include "node/protection.h"
#include "node/sentinel/sentinel_door.h"
#include "node/session.h"
#include "node/version.h"
#include "storage/effects/apply.h"

namespace holdfast {
namespace {

ClusterDriver::Options DriverOptions(const Settings& settings) {
  ClusterDriver::Options options;
  const int port = settings.cluster_port != 0 ? settings.cluster_port : settings.port + 10'000;
  for (BindAddress& bind : BindAddresses(settings.bind, static_cast<uint16_t>(port))) {
    options.peer_doors.push_back({std::move(bind.address), bind.optional});
  }
  options.directory = settings.dir;
  options.secret = settings.cluster_secret;
  options.witness = settings.witness;
  Timing& timing = options.group.timing;
  timing.heartbeat = Milliseconds(settings.heartbeat_interval_ms);
  timing.suspect = Milliseconds(settings.suspect_after_ms);
  timing.lease = Milliseconds(settings.lease_ms);
  timing.grace = Timing::GraceFor(timing.lease);
  timing.stagger = timing.heartbeat;
  timing.back_off = timing.heartbeat;
  options.group.min_in_sync = settings.min_in_sync;
  // Whole chunks are forgotten, so that a small backlog wants small ones.
  options.log.backlog_bytes = static_cast<size_t>(settings.repl_backlog_size);
  options.log.chunk_bytes =
      std::clamp(options.log.backlog_bytes, limits::kLogChunkBytesMin, limits::kLogChunkBytes);
  options.window_bytes = static_cast<uint64_t>(settings.replication_window);
  options.resync_blocks = static_cast<uint32_t>(settings.resync_blocks_in_flight);
  options.resync_bytes = static_cast<uint64_t>(settings.resync_buffer);
  options.version = kVersion;
  if (settings.appendonly && !settings.witness) {
    options.log_directory = absl::StrCat(settings.dir, "/", settings.appenddirname);
    options.fsync =
        settings.durability == Durability::kFsync ? FsyncPolicy::kAlways : settings.appendfsync;
  }
  return options;
}

constexpr HeldErrors kSteppedDown{
    .write = "INDETERMINATE another node leads now; whether this was applied is not known here",
    .read = "TRYAGAIN another node leads now"};
constexpr HeldErrors kTimedOut{
    .write = "INDETERMINATE the commit timed out; the write may or may not survive, now or later",
    .read = "TRYAGAIN what this would show is not committed"};

}  // namespace

Membership::Membership(Node& node, EventLoop& cluster_loop)
    : Ledger(node),
      cluster_loop_(cluster_loop),
      background_(node.runtime().loop(node.background_participant())),
      at_start_(node.settings()),
      chronicle_(node.clock(), node.runtime().logger()),
      forwarder_(node, cluster_loop),
      driver_(node.runtime(), cluster_loop, DriverOptions(node.settings()), *this) {}

// Workers.

void Membership::Need(const HoldNeeds& needs) {
  if (needs.token != 0) driver_.ConfirmReads(needs.token);
  if (needs.fsync) driver_.WantSync();
}

void Membership::OnStatus(const ClusterStatus& status) {
  chronicle_.Look(status);
  if (node_.sentinel_door() != nullptr) {
    node_.sentinel_door()->OnStatus(MapOf(status, at_start_));
  }
}

void Membership::FailOverdue(Worker& worker) {
  const Nanos overdue =
      node_.clock().Monotonic() - Milliseconds(node_.settings().commit_timeout_ms);
  worker.desk->GiveUp(overdue);
  if (worker.holding.empty()) return;
  const bool any = std::any_of(worker.holding.begin(), worker.holding.end(), [&](Session* session) {
    return session->held_replies() > 0 && session->held_since() <= overdue;
  });
  if (any) chronicle_.Add("commit-timeout", "");
  worker.FailHeld(visible(), kTimedOut, overdue);
}

HeldSummary Membership::Held() const {
  HeldSummary held;
  const Nanos now = node_.clock().Monotonic();
  for (const auto& worker : node_.workers()) {
    held.replies += worker->held_replies.load(std::memory_order_relaxed);
    const int64_t since = worker->held_since.load(std::memory_order_relaxed);
    if (since != 0) held.oldest = std::max(held.oldest, now - Nanos{since});
  }
  return held;
}

// Role changes, on the background loop.

void Membership::InBackground(Task task) {
  background_.Post([this, task = std::move(task)]() mutable {
    GateHolder gate(node_.gate(), node_.background_participant());
    task();
  });
}

void Membership::Prepare(const Preparation& preparation,
                         absl::AnyInvocable<void(absl::StatusOr<RecoveredGroup>)> done) {
  hash_seed_ = preparation.hash_seed;
  node_.persistence().LoadGroup(
      preparation, [this, done = std::move(done)](absl::StatusOr<RecoveredGroup> loaded) mutable {
        Answer([loaded = std::move(loaded), done = std::move(done)]() mutable {
          done(std::move(loaded));
        });
      });
}

// One that is under way is as good, or is followed by another one.
void Membership::SaveSnapshot() { (void)node_.persistence().saver().TryBegin(nullptr); }

void Membership::CatchUp(HeardTime heard, Done done) {
  InBackground([this, heard, done = std::move(done)]() mutable {
    catching_ = {heard, std::move(done)};
    apply_target_.store(driver_.log().tail().value);
    if (!apply_posted_.exchange(true)) ApplyTurn();
  });
}

void Membership::FinishCatchUp() {
  Catching catching = *std::exchange(catching_, std::nullopt);
  if (catching.heard.log_time.value != 0) {
    node_.log_clock().Continue(Milliseconds(catching.heard.log_time.value),
                               node_.clock().Monotonic() - catching.heard.at);
  }
  Answer(std::move(catching.done));
}

void Membership::Lead(Epoch epoch, Done done) {
  InBackground([this, epoch, done = std::move(done)]() mutable {
    {
      WorldGate::Stop stop(node_.gate(), node_.background_participant());
      node_.set_leads(epoch);
    }
    Answer(std::move(done));
  });
}

void Membership::Retire(Done done) {
  InBackground([this, done = std::move(done)]() mutable {
    {
      WorldGate::Stop stop(node_.gate(), node_.background_participant());
      node_.set_leads(std::nullopt);
    }
    node_.snapshots().DropAll(absl::CancelledError("this node leads no more"));
    FailHeld(std::move(done));
  });
}

// `done` once every worker has answered what it held.
void Membership::FailHeld(Done done) {
  auto left = std::make_shared<std::atomic<size_t>>(node_.workers().size());
  auto shared = std::make_shared<Done>(std::move(done));
  for (auto& worker : node_.workers()) {
    worker->loop.Post([this, left, shared, &worker = *worker] {
      {
        GateHolder gate(node_.gate(), worker.index);
        if (BUG("held-replies-answered-ok-on-step-down")) {
          worker.ReleaseHeld({.committed = Lsn{UINT64_MAX}, .confirmed = UINT64_MAX});
        } else {
          worker.FailHeld(visible(), kSteppedDown, node_.clock().Monotonic());
        }
      }
      if (left->fetch_sub(1) == 1) Answer(std::move(*shared));
    });
  }
}

void Membership::Drain(Done done) {
  InBackground([this, done = std::move(done)]() mutable {
    // Whoever is past the look at the role has executed once the world has stood still; what the
    // node does by itself (expiry) ends here too.
    {
      WorldGate::Stop stop(node_.gate(), node_.background_participant());
      if (!BUG("expiry-goes-on-while-handing-over")) node_.set_leads(std::nullopt);
    }
    Answer(std::move(done));
  });
}

void Membership::Discard(Done done) {
  InBackground([this, done = std::move(done)]() mutable {
    loader_.reset();
    apply_target_.store(0);
    auto fresh = std::make_unique<Keyspace>(hash_seed_);
    ReplaceKeyspace(*fresh);
    old_keyspaces_.push_back(std::move(fresh));
    FreeOldKeyspaces();
    chronicle_.Add("discarded-data", "reason=\"a full sync begins\"");
    Answer(std::move(done));
  });
}

void Membership::ReplaceKeyspace(Keyspace& with) {
  node_.snapshots().DropAll(absl::CancelledError("the data is replaced"));
  node_.ReplaceKeyspace(with);
}

void Membership::FreeOldKeyspaces() {
  while (!old_keyspaces_.empty()) {
    if (old_keyspaces_.front()->DismantleSome(limits::kReclaimedPerTurn)) {
      background_.Post([this] { FreeOldKeyspaces(); });
      return;
    }
    old_keyspaces_.pop_front();
  }
}

// Executing what the primary sent.

void Membership::Apply(Lsn commit) {
  apply_target_.store(commit.value);
  if (apply_posted_.exchange(true)) return;
  background_.Post([this] {
    GateHolder gate(node_.gate(), node_.background_participant());
    ApplyTurn();
  });
}

void Membership::ApplyTurn() {
  if (ApplyWindow()) {
    background_.Post([this] {
      GateHolder gate(node_.gate(), node_.background_participant());
      ApplyTurn();
    });
    return;
  }
  apply_posted_.store(false);
  // What came between the last look and this store is not to be forgotten.
  const Lsn target{apply_target_.load()};
  if (driver_.log().applied() < target && !apply_posted_.exchange(true)) {
    background_.Post([this] {
      GateHolder gate(node_.gate(), node_.background_participant());
      ApplyTurn();
    });
  } else if (catching_) {
    FinishCatchUp();
  }
}

// Executes for at most a millisecond; whether there is more to do.
bool Membership::ApplyWindow() {
  constexpr Nanos kWindow = Milliseconds(1);
  constexpr int kRecordsPerLook = 16;
  ReplicationLog& log = driver_.log();
  const Lsn target{apply_target_.load()};
  Lsn applied = log.applied();
  Millis log_time;
  if (applied >= target || log.open()) return false;
  {
    WorldGate::Stop stop(node_.gate(), node_.background_participant());
    const Nanos end = node_.clock().Monotonic() + kWindow;
    const auto records = log.Read({.after = applied, .until = target});
    if (!records) return false;
    absl::string_view rest = *records;
    for (int i = 1; !rest.empty(); ++i) {
      const Record record = ReadTrustedRecord(rest.data());
      rest.remove_prefix(record.framed.size());
      const auto touched = node_.ApplyRecord(record.header.log_time, record.payload);
      if (!touched.ok()) {
        Halt(absl::StrCat("record ", record.header.lsn.value,
                          " cannot be executed: ", touched.status().message()));
        return false;
      }
      touched->Mark(node_.keyspace(), record.header.lsn);
      applied = record.header.lsn;
      log_time = record.header.log_time;
      if (i % kRecordsPerLook == 0 && node_.clock().Monotonic() >= end) break;
    }
  }
  driver_.NoteApplied(applied, log_time);
  return applied < Lsn{apply_target_.load()};
}

// Snapshots.

void Membership::SendSnapshot(uint64_t session, std::shared_ptr<SnapshotSink> sink) {
  InBackground([this, session, sink = std::move(sink)]() mutable {
    node_.snapshots().Add(
        {.generation = session,
         .payload_bytes_max = static_cast<size_t>(node_.settings().resync_block_size),
         .of_leader = true},
        std::move(sink));
  });
}

void Membership::LoadBlock(uint64_t session, Buffer block, StatusDone done) {
  InBackground([this, session, block = std::move(block), done = std::move(done)]() mutable {
    if (loader_ == nullptr || loader_session_ != session) {
      loader_ = std::make_unique<SnapshotLoader>(
          SnapshotLoader::Options{.list_limits = node_.list_limits()});
      loader_session_ = session;
    }
    const absl::Status status = loader_->Feed(block.view());
    Answer([status, done = std::move(done)]() mutable { done(status); });
  });
}

void Membership::Install(uint64_t session,
                         absl::AnyInvocable<void(absl::StatusOr<SnapshotHeader>)> done) {
  InBackground([this, session, done = std::move(done)]() mutable {
    absl::StatusOr<SnapshotHeader> installed =
        absl::DataLossError("the snapshot ended before it was whole");
    if (loader_ != nullptr && loader_session_ == session && loader_->done()) {
      installed = loader_->header();
      std::unique_ptr<Keyspace> loaded = loader_->TakeKeyspace();
      ReplaceKeyspace(*loaded);
      node_.keyspace().RaiseLsnFloor(installed->cut);
      old_keyspaces_.push_back(std::move(loaded));
      FreeOldKeyspaces();
      chronicle_.Add("sync-installed",
                     absl::StrCat("cut=", installed->cut.value, " entries=", loader_->entries()));
    }
    loader_.reset();
    Answer([installed = std::move(installed), done = std::move(done)]() mutable {
      done(std::move(installed));
    });
  });
}

bool Membership::empty() const {
  if (node_.persistence().holds_foreign_data()) return false;
  for (uint8_t database = 0; database < kDatabaseCount; ++database) {
    if (node_.keyspace().Size(DatabaseId{database}) != 0) return false;
  }
  return true;
}

Millis Membership::log_time() const { return node_.log_clock().Now(); }

void Membership::Halt(absl::string_view reason) {
  WitnessHalt(reason);
  chronicle_.Add("halted", absl::StrCat("reason=\"", reason, "\""));
  node_.Abandon();
}

}  // namespace holdfast
