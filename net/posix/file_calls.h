// The blocking file operations, each whole (no short reads or writes, no EINTR) and with an error
// that names the path. The thread pool runs them; io_uring falls back on some.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/base/buffer.h"
#include "net/posix/unique_fd.h"
#include "net/runtime/disk.h"

namespace holdfast {

inline constexpr mode_t kNewFilePermissions = 0644;
inline constexpr mode_t kNewDirectoryPermissions = 0755;

// An open file as the runtimes keep it: the path is remembered for error texts.
struct FileHandle {
  std::string path;
  UniqueFd fd;
};

struct OpenedHandle {
  FileHandle handle;
  uint64_t size = 0;
};

// The flags of open(2) for a mode.
int OpenFlags(OpenMode mode);
absl::StatusOr<uint64_t> SizeOf(const FileHandle& file);

absl::StatusOr<OpenedHandle> OpenPath(const std::string& path, OpenMode mode);
absl::StatusOr<Buffer> ReadFile(const FileHandle& file, uint64_t offset, size_t length);
absl::Status WriteFile(const FileHandle& file, uint64_t offset, absl::string_view bytes);
absl::Status SyncFile(const FileHandle& file);
absl::Status TruncateFile(const FileHandle& file, uint64_t size);

absl::Status RenamePath(const std::string& from, const std::string& to);
absl::Status RemovePath(const std::string& path);
absl::Status MakeDirectoryPath(const std::string& path);
absl::Status SyncDirectoryPath(const std::string& path);
absl::StatusOr<std::vector<std::string>> ListPath(const std::string& path);

}  // namespace holdfast
