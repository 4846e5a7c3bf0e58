#include "storage/save/snapshot_saver.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace holdfast {

SnapshotSaver::SnapshotSaver(Disk& disk, Options options, Hooks hooks)
    : disk_(disk),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      alive_(std::make_shared<SnapshotSaver*>(this)),
      writer_(options_.format),
      reader_(ListLimits{}, *this) {
  for (const auto& [name, value] : options_.aux) writer_.Aux(name, value);
  writing_ = true;
  disk_.Open(TemporaryPath(), OpenMode::kReadWrite,
             [this, alive = alive_](absl::StatusOr<OpenedFile> opened) {
               if (*alive == nullptr || done_) return;
               if (!opened.ok()) {
                 return Fail(absl::Status(
                     opened.status().code(),
                     absl::StrCat("creating ", TemporaryPath(), ": ", opened.status().message())));
               }
               file_ = std::move(opened->file);
               // One of that name may have been left by a crash.
               file_->Truncate(0, Guard("emptying a temporary file", [this] {
                                 writing_ = false;
                                 Pump();
                               }));
             });
}

SnapshotSaver::~SnapshotSaver() { *alive_ = nullptr; }

std::string SnapshotSaver::TemporaryPath() const {
  return absl::StrCat(options_.directory, "/", kTemporaryPrefix, options_.generation,
                      kTemporarySuffix);
}
bool SnapshotSaver::IsTemporary(absl::string_view name) {
  uint64_t generation = 0;
  return absl::ConsumePrefix(&name, kTemporaryPrefix) &&
         absl::ConsumeSuffix(&name, kTemporarySuffix) && absl::SimpleAtoi(name, &generation);
}
std::string SnapshotSaver::Path() const {
  return absl::StrCat(options_.directory, "/", options_.name);
}

void SnapshotSaver::OnBegin(const SnapshotHeader& header) {
  const auto aux = [this](absl::string_view name, uint64_t value) {
    writer_.Aux(name, absl::StrCat(value));
  };
  aux(kAuxLogTime, static_cast<uint64_t>(header.log_time.value));
  if (!options_.origin) return;
  aux(kAuxLogId, options_.origin->log_id);
  aux(kAuxLsn, options_.origin->position.lsn.value);
  aux(kAuxEpoch, options_.origin->position.epoch.value);
  aux(kAuxHash, options_.origin->position.hash);
}

absl::Status SnapshotSaver::OnEntry(EntryDecoder& entry) {
  const Value value = entry.TakeValue();
  const std::unique_ptr<List> list(value.list);
  writer_.Add(entry.database(), entry.key(), entry.deadline(), value);
  return absl::OkStatus();
}

void SnapshotSaver::Add(absl::string_view block) {
  if (done_) return;
  const absl::Status status = reader_.Feed(block);
  if (!status.ok()) return Fail(status);
  waiting_.Append(writer_.Take().view());
  if (waiting_.size() >= kWriteBytes) Pump();
}

void SnapshotSaver::Pump() {
  if (done_ || writing_) return;
  if (waiting_.empty() || (!publish_ && waiting_.size() < kWriteBytes)) {
    if (publish_) Seal();
    return;
  }
  writing_ = true;
  Buffer bytes = std::exchange(waiting_, Buffer());
  const uint64_t offset = offset_;
  const bool was_congested = bytes.size() > kWaitingBytesMax;
  offset_ += bytes.size();
  file_->Write(offset, std::move(bytes),
               Guard(absl::StrCat("writing ", TemporaryPath()), [this, was_congested] {
                 writing_ = false;
                 Pump();
                 if (was_congested && !done_ && !congested() && hooks_.on_room) hooks_.on_room();
               }));
}

void SnapshotSaver::Publish() {
  if (done_ || publish_) return;
  if (!reader_.done()) return Fail(absl::InternalError("the snapshot is not whole"));
  publish_ = true;
  writer_.End();
  header_final_ = writer_.version() == rdb::kWrittenVersion;
  waiting_.Append(writer_.Take().view());
  Pump();
}

void SnapshotSaver::Seal() {
  writing_ = true;
  if (!header_final_) {
    header_final_ = true;
    Buffer header;
    header.Append(writer_.header());
    return file_->Write(0, std::move(header),
                        Guard(absl::StrCat("writing ", TemporaryPath()), [this] { Seal(); }));
  }
  file_->Sync(Guard(absl::StrCat("fsync of ", TemporaryPath()), [this] { Rename(); }));
}

void SnapshotSaver::Rename() {
  disk_.Rename(TemporaryPath(), Path(), Guard(absl::StrCat("renaming to ", Path()), [this] {
                 disk_.SyncDirectory(options_.directory,
                                     Guard(absl::StrCat("fsync of ", options_.directory), [this] {
                                       done_ = true;
                                       file_.reset();
                                       hooks_.on_done(absl::OkStatus());
                                     }));
               }));
}

void SnapshotSaver::Abandon(const absl::Status& why) {
  if (!done_) Fail(why);
}

void SnapshotSaver::Fail(const absl::Status& status) {
  done_ = true;
  file_.reset();
  waiting_.Release();
  disk_.Remove(TemporaryPath(), [](const absl::Status&) {});
  hooks_.on_done(status);
}

StatusHandler SnapshotSaver::Guard(std::string attempt, absl::AnyInvocable<void()> next) {
  return [alive = alive_, attempt = std::move(attempt),
          next = std::move(next)](absl::Status status) mutable {
    SnapshotSaver* const saver = *alive;
    if (saver == nullptr || saver->done_) return;
    if (status.ok()) return next();
    saver->Fail(absl::Status(status.code(), absl::StrCat(attempt, ": ", status.message())));
  };
}

}  // namespace holdfast
