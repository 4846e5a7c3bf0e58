// What the driver has to do with the node's disk: the restart, and how far the log is durable.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cluster/driver/driver.h"
#include "cluster/driver/view_of.h"
#include "net/base/witness.h"

namespace holdfast {

// Coming back.

void ClusterDriver::JoinGroup(uint64_t hash_seed) {
  AddRoleWork([this, hash_seed](ClusterHost::Done done) {
    host_.Prepare({.hash_seed = hash_seed,
                   .log_id = register_->known().cluster_id,
                   .recover = !claim_.lives.empty()},
                  [this, done = std::move(done)](absl::StatusOr<RecoveredGroup> recovered) mutable {
                    TakeRecovered(std::move(recovered), std::move(done));
                  });
  });
}

// This life is named on the disk before it says or changes anything.
void ClusterDriver::TakeRecovered(absl::StatusOr<RecoveredGroup> recovered,
                                  ClusterHost::Done done) {
  if (!recovered.ok()) return host_.Halt(recovered.status().message());
  if (options_.log_directory.empty()) return BeginGroup(*std::move(recovered), std::move(done));
  Claim claim{.lives = claim_.lives};
  claim.lives.push_back(ToIdentity(self_.identity).incarnation);
  WriteClaim(loop_.disk(), options_.directory, claim,
             [this, recovered = *std::move(recovered),
              done = std::move(done)](const absl::Status& written) mutable {
               if (!written.ok()) return host_.Halt(written.message());
               BeginGroup(std::move(recovered), std::move(done));
             });
}

void ClusterDriver::BeginGroup(RecoveredGroup recovered, ClusterHost::Done done) {
  log_.Restart(recovered.executed);
  if (!recovered.undecided.empty()) {
    const auto appended = log_.AppendReceived(recovered.undecided.view());
    if (!appended.ok()) return host_.Halt(appended.status().message());
  }
  reported_ = log_.ready();
  if (!options_.log_directory.empty()) OpenDisk(std::move(recovered.tail));
  GroupStart start{.self = ToIdentity(self_.identity),
                   .recovery = {.lives = claim_.lives, .tail = log_.ready()},
                   .applied = recovered.executed.lsn,
                   .commit = recovered.executed.lsn,
                   .tail = log_.ready()};
  if (claim_.complete) start.recovery.complete_for = claim_.lives.back();
  group_.emplace(options_.group, start, runtime_.clock().Monotonic());
  state_.role.store(ServingRole::kFollower, std::memory_order_release);
  Feed(ViewLearned{ViewOf(register_->known())});
  for (const Identity peer : std::exchange(met_, {})) Feed(Connected{peer});
  done();
}

void ClusterDriver::OpenDisk(std::optional<LogFiles::Tail> tail) {
  disk_ = std::make_unique<GroupDisk>(
      loop_, log_,
      GroupDisk::Options{.directory = options_.directory,
                         .log_directory = options_.log_directory,
                         .log_id = self_.cluster_id,
                         .policy = options_.fsync,
                         .life = ToIdentity(self_.identity).incarnation},
      GroupDisk::Hooks{.on_synced =
                           [this] {
                             synced_.store(disk_->synced().value, std::memory_order_release);
                             if (group_ && discards_ == 0) Feed(LogSynced{disk_->synced()});
                           },
                       .on_failure =
                           [this](const absl::Status& status) {
                             host_.Halt(
                                 absl::StrCat("the log cannot be written: ", status.message()));
                           }});
  disk_->Begin(std::move(tail), log_.ready());
}

void ClusterDriver::Carry(EraseClaim&) {
  claim_ = {};
  if (disk_ != nullptr) disk_->EraseClaim();
}

// Durability.

void ClusterDriver::Carry(DurableAdvanced& advanced) {
  if (state_.durable.load() >= advanced.lsn.value) return;
  state_.durable.store(advanced.lsn.value);
  WitnessCommit({.epoch = group_->view().group.epoch,
                 .lsn = advanced.lsn,
                 .acknowledgeable = advanced.lsn,
                 .durable = true});
  host_.RepliesMayGo();
}

void ClusterDriver::NoteSaved(Lsn cut) {
  loop_.Post([this, cut] {
    if (disk_ != nullptr) disk_->NoteSaved(cut);
  });
}

void ClusterDriver::WantSync() {
  if (sync_posted_.exchange(true)) return;
  loop_.Post([this] {
    sync_posted_.store(false);
    if (disk_ == nullptr) return;
    log_.Advance();
    disk_->Sync();
  });
}

int64_t ClusterDriver::ReplicasSynced(Lsn lsn) const {
  const ClusterStatus status = Status();
  return std::count_if(status.group.peers.begin(), status.group.peers.end(),
                       [&](const PeerReport& peer) { return peer.in_sync && peer.synced >= lsn; });
}

// Everything is on the disk, and nothing is acknowledged any more.
void ClusterDriver::CloseDisk(ClusterHost::Done done) {
  if (disk_ == nullptr || !group_ || discards_ > 0) return done();
  auto close = [this, done = std::move(done)]() mutable {
    log_.Close();
    log_.Advance();
    disk_->Close(/*complete=*/true,
                 [done = std::move(done)](const absl::Status&) mutable { done(); });
  };
  // Whoever could not hand over, or is just about to retire, executes until here.
  AddRoleWork([this, close = std::move(close)](ClusterHost::Done next) mutable {
    host_.Retire([close = std::move(close), next = std::move(next)]() mutable {
      close();
      next();
    });
  });
}

}  // namespace holdfast
