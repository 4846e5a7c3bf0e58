#include "cluster/register/register_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/base/planted_bug.h"

namespace holdfast {
namespace {

absl::Status Annotate(const absl::Status& status, absl::string_view path) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

// Moves the handlers out first: one of them may ask for the next save.
void CallAll(std::vector<StatusHandler>& handlers, const absl::Status& status) {
  std::vector<StatusHandler> called = std::exchange(handlers, {});
  for (StatusHandler& handler : called) handler(status);
}

}  // namespace

RegisterStore::RegisterStore(Disk& disk, Options options)
    : disk_(disk),
      options_(std::move(options)),
      voter_(absl::StrCat(options_.directory, "/voter")),
      configuration_(absl::StrCat(options_.directory, "/configuration")) {}

void RegisterStore::ReadWhole(std::string path, absl::AnyInvocable<void(Contained)> done) {
  disk_.Open(path, OpenMode::kRead,
             [path, done = std::move(done)](absl::StatusOr<OpenedFile> opened) mutable {
               if (absl::IsNotFound(opened.status())) return done(std::nullopt);
               if (!opened.ok()) return done(Annotate(opened.status(), path));
               if (opened->size > limits::kRegisterFileBytesMax) {
                 return done(absl::DataLossError(absl::StrCat(path, ": damaged at offset ",
                                                              limits::kRegisterFileBytesMax,
                                                              ": longer than any such file")));
               }
               // The file must stay open until its bytes have come.
               const uint64_t size = opened->size;
               File& file = *opened->file;
               file.Read(0, size,
                         [path, size, keep = std::move(opened->file),
                          done = std::move(done)](absl::StatusOr<Buffer> read) mutable {
                           if (!read.ok()) return done(Annotate(read.status(), path));
                           if (read->size() != size) {
                             return done(absl::DataLossError(
                                 absl::StrCat(path, ": damaged at offset ", read->size(), ": ",
                                              size, " bytes expected")));
                           }
                           done(std::string(read->view()));
                         });
             });
}

void RegisterStore::Load(absl::AnyInvocable<void(absl::StatusOr<Contents>)> done) {
  ReadWhole(voter_.path, [this, done = std::move(done)](Contained read) mutable {
    if (!read.ok()) return done(read.status());
    Contents contents;
    if (read->has_value()) {
      absl::StatusOr<VoterState> state = DecodeVoterFile(**read);
      if (!state.ok()) return done(Annotate(state.status(), voter_.path));
      contents.voter = *std::move(state);
    }
    LoadConfiguration(std::move(contents), std::move(done));
  });
}

void RegisterStore::LoadConfiguration(Contents contents,
                                      absl::AnyInvocable<void(absl::StatusOr<Contents>)> done) {
  ReadWhole(configuration_.path, [this, contents = std::move(contents),
                                  done = std::move(done)](Contained read) mutable {
    if (!read.ok()) return done(read.status());
    if (read->has_value()) {
      absl::StatusOr<ClusterConfiguration> configuration = DecodeConfigurationFile(**read);
      if (!configuration.ok()) return done(Annotate(configuration.status(), configuration_.path));
      contents.configuration = *std::move(configuration);
    }
    done(std::move(contents));
  });
}

void RegisterStore::SaveVoter(const VoterState& state, StatusHandler done) {
  Save(voter_, EncodeVoterFile(state), std::move(done));
}

void RegisterStore::SaveConfiguration(const ClusterConfiguration& configuration,
                                      StatusHandler done) {
  Save(configuration_, EncodeConfigurationFile(configuration), std::move(done));
}

void RegisterStore::Save(Slot& slot, std::string bytes, StatusHandler done) {
  if (failed_) return;
  slot.bytes = std::move(bytes);
  slot.waiting.push_back(std::move(done));
  if (!slot.busy) Open(slot);
}

void RegisterStore::Open(Slot& slot) {
  slot.busy = true;
  slot.saving = std::exchange(slot.waiting, {});
  disk_.Open(TemporaryPath(slot), OpenMode::kReadWrite,
             [this, &slot](absl::StatusOr<OpenedFile> opened) {
               if (!opened.ok()) return Finish(slot, opened.status());
               slot.file = std::move(opened->file);
               Truncate(slot);
             });
}

// An earlier save may have ended half way and left its bytes.
void RegisterStore::Truncate(Slot& slot) {
  slot.file->Truncate(0, [this, &slot](absl::Status status) {
    if (!status.ok()) return Finish(slot, status);
    Write(slot);
  });
}

void RegisterStore::Write(Slot& slot) {
  // The newest contents serve those as well who asked while the file was being opened.
  for (StatusHandler& handler : slot.waiting) slot.saving.push_back(std::move(handler));
  slot.waiting.clear();
  Buffer bytes;
  bytes.Append(slot.bytes);
  slot.file->Write(0, std::move(bytes), [this, &slot](absl::Status status) {
    if (!status.ok()) return Finish(slot, status);
    Sync(slot);
  });
}

void RegisterStore::Sync(Slot& slot) {
  slot.file->Sync([this, &slot](absl::Status status) {
    if (!status.ok() && !BUG("running-on-after-fsync-error")) {
      return Fail(Annotate(status, TemporaryPath(slot)));
    }
    slot.file.reset();
    Rename(slot);
  });
}

void RegisterStore::Rename(Slot& slot) {
  disk_.Rename(TemporaryPath(slot), slot.path, [this, &slot](absl::Status status) {
    if (!status.ok()) return Finish(slot, status);
    if (BUG("rename-without-directory-fsync")) return Finish(slot, status);
    SyncDirectory(slot);
  });
}

void RegisterStore::SyncDirectory(Slot& slot) {
  disk_.SyncDirectory(options_.directory, [this, &slot](absl::Status status) {
    if (!status.ok()) return Fail(Annotate(status, options_.directory));
    Finish(slot, status);
  });
}

void RegisterStore::Finish(Slot& slot, const absl::Status& status) {
  slot.file.reset();
  slot.busy = false;
  CallAll(slot.saving, status.ok() ? status : Annotate(status, slot.path));
  if (!failed_ && !slot.busy && !slot.waiting.empty()) Open(slot);
}

void RegisterStore::Fail(const absl::Status& status) {
  if (std::exchange(failed_, true)) return;
  options_.on_fatal(status);
}

}  // namespace holdfast
