#include "node/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/planted_bug.h"
#include "net/base/witness.h"
#include "node/node.h"
#include "storage/effects/effect_format.h"

namespace holdfast {
namespace {

constexpr Nanos kTick = Seconds(1);

}  // namespace

Journal::Journal(Node& node, EventLoop& loop)
    : Ledger(node), loop_(loop), log_(ReplicationLog::Options{}) {}

// Beginning.

void Journal::Begin(JournalStart start, StatusHandler done) {
  loop_.Post([this, start = std::move(start), done = std::move(done)]() mutable {
    log_id_ = start.log_id;
    epoch_ = start.position.epoch.Next();
    policy_.store(start.policy);
    begun_ = std::move(done);
    log_.Restart(start.position);
    writer_ = std::make_unique<LogWriter>(
        loop_.disk(), log_,
        LogFiles::Options{.directory = start.directory, .log_id = log_id_, .policy = start.policy},
        LogWriter::Hooks{.on_progress = [this] { OnProgress(); },
                         .on_failure = [this](const absl::Status& status) { OnFailure(status); }});
    std::string directory = start.directory;
    loop_.disk().MakeDirectory(
        directory, [this, start = std::move(start)](const absl::Status& status) mutable {
          if (!status.ok() && !absl::IsAlreadyExists(status)) return OnFailure(status);
          // A loss of power may take a name that is not synced, and all that is behind it.
          std::string parent = start.parent;
          auto open = [this, start = std::move(start)](const absl::Status& synced) mutable {
            if (!synced.ok()) return OnFailure(synced);
            OpenFiles(std::move(start));
          };
          if (BUG("log-directory-not-synced")) return open(absl::OkStatus());
          loop_.disk().SyncDirectory(parent, std::move(open));
        });
  });
}

void Journal::OpenFiles(JournalStart start) {
  if (start.tail && start.tail->position == start.position) {
    writer_->Continue(*std::move(start.tail));
  } else {
    writer_->Restart(start.position);
  }
  log_.Open(epoch_);
  const auto first = log_.Append(
      {.epoch = epoch_, .log_time = node_.log_clock().Now(), .payload = kNothingEffect});
  CHECK(first);
  first_ = *first;
  Pump();
  writer_->Sync();
  loop_.RunAfter(kTick, [this] { Tick(); });
}

// Writing.

void Journal::NoteAppended() {
  if (pump_posted_.exchange(true)) return;
  loop_.Post([this] {
    pump_posted_.store(false);
    Pump();
  });
}

void Journal::Pump() {
  log_.Advance();
  writer_->Pump();
}

void Journal::OnProgress() {
  const Lsn written = writer_->written();
  log_.SetCommit(written);
  log_.NoteAcknowledged(written);
  log_.Trim(std::min(written, Lsn{kept_from_.load()}));
  const Lsn committed = visible().committed;
  WitnessCommit({.epoch = epoch_,
                 .lsn = committed,
                 .acknowledgeable = committed,
                 .durable = committed == writer_->synced()});
  if (begun_ && writer_->synced() >= first_) std::exchange(begun_, nullptr)(absl::OkStatus());
  RepliesMayGo();
  if (closing_) FinishClosing();
}

void Journal::OnFailure(const absl::Status& status) {
  if (begun_) return std::exchange(begun_, nullptr)(status);
  if (closed_) return std::exchange(closed_, nullptr)(status);
  HaltFor(absl::StrCat("the log cannot be written: ", status.message()));
}

void Journal::Tick() {
  writer_->Tick();
  if (!closing_) loop_.RunAfter(kTick, [this] { Tick(); });
}

// Promises.

Visible Journal::visible() const {
  const Lsn synced = writer_->synced();
  return {.committed = policy() == FsyncPolicy::kAlways ? synced : writer_->written(),
          .durable = synced};
}

void Journal::Need(const HoldNeeds& needs) {
  if (!needs.fsync || policy() == FsyncPolicy::kAlways || sync_posted_.exchange(true)) return;
  loop_.Post([this] {
    sync_posted_.store(false);
    Pump();
    writer_->Sync();
  });
}

bool Journal::IsCongested() const {
  return log_.unacknowledged_bytes() > static_cast<uint64_t>(node_.settings().replication_window);
}

void Journal::SetPolicy(FsyncPolicy policy) {
  loop_.Post([this, policy] {
    policy_.store(policy);
    writer_->set_policy(policy);
    // What has been promised so far was written; from now on it has to be durable.
    if (policy == FsyncPolicy::kAlways) writer_->Sync();
  });
}

// Snapshots.

// Nothing is appended meanwhile, so nothing behind the cut can have been forgotten yet.
void Journal::NoteCut(const SnapshotHeader& cut,
                      absl::AnyInvocable<void(absl::StatusOr<LogOrigin>)> use) {
  kept_from_.store(cut.cut.value);
  loop_.Post(
      [this, lsn = cut.cut, use = std::move(use)]() mutable { FindCut(lsn, std::move(use)); });
}

void Journal::FindCut(Lsn cut, absl::AnyInvocable<void(absl::StatusOr<LogOrigin>)> use) {
  log_.Advance();
  const auto position = log_.PositionAt(cut);
  CHECK(position);
  kept_from_.store(UINT64_MAX);
  use(LogOrigin{log_id_, *position});
}

void Journal::NoteSaved(Lsn cut) {
  loop_.Post([this, cut] { writer_->Trim(cut); });
}

// Ending.

void Journal::Close(StatusHandler done) {
  loop_.Post([this, done = std::move(done)]() mutable {
    closed_ = std::move(done);
    closing_ = true;
    log_.Close();
    Pump();
    writer_->Sync();
    FinishClosing();
  });
}

void Journal::FinishClosing() {
  if (!closed_) return;
  if (!writer_->status().ok()) return std::exchange(closed_, nullptr)(writer_->status());
  if (!writer_->idle()) return;
  if (writer_->synced() < log_.ready().lsn) return writer_->Sync();
  std::exchange(closed_, nullptr)(absl::OkStatus());
}

void Journal::HaltFor(absl::string_view reason) {
  node_.Log(LogLevel::kWarning, "halted reason=\"%s\"", reason);
  node_.Abandon();
}

}  // namespace holdfast
