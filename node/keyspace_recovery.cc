#include "node/keyspace_recovery.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "net/base/planted_bug.h"
#include "net/base/status.h"
#include "storage/effects/apply.h"
#include "storage/save/snapshot_saver.h"

namespace holdfast {
namespace {

absl::StatusOr<uint64_t> Number(const LoadedFile& file, absl::string_view name) {
  const auto found = file.aux.find(std::string(name));
  uint64_t value = 0;
  if (found == file.aux.end() || !absl::SimpleAtoi(found->second, &value)) {
    return absl::DataLossError(absl::StrCat("its field ", name, " is missing or no number"));
  }
  return value;
}

}  // namespace

KeyspaceRecovery::KeyspaceRecovery(Disk& disk, Options options, Keyspace& keyspace)
    : disk_(disk), options_(std::move(options)), keyspace_(keyspace) {}

std::string KeyspaceRecovery::SnapshotPath() const {
  return absl::StrCat(options_.directory, "/", options_.snapshot_name);
}

KeyspaceRecovery::Progress KeyspaceRecovery::progress() const {
  Progress progress{.records = records_.load(std::memory_order_relaxed)};
  if (const FileLoader* loader = loading_.load(std::memory_order_acquire)) {
    const LoadProgress loaded = loader->progress();
    progress.bytes = loaded.bytes;
    progress.bytes_total = loaded.bytes_total;
    progress.keys = loaded.entries;
  }
  return progress;
}

void KeyspaceRecovery::Start(Done done) {
  done_ = std::move(done);
  disk_.List(options_.directory, [this](absl::StatusOr<std::vector<std::string>> names) {
    if (!names.ok()) return Finish(names.status());
    LookAround(*names);
  });
}

void KeyspaceRecovery::LookAround(const std::vector<std::string>& names) {
  std::vector<std::string> temporaries;
  const auto last_slash = options_.log_directory.rfind('/');
  const std::string log_name =
      options_.log_directory.substr(last_slash == std::string::npos ? 0 : last_slash + 1);
  for (const std::string& name : names) {
    has_snapshot_ |= name == options_.snapshot_name;
    has_log_directory_ |= name == log_name;
    if (SnapshotSaver::IsTemporary(name)) temporaries.push_back(name);
  }
  RemoveTemporaries(std::move(temporaries));
}

void KeyspaceRecovery::RemoveTemporaries(std::vector<std::string> names) {
  if (names.empty()) return LoadSnapshot();
  const std::string path = absl::StrCat(options_.directory, "/", names.back());
  names.pop_back();
  disk_.Remove(path, [this, names = std::move(names)](const absl::Status& status) mutable {
    if (!status.ok()) return Finish(status);
    RemoveTemporaries(std::move(names));
  });
}

void KeyspaceRecovery::LoadSnapshot() {
  if (!has_snapshot_) return ReadLog();
  loader_ = LoadFile(disk_, SnapshotPath(), keyspace_, options_.load,
                     [this](absl::StatusOr<LoadedFile> file) {
                       absl::Status status = file.status();
                       if (status.ok()) status = TakeSnapshot(*file);
                       if (!status.ok()) return Finish(status);
                       ReadLog();
                     });
  loading_.store(loader_.get(), std::memory_order_release);
}

// A file that names no log is Redis's own, or that of a node without a log.
absl::Status KeyspaceRecovery::TakeSnapshot(const LoadedFile& file) {
  recovered_.keys_loaded = file.entries;
  if (!file.aux.contains(std::string(kAuxLogId))) return absl::OkStatus();
  const auto read = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(recovered_.log_id, Number(file, kAuxLogId));
    ASSIGN_OR_RETURN(recovered_.cut.lsn.value, Number(file, kAuxLsn));
    ASSIGN_OR_RETURN(recovered_.cut.epoch.value, Number(file, kAuxEpoch));
    ASSIGN_OR_RETURN(recovered_.cut.hash, Number(file, kAuxHash));
    ASSIGN_OR_RETURN(const uint64_t log_time, Number(file, kAuxLogTime));
    recovered_.log_time = Millis{static_cast<int64_t>(log_time)};
    return absl::OkStatus();
  };
  const absl::Status status = read();
  if (!status.ok()) {
    return absl::Status(status.code(), absl::StrCat(SnapshotPath(), ": ", status.message()));
  }
  recovered_.position = recovered_.cut;
  return absl::OkStatus();
}

void KeyspaceRecovery::ReadLog() {
  if (!has_log_directory_) return Finish(absl::OkStatus());
  // The record at the cut is read too, to be held against the snapshot.
  const Lsn cut = recovered_.cut.lsn;
  RecoverLog(disk_,
             {.directory = options_.log_directory,
              .after = Lsn{cut.value == 0 ? 0 : cut.value - 1},
              .visit = [this](const Record& record,
                              const LogPosition& at) { return OnRecord(record, at); }},
             [this](absl::StatusOr<RecoveredLog> log) {
               absl::Status status = log.status();
               if (status.ok()) status = TakeLog(*std::move(log));
               Finish(std::move(status));
             });
}

absl::Status KeyspaceRecovery::CheckJoint(const LogPosition& at) {
  if (at == recovered_.cut) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      SnapshotPath(), " is not of the log in ", options_.log_directory, ": they differ at record ",
      at.lsn.value, ". Move away the one that is not wanted, and start again"));
}

absl::Status KeyspaceRecovery::OnRecord(const Record& record, const LogPosition& at) {
  if (record.header.lsn == recovered_.cut.lsn) return CheckJoint(at);
  const Lsn last = pending_.empty() ? recovered_.position.lsn : pending_.back().second.lsn;
  if (last.Next() != record.header.lsn) {
    return absl::DataLossError(absl::StrCat(
        "the log in ", options_.log_directory, " begins with record ", record.header.lsn.value,
        ", and ",
        has_snapshot_ ? absl::StrCat(SnapshotPath(), " ends with ", recovered_.position.lsn.value)
                      : absl::StrCat("there is no ", SnapshotPath()),
        ": what is between them is missing. Put back the snapshot that belongs to the log"));
  }
  return options_.committed_only ? Decide(record, at) : Execute(record, at);
}

absl::Status KeyspaceRecovery::Decide(const Record& newest, const LogPosition& at) {
  pending_.emplace_back(newest.framed, at);
  const Lsn committed = BUG("recovery-applies-the-undecided-tail") ? at.lsn : newest.header.commit;
  while (!pending_.empty() && pending_.front().second.lsn <= committed) {
    const auto& [framed, position] = pending_.front();
    RETURN_IF_ERROR(Execute(ReadTrustedRecord(framed.data()), position));
    pending_.pop_front();
  }
  return absl::OkStatus();
}

absl::Status KeyspaceRecovery::Execute(const Record& record, const LogPosition& at) {
  const auto touched =
      ApplyEffects(record.payload, keyspace_,
                   {.now = record.header.log_time, .list_limits = options_.load.list_limits});
  if (!touched.ok()) {
    return absl::Status(
        touched.status().code(),
        absl::StrCat("record ", record.header.lsn.value, " of the log in ", options_.log_directory,
                     " cannot be executed: ", touched.status().message()));
  }
  recovered_.position = at;
  recovered_.log_time = std::max(recovered_.log_time, record.header.log_time);
  ++recovered_.records_executed;
  records_.fetch_add(1, std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::Status KeyspaceRecovery::TakeLog(RecoveredLog log) {
  if (!log.log_id) return absl::OkStatus();
  if (options_.log_id && *log.log_id != *options_.log_id) {
    return absl::FailedPreconditionError(
        absl::StrCat(options_.log_directory,
                     " holds the log of another cluster. To use this disk for this one, "
                     "empty the node's directory and add it anew"));
  }
  const bool knows_log = recovered_.log_id.has_value();
  if (knows_log && *recovered_.log_id != *log.log_id) {
    return absl::FailedPreconditionError(absl::StrCat(
        SnapshotPath(), " belongs to another log than the one in ", options_.log_directory,
        ". Move away the one that is not wanted, and start again"));
  }
  if (!knows_log && recovered_.keys_loaded != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        SnapshotPath(), " does not say that it belongs to the log in ", options_.log_directory,
        ". To start from that file, move the log away; to start from the log, the file"));
  }
  recovered_.log_id = log.log_id;
  for (const auto& [framed, position] : pending_) recovered_.undecided.Append(framed);
  recovered_.cut_off = std::move(log.cut_off);
  if (log.before_first.lsn >= recovered_.cut.lsn) RETURN_IF_ERROR(CheckJoint(log.before_first));
  recovered_.tail = std::move(log.tail);
  return absl::OkStatus();
}

void KeyspaceRecovery::Finish(absl::Status status) {
  Done done = std::move(done_);
  if (!status.ok()) return done(std::move(status));
  done(std::move(recovered_));
}

}  // namespace holdfast
