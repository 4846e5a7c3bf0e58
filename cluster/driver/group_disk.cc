#include "cluster/driver/group_disk.h"

#include <utility>

namespace holdfast {
namespace {

constexpr Nanos kTick = Seconds(1);

}  // namespace

GroupDisk::GroupDisk(EventLoop& loop, const ReplicationLog& log, Options options, Hooks hooks)
    : loop_(loop),
      log_(log),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      writer_(loop.disk(), log,
              {.directory = options_.log_directory,
               .log_id = options_.log_id,
               .policy = options_.policy},
              {.on_progress = [this] { OnProgress(); },
               .on_failure =
                   [this](absl::Status status) {
                     if (closed_) return std::exchange(closed_, nullptr)(std::move(status));
                     hooks_.on_failure(std::move(status));
                   }}) {}

void GroupDisk::PutClaim(Claim claim) {
  writer_.Do("writing the claim", [this, claim = std::move(claim)](StatusHandler done) {
    WriteClaim(loop_.disk(), options_.directory, claim, std::move(done));
  });
}

void GroupDisk::Begin(std::optional<LogFiles::Tail> tail, const LogPosition& position) {
  if (tail && tail->position == position) {
    writer_.Continue(*std::move(tail));
  } else {
    writer_.Restart(position);
  }
  loop_.RunAfter(kTick, [this] { Tick(); });
}

void GroupDisk::Tick() {
  writer_.Tick();
  if (!closing_) loop_.RunAfter(kTick, [this] { Tick(); });
}

void GroupDisk::EraseClaim() { PutClaim({.lives = {options_.life}}); }

void GroupDisk::Discard() {
  PutClaim({});
  needs_snapshot_ = Lsn{};
  writer_.Restart({});
}

void GroupDisk::Restart(const LogPosition& position) {
  needs_snapshot_ = position.lsn;
  writer_.Restart(position);
}

void GroupDisk::NoteSaved(Lsn cut) {
  if (needs_snapshot_ && cut >= *needs_snapshot_) {
    needs_snapshot_.reset();
    PutClaim({.lives = {options_.life}});
  }
  if (!needs_snapshot_) writer_.Trim(cut);
}

void GroupDisk::Sync() {
  Pump();
  writer_.Sync();
}

void GroupDisk::OnProgress() {
  if (closing_) FinishClosing();
  if (writer_.synced() == reported_) return;
  reported_ = writer_.synced();
  hooks_.on_synced();
}

void GroupDisk::Close(bool complete, StatusHandler done) {
  closing_ = true;
  closed_ = [this, complete, done = std::move(done)](absl::Status status) mutable {
    if (!status.ok() || !complete || needs_snapshot_) return done(std::move(status));
    WriteClaim(loop_.disk(), options_.directory, {.lives = {options_.life}, .complete = true},
               std::move(done));
  };
  Sync();
  FinishClosing();
}

void GroupDisk::FinishClosing() {
  if (!closed_) return;
  if (!writer_.status().ok()) return std::exchange(closed_, nullptr)(writer_.status());
  if (!writer_.idle()) return;
  if (writer_.synced() < log_.ready().lsn) return writer_.Sync();
  std::exchange(closed_, nullptr)(absl::OkStatus());
}

}  // namespace holdfast
