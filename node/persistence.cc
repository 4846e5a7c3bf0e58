#include "node/persistence.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/node.h"

namespace holdfast {

Persistence::Persistence(Node& node, EventLoop& background, EventLoop& log_loop)
    : node_(node), background_(background), log_loop_(log_loop), saver_(node, background) {}

Persistence::~Persistence() = default;

std::string Persistence::LogDirectory() const {
  return absl::StrCat(node_.settings().dir, "/", node_.settings().appenddirname);
}

// Coming back.

void Persistence::Look(absl::AnyInvocable<void(absl::StatusOr<bool>)> done) {
  log_loop_.Post([this, done = std::move(done)]() mutable {
    log_loop_.disk().List(
        node_.settings().dir,
        [this, done = std::move(done)](absl::StatusOr<std::vector<std::string>> names) mutable {
          if (!names.ok()) return done(names.status());
          done(std::any_of(names->begin(), names->end(), [&](const std::string& name) {
            return name == node_.settings().dbfilename || name == node_.settings().appenddirname;
          }));
        });
  });
}

void Persistence::Recover(StatusHandler done) {
  Load({.hash_seed = node_.keyspace().hash_seed()},
       [this, done = std::move(done)](absl::StatusOr<Recovered> recovered) mutable {
         if (!recovered.ok()) return done(recovered.status());
         WriteOn(*std::move(recovered), std::move(done));
       });
}

void Persistence::Load(const LoadRequest& request,
                       absl::AnyInvocable<void(absl::StatusOr<Recovered>)> done) {
  loading_since_.store(node_.clock().Monotonic().value, std::memory_order_relaxed);
  log_loop_.Post([this, request, done = std::move(done)]() mutable {
    const Settings& settings = node_.settings();
    recovering_ = std::make_unique<Keyspace>(request.hash_seed);
    auto recovery = std::make_unique<KeyspaceRecovery>(
        log_loop_.disk(),
        KeyspaceRecovery::Options{.directory = settings.dir,
                                  .snapshot_name = settings.dbfilename,
                                  .log_directory = LogDirectory(),
                                  .load = {.list_limits = node_.list_limits(),
                                           .now = node_.log_clock().Now(),
                                           .compare_checksum = settings.rdbchecksum},
                                  .committed_only = request.committed_only,
                                  .log_id = request.log_id},
        *recovering_);
    KeyspaceRecovery* const started = recovery.get();
    {
      std::lock_guard hold(mutex_);
      recovery_ = std::move(recovery);
    }
    started->Start([this, done = std::move(done)](absl::StatusOr<Recovered> recovered) mutable {
      background_.Post([this, recovered = std::move(recovered), done = std::move(done)]() mutable {
        if (recovered.ok()) TakeOver(*recovered);
        done(std::move(recovered));
      });
    });
  });
}

KeyspaceRecovery::Progress Persistence::progress() const {
  std::lock_guard hold(mutex_);
  return recovery_ == nullptr ? KeyspaceRecovery::Progress{} : recovery_->progress();
}

// The keyspace that was brought back becomes the live one.
void Persistence::TakeOver(const Recovered& recovered) {
  {
    GateHolder gate(node_.gate(), node_.background_participant());
    node_.ReplaceKeyspace(*recovering_);
    // What is read shows nothing older than that.
    node_.keyspace().RaiseLsnFloor(recovered.position.lsn);
    WorldGate::Stop stop(node_.gate(), node_.background_participant());
    if (recovered.log_time > node_.log_clock().Now()) {
      node_.log_clock().Continue(Milliseconds(recovered.log_time.value), Nanos{0});
    }
    loaded_ = {.keys = recovered.keys_loaded,
               .records = recovered.records_executed,
               .took = node_.clock().Monotonic() - loading_since()};
  }
  {
    std::lock_guard hold(mutex_);
    recovery_.reset();
  }
  recovering_.reset();
  LogRecovered(recovered);
}

void Persistence::WriteOn(Recovered recovered, StatusHandler done) {
  if (node_.settings().appendonly) return BeginJournal(std::move(recovered), std::move(done));
  if (recovered.log_id) retired_log_ = LogOrigin{*recovered.log_id, recovered.position};
  RetireLog(std::move(recovered.tail));
  done(absl::OkStatus());
}

// In a group.

void Persistence::LoadGroup(const ClusterHost::Preparation& preparation,
                            absl::AnyInvocable<void(absl::StatusOr<RecoveredGroup>)> done) {
  set_loading(preparation.recover);
  set_holds_foreign_data(false);
  auto loaded = [this, done = std::move(done)](absl::StatusOr<Recovered> recovered) mutable {
    set_loading(false);
    if (!recovered.ok()) return done(recovered.status());
    done(RecoveredGroup{.executed = recovered->position,
                        .undecided = std::move(recovered->undecided),
                        .tail = std::move(recovered->tail)});
  };
  if (preparation.recover) {
    return Load(
        {.hash_seed = preparation.hash_seed, .committed_only = true, .log_id = preparation.log_id},
        std::move(loaded));
  }
  auto begin = [this, seed = preparation.hash_seed,
                loaded = std::move(loaded)](absl::Status moved) mutable {
    background_.Post([this, seed, moved, loaded = std::move(loaded)]() mutable {
      if (!moved.ok()) return loaded(moved);
      {
        GateHolder gate(node_.gate(), node_.background_participant());
        Keyspace fresh(seed);
        node_.ReplaceKeyspace(fresh);
      }
      loaded(Recovered{});
    });
  };
  if (!node_.settings().appendonly) return begin(absl::OkStatus());
  log_loop_.Post([this, begin = std::move(begin)]() mutable { MoveAside(std::move(begin)); });
}

// What is there belongs to a life of which nothing is needed any more. The segments go when the log
// begins anew; the snapshot is kept beside, where nobody takes it for the log's.
void Persistence::MoveAside(StatusHandler done) {
  Disk& disk = log_loop_.disk();
  disk.MakeDirectory(LogDirectory(), [this, &disk,
                                      done = std::move(done)](const absl::Status& made) mutable {
    if (!made.ok() && !absl::IsAlreadyExists(made)) return done(made);
    const std::string path = absl::StrCat(node_.settings().dir, "/", node_.settings().dbfilename);
    disk.Rename(path, absl::StrCat(path, ".before"),
                [this, &disk, done = std::move(done)](const absl::Status& renamed) mutable {
                  if (!renamed.ok() && !absl::IsNotFound(renamed)) return done(renamed);
                  disk.SyncDirectory(node_.settings().dir, std::move(done));
                });
  });
}

void Persistence::LogRecovered(const Recovered& recovered) {
  if (!recovered.cut_off.empty()) {
    node_.Log(LogLevel::kWarning, "The log's end was cut off behind record %d: %s",
              recovered.position.lsn.value, recovered.cut_off);
  }
  if (loaded_.keys == 0 && loaded_.records == 0) return;
  node_.Log(LogLevel::kNotice,
            "DB loaded from disk: %.3f seconds, %d keys of %s and %d records of the log behind it",
            static_cast<double>(loaded_.took.value) / 1e9, loaded_.keys,
            node_.settings().dbfilename, loaded_.records);
}

// Writing on.

void Persistence::BeginJournal(Recovered recovered, StatusHandler done) {
  JournalStart start{.parent = node_.settings().dir,
                     .directory = LogDirectory(),
                     .log_id = recovered.log_id.value_or(0),
                     .policy = node_.settings().durability == Durability::kFsync
                                   ? FsyncPolicy::kAlways
                                   : node_.settings().appendfsync,
                     .position = recovered.position,
                     .tail = std::move(recovered.tail)};
  if (recovered.log_id) return StartJournal(std::move(start), std::move(done));
  while (start.log_id == 0) start.log_id = node_.runtime().entropy().Next();
  if (recovered.keys_loaded == 0) return StartJournal(std::move(start), std::move(done));
  SaveBase(std::move(start), std::move(done));
}

void Persistence::SaveBase(JournalStart start, StatusHandler done) {
  retired_log_ = LogOrigin{start.log_id, start.position};
  saver_.BeginNext([this, start = std::move(start),
                    done = std::move(done)](const absl::Status& saved) mutable {
    if (!saved.ok()) {
      return done(absl::Status(
          saved.code(), absl::StrCat("the data cannot be saved, so that no log may begin on it: ",
                                     saved.message())));
    }
    StartJournal(std::move(start), std::move(done));
  });
}

void Persistence::StartJournal(JournalStart start, StatusHandler done) {
  journal_ = std::make_unique<Journal>(node_, log_loop_);
  journal_->Begin(std::move(start), [this, done = std::move(done)](absl::Status status) mutable {
    background_.Post([this, status, done = std::move(done)]() mutable {
      if (status.ok()) {
        GateHolder gate(node_.gate(), node_.background_participant());
        WorldGate::Stop stop(node_.gate(), node_.background_participant());
        retired_log_.reset();
        node_.WriteTo(*journal_, journal_->epoch());
      }
      done(status);
    });
  });
}

// Files of a log that nobody writes to any more go once a snapshot has what they held.
void Persistence::RetireLog(std::optional<LogFiles::Tail> tail) {
  if (!tail) return;
  node_.Log(LogLevel::kNotice, "%s holds a log, and appendonly is off: a snapshot takes its place",
            LogDirectory());
  saver_.BeginNext([this, tail = *std::move(tail)](const absl::Status& saved) mutable {
    if (!saved.ok()) return;
    log_loop_.Post([this, tail = std::move(tail)]() mutable {
      retired_files_ = std::make_unique<LogFiles>(
          log_loop_.disk(),
          LogFiles::Options{.directory = LogDirectory(), .log_id = retired_log_->log_id},
          LogFiles::Hooks{.on_failure = [this](const absl::Status& status) {
            node_.Log(LogLevel::kWarning, "The old log cannot be removed: %s", status.message());
          }});
      retired_files_->Continue(std::move(tail));
      retired_files_->RemoveAll();
    });
  });
}

bool Persistence::LogHasGrown() const {
  const Settings& settings = node_.settings();
  const Ledger* ledger = node_.ledger();
  if (ledger == nullptr || !settings.appendonly || settings.auto_aof_rewrite_percentage == 0) {
    return false;
  }
  const uint64_t base = saver_.Describe(0).last_bytes;
  const auto percentage = static_cast<uint64_t>(settings.auto_aof_rewrite_percentage);
  const uint64_t limit = std::max(static_cast<uint64_t>(settings.auto_aof_rewrite_min_bytes),
                                  base + base / 100 * percentage);
  return ledger->file_bytes() > limit;
}

void Persistence::Tick(uint64_t dirty) {
  if (loading()) return;
  saver_.Tick(dirty);
  if (LogHasGrown() && saver_.MayRetry() && saver_.TryBegin(nullptr)) {
    node_.Log(LogLevel::kNotice, "The log has grown to %d bytes: a snapshot takes its place",
              node_.ledger()->file_bytes());
  }
}

std::optional<std::string> Persistence::WriteObjection() const {
  if (!saver_.failed()) return std::nullopt;
  const Settings& settings = node_.settings();
  if (!settings.stop_writes_on_bgsave_error || settings.save.empty()) return std::nullopt;
  return absl::StrCat("MISCONF The last snapshot could not be written (",
                      saver_.Describe(0).last_status.message(),
                      "). Writes are refused until one can be, since stop-writes-on-bgsave-error "
                      "is on; BGSAVE tries again");
}

// Ending.

void Persistence::Finish(bool save, StatusHandler done) {
  auto close = [this, done = std::move(done)](const absl::Status& saved) mutable {
    if (!saved.ok() || journal_ == nullptr) return done(saved);
    journal_->Close(std::move(done));
  };
  if (!save) return close(absl::OkStatus());
  saver_.BeginNext(std::move(close));
}

}  // namespace holdfast
