#include "net/posix/pool_disk.h"

#include <utility>

namespace holdfast {
namespace {

class PoolFile : public File {
 public:
  PoolFile(EventLoop& loop, FilePool& pool, FileHandle handle)
      : loop_(loop), pool_(pool), file_(std::make_shared<SharedFile>()) {
    file_->handle = std::move(handle);
  }
  ~PoolFile() override { file_->abandoned = true; }

  void Read(uint64_t offset, size_t length,
            absl::AnyInvocable<void(absl::StatusOr<Buffer>)> done) override {
    Start([offset, length](const FileHandle& file) { return ReadFile(file, offset, length); },
          std::move(done));
  }
  void Write(uint64_t offset, Buffer bytes, StatusHandler done) override {
    Start([offset, bytes = std::move(bytes)](
              const FileHandle& file) { return WriteFile(file, offset, bytes.view()); },
          std::move(done));
  }
  void Sync(StatusHandler done) override { Start(&SyncFile, std::move(done)); }
  void Truncate(uint64_t size, StatusHandler done) override {
    Start([size](const FileHandle& file) { return TruncateFile(file, size); }, std::move(done));
  }

 private:
  template <typename Work, typename Done>
  void Start(Work work, Done done) {
    pool_.Run(
        loop_, [&handle = file_->handle, work = std::move(work)]() mutable { return work(handle); },
        [file = file_, done = std::move(done)](auto result) mutable {
          if (!file->abandoned) done(std::move(result));
        });
  }

  EventLoop& loop_;
  FilePool& pool_;
  const std::shared_ptr<SharedFile> file_;
};

}  // namespace

void PoolDisk::Open(absl::string_view path, OpenMode mode,
                    absl::AnyInvocable<void(absl::StatusOr<OpenedFile>)> done) {
  pool_.Run(
      loop_, [path = std::string(path), mode] { return OpenPath(path, mode); },
      [this, done = std::move(done)](absl::StatusOr<OpenedHandle> opened) mutable {
        if (!opened.ok()) return done(opened.status());
        auto file = std::make_unique<PoolFile>(loop_, pool_, std::move(opened->handle));
        done(OpenedFile{.file = std::move(file), .size = opened->size});
      });
}

void PoolDisk::Rename(absl::string_view from, absl::string_view to, StatusHandler done) {
  pool_.Run(
      loop_, [from = std::string(from), to = std::string(to)] { return RenamePath(from, to); },
      std::move(done));
}

void PoolDisk::Remove(absl::string_view path, StatusHandler done) {
  pool_.Run(
      loop_, [path = std::string(path)] { return RemovePath(path); }, std::move(done));
}

void PoolDisk::MakeDirectory(absl::string_view path, StatusHandler done) {
  pool_.Run(
      loop_, [path = std::string(path)] { return MakeDirectoryPath(path); }, std::move(done));
}

void PoolDisk::SyncDirectory(absl::string_view path, StatusHandler done) {
  pool_.Run(
      loop_, [path = std::string(path)] { return SyncDirectoryPath(path); }, std::move(done));
}

void PoolDisk::List(absl::string_view path,
                    absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)> done) {
  pool_.Run(
      loop_, [path = std::string(path)] { return ListPath(path); }, std::move(done));
}

}  // namespace holdfast
