#include "net/posix/file_calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"
#include "net/base/status.h"
#include "net/posix/system.h"

namespace holdfast {
namespace {

absl::Status FileError(absl::string_view action, absl::string_view path) {
  return ErrnoStatus(errno, absl::StrCat(action, " ", path));
}

template <typename Call>
auto RetryInterrupted(const Call& call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace

int OpenFlags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY | O_CLOEXEC;
    case OpenMode::kReadWrite:
      return O_RDWR | O_CREAT | O_CLOEXEC;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  }
  __builtin_unreachable();
}

absl::StatusOr<uint64_t> SizeOf(const FileHandle& file) {
  struct stat status;
  if (fstat(file.fd.get(), &status) != 0) return FileError("stat", file.path);
  // open(2) with O_RDONLY takes a directory; nothing that reads bytes can use it.
  if (S_ISDIR(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat("open ", file.path, ": is a directory"));
  }
  return static_cast<uint64_t>(status.st_size);
}

absl::StatusOr<OpenedHandle> OpenPath(const std::string& path, OpenMode mode) {
  OpenedHandle opened;
  opened.handle.path = path;
  opened.handle.fd = UniqueFd(
      RetryInterrupted([&] { return open(path.c_str(), OpenFlags(mode), kNewFilePermissions); }));
  if (!opened.handle.fd.is_open()) return FileError("open", path);
  ASSIGN_OR_RETURN(opened.size, SizeOf(opened.handle));
  return opened;
}

absl::StatusOr<Buffer> ReadFile(const FileHandle& file, uint64_t offset, size_t length) {
  Buffer bytes;
  if (length == 0) return bytes;
  char* const start = bytes.Extend(length);
  size_t filled = 0;
  while (filled < length) {
    const ssize_t got = RetryInterrupted([&] {
      return pread(file.fd.get(), start + filled, length - filled,
                   static_cast<off_t>(offset + filled));
    });
    if (got < 0) return FileError("read", file.path);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.Truncate(filled);
  return bytes;
}

absl::Status WriteFile(const FileHandle& file, uint64_t offset, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = RetryInterrupted([&] {
      return pwrite(file.fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (taken < 0) return FileError("write", file.path);
    offset += static_cast<uint64_t>(taken);
    bytes.remove_prefix(static_cast<size_t>(taken));
  }
  return absl::OkStatus();
}

absl::Status SyncFile(const FileHandle& file) {
  // No retry on EINTR or anything else: after an error the dirty pages may be marked clean.
  return fdatasync(file.fd.get()) == 0 ? absl::OkStatus() : FileError("sync", file.path);
}

absl::Status TruncateFile(const FileHandle& file, uint64_t size) {
  const int result =
      RetryInterrupted([&] { return ftruncate(file.fd.get(), static_cast<off_t>(size)); });
  return result == 0 ? absl::OkStatus() : FileError("truncate", file.path);
}

absl::Status RenamePath(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return FileError("rename", absl::StrCat(from, " to ", to));
}

absl::Status RemovePath(const std::string& path) {
  return unlink(path.c_str()) == 0 ? absl::OkStatus() : FileError("remove", path);
}

absl::Status MakeDirectoryPath(const std::string& path) {
  if (mkdir(path.c_str(), kNewDirectoryPermissions) == 0) return absl::OkStatus();
  return FileError("make directory", path);
}

absl::Status SyncDirectoryPath(const std::string& path) {
  const UniqueFd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return FileError("open directory", path);
  return fsync(directory.get()) == 0 ? absl::OkStatus() : FileError("sync directory", path);
}

absl::StatusOr<std::vector<std::string>> ListPath(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), &closedir);
  if (directory == nullptr) return FileError("list", path);
  std::vector<std::string> names;
  // readdir tells its end from an error by errno alone.
  for (errno = 0; const dirent* entry = readdir(directory.get()); errno = 0) {
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return FileError("list", path);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace holdfast
