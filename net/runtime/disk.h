// Files. Every operation is asynchronous: it is started on a loop's thread and its handler runs
// later on the same loop, never inside the call. Paths are those of the operating system.
//
// What a crash leaves: bytes and lengths of a file since its last completed Sync may be lost or
// torn; a created, renamed or removed name since the last SyncDirectory of its folder may be
// undone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/buffer.h"

namespace holdfast {

using StatusHandler = absl::AnyInvocable<void(absl::Status)>;

// An open file. Operations on one file may be in flight together; they complete in any order.
// Destroying it closes it; handlers of operations in flight are dropped.
class File {
 public:
  virtual ~File() = default;
  // Reads up to `length` bytes at `offset`; fewer, or none, at the end of the file.
  virtual void Read(uint64_t offset, size_t length,
                    absl::AnyInvocable<void(absl::StatusOr<Buffer>)> done) = 0;
  // Writes all of `bytes` at `offset`, extending the file where needed.
  virtual void Write(uint64_t offset, Buffer bytes, StatusHandler done) = 0;
  // Makes everything whose Write has completed durable. After an error the file's contents are
  // undefined (the kernel may have dropped the pages): stop, do not retry.
  virtual void Sync(StatusHandler done) = 0;
  virtual void Truncate(uint64_t size, StatusHandler done) = 0;
};

struct OpenedFile {
  std::unique_ptr<File> file;
  uint64_t size = 0;
};

enum class OpenMode {
  kRead,       // must exist
  kReadWrite,  // created if absent
  kCreateNew,  // ALREADY_EXISTS if present
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual void Open(absl::string_view path, OpenMode mode,
                    absl::AnyInvocable<void(absl::StatusOr<OpenedFile>)> done) = 0;
  // Atomically replaces `to`.
  virtual void Rename(absl::string_view from, absl::string_view to, StatusHandler done) = 0;
  virtual void Remove(absl::string_view path, StatusHandler done) = 0;
  virtual void MakeDirectory(absl::string_view path, StatusHandler done) = 0;
  virtual void SyncDirectory(absl::string_view path, StatusHandler done) = 0;
  // Names (not paths) in the folder, sorted.
  virtual void List(absl::string_view path,
                    absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)> done) = 0;
};

}  // namespace holdfast
