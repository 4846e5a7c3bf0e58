// PoolDisk: a Disk whose operations block threads of a FilePool.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/posix/file_calls.h"
#include "net/posix/file_pool.h"
#include "net/runtime/disk.h"

namespace holdfast {

// What a File and its operations in flight share. The descriptor stays open until the last of them
// is done; an abandoned file's handlers are dropped. Only the loop's thread counts references.
struct SharedFile {
  FileHandle handle;
  bool abandoned = false;
};

class PoolDisk : public Disk {
 public:
  // The loop gets the completions; both must outlive the disk.
  PoolDisk(EventLoop& loop, FilePool& pool) : loop_(loop), pool_(pool) {}

  void Open(absl::string_view path, OpenMode mode,
            absl::AnyInvocable<void(absl::StatusOr<OpenedFile>)> done) override;
  void Rename(absl::string_view from, absl::string_view to, StatusHandler done) override;
  void Remove(absl::string_view path, StatusHandler done) override;
  void MakeDirectory(absl::string_view path, StatusHandler done) override;
  void SyncDirectory(absl::string_view path, StatusHandler done) override;
  void List(absl::string_view path,
            absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)> done) override;

 private:
  EventLoop& loop_;
  FilePool& pool_;
};

}  // namespace holdfast
