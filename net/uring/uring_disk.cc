#include "net/uring/uring_disk.h"

#include <fcntl.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "net/posix/system.h"
#include "net/uring/file_call.h"
#include "net/uring/uring_file.h"
#include "net/uring/uring_loop.h"

namespace holdfast {
namespace {

class OpenCall : public FileCall {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<OpenedFile>)>;
  OpenCall(UringLoop& loop, absl::string_view path, OpenMode mode, Done done)
      : FileCall(loop), path_(path), mode_(mode), done_(std::move(done)) {}
  void Discard(int result) override { const UniqueFd unwanted(result); }

 protected:
  void Prepare(io_uring_sqe* sqe) override {
    io_uring_prep_openat(sqe, AT_FDCWD, path_.c_str(), OpenFlags(mode_), kNewFilePermissions);
  }
  After Finish(int result) override {
    done_(Opened(result));
    return After::kDone;
  }

 private:
  absl::StatusOr<OpenedFile> Opened(int result) {
    if (result < 0) return ErrnoStatus(-result, absl::StrCat("open ", path_));
    FileHandle handle{.path = path_, .fd = UniqueFd(result)};
    // The inode is in memory: this does not wait for the disk.
    auto size = SizeOf(handle);
    if (!size.ok()) return size.status();
    return OpenedFile{.file = std::make_unique<UringFile>(loop(), std::move(handle)),
                      .size = *size};
  }

  const std::string path_;
  const OpenMode mode_;
  Done done_;
};

// A call on names that ends with a status.
class PathCall : public FileCall {
 public:
  enum class Kind { kRename, kRemove, kMakeDirectory };
  struct Paths {
    std::string first;
    std::string second;  // of kRename
  };
  PathCall(UringLoop& loop, Kind kind, Paths paths, StatusHandler done)
      : FileCall(loop), kind_(kind), paths_(std::move(paths)), done_(std::move(done)) {}

 protected:
  void Prepare(io_uring_sqe* sqe) override {
    switch (kind_) {
      case Kind::kRename:
        return io_uring_prep_rename(sqe, paths_.first.c_str(), paths_.second.c_str());
      case Kind::kRemove:
        return io_uring_prep_unlink(sqe, paths_.first.c_str(), 0);
      case Kind::kMakeDirectory:
        return io_uring_prep_mkdir(sqe, paths_.first.c_str(), kNewDirectoryPermissions);
    }
  }
  After Finish(int result) override {
    done_(result < 0 ? ErrnoStatus(-result, Description()) : absl::OkStatus());
    return After::kDone;
  }

 private:
  std::string Description() const {
    switch (kind_) {
      case Kind::kRename:
        return absl::StrCat("rename ", paths_.first, " to ", paths_.second);
      case Kind::kRemove:
        return absl::StrCat("remove ", paths_.first);
      case Kind::kMakeDirectory:
        return absl::StrCat("make directory ", paths_.first);
    }
    __builtin_unreachable();
  }

  const Kind kind_;
  const Paths paths_;
  StatusHandler done_;
};

}  // namespace

UringDisk::UringDisk(UringLoop& loop) : loop_(loop), pool_disk_(loop, loop.files()) {}

void UringDisk::Open(absl::string_view path, OpenMode mode,
                     absl::AnyInvocable<void(absl::StatusOr<OpenedFile>)> done) {
  FileCall::Start(std::make_unique<OpenCall>(loop_, path, mode, std::move(done)));
}

void UringDisk::Rename(absl::string_view from, absl::string_view to, StatusHandler done) {
  FileCall::Start(std::make_unique<PathCall>(
      loop_, PathCall::Kind::kRename,
      PathCall::Paths{.first = std::string(from), .second = std::string(to)}, std::move(done)));
}

void UringDisk::Remove(absl::string_view path, StatusHandler done) {
  FileCall::Start(std::make_unique<PathCall>(loop_, PathCall::Kind::kRemove,
                                             PathCall::Paths{.first = std::string(path)},
                                             std::move(done)));
}

void UringDisk::MakeDirectory(absl::string_view path, StatusHandler done) {
  FileCall::Start(std::make_unique<PathCall>(loop_, PathCall::Kind::kMakeDirectory,
                                             PathCall::Paths{.first = std::string(path)},
                                             std::move(done)));
}

void UringDisk::SyncDirectory(absl::string_view path, StatusHandler done) {
  pool_disk_.SyncDirectory(path, std::move(done));
}

void UringDisk::List(absl::string_view path,
                     absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)> done) {
  pool_disk_.List(path, std::move(done));
}

}  // namespace holdfast
