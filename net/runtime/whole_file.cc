#include "net/runtime/whole_file.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

// One replacement; its steps start one another and share it.
struct Replacement : std::enable_shared_from_this<Replacement> {
  Replacement(Disk& on, const std::string& in, const std::string& name, Buffer contents,
              StatusHandler finished)
      : disk(on),
        directory(in),
        path(absl::StrCat(in, "/", name)),
        bytes(std::move(contents)),
        done(std::move(finished)) {}

  Disk& disk;
  const std::string directory;
  const std::string path;
  Buffer bytes;
  StatusHandler done;
  std::unique_ptr<File> file;

  std::string NewPath() const { return absl::StrCat(path, ".new"); }

  // The next step, or the end of it all.
  template <typename Step>
  StatusHandler Then(absl::string_view attempt, Step step) {
    return
        [self = shared_from_this(), attempt, step = std::move(step)](absl::Status status) mutable {
          if (status.ok()) return step();
          self->done(absl::Status(status.code(),
                                  absl::StrCat(attempt, " ", self->path, ": ", status.message())));
        };
  }

  void Begin() {
    disk.Open(NewPath(), OpenMode::kReadWrite,
              [self = shared_from_this()](absl::StatusOr<OpenedFile> opened) {
                if (!opened.ok()) return self->done(opened.status());
                self->file = std::move(opened->file);
                if (opened->size == 0) return self->Write();
                // A crash has left one of that name.
                self->file->Truncate(0, self->Then("emptying", [self] { self->Write(); }));
              });
  }

  void Write() {
    file->Write(0, std::move(bytes),
                Then("writing", [this] { file->Sync(Then("fsync of", [this] { Rename(); })); }));
  }

  void Rename() {
    file.reset();
    disk.Rename(NewPath(), path, Then("renaming to", [this] {
                  disk.SyncDirectory(directory, Then("fsync of the directory of",
                                                     [this] { done(absl::OkStatus()); }));
                }));
  }
};

}  // namespace

void ReadWholeFile(Disk& disk, std::string path, size_t bytes_max,
                   absl::AnyInvocable<void(absl::StatusOr<Buffer>)> done) {
  const std::string opened_path = path;
  disk.Open(opened_path, OpenMode::kRead,
            [path = std::move(path), bytes_max,
             done = std::move(done)](absl::StatusOr<OpenedFile> opened) mutable {
              if (!opened.ok()) return done(opened.status());
              auto file = std::make_shared<std::unique_ptr<File>>(std::move(opened->file));
              (*file)->Read(0, bytes_max + 1,
                            [file, path = std::move(path), bytes_max,
                             done = std::move(done)](absl::StatusOr<Buffer> read) mutable {
                              if (read.ok() && read->size() > bytes_max) {
                                read = absl::DataLossError(
                                    absl::StrCat(path, ": longer than ", bytes_max, " bytes"));
                              }
                              done(std::move(read));
                            });
            });
}

void ReplaceWholeFile(Disk& disk, const std::string& directory, const std::string& name,
                      Buffer bytes, StatusHandler done) {
  std::make_shared<Replacement>(disk, directory, name, std::move(bytes), std::move(done))->Begin();
}

}  // namespace holdfast
