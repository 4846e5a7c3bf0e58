// UringDisk: files through the loop's ring. The kernel carries out what would block on threads of
// its own.
//
// Requests that the oldest kernel we run on does not know (truncating, listing a folder), and the
// two-step one (syncing a folder), go to the file pool as they do with epoll.
#pragma once

#include <string>
#include <vector>

#include "net/posix/pool_disk.h"
#include "net/runtime/disk.h"

namespace holdfast {

class UringLoop;

class UringDisk : public Disk {
 public:
  explicit UringDisk(UringLoop& loop);

  void Open(absl::string_view path, OpenMode mode,
            absl::AnyInvocable<void(absl::StatusOr<OpenedFile>)> done) override;
  void Rename(absl::string_view from, absl::string_view to, StatusHandler done) override;
  void Remove(absl::string_view path, StatusHandler done) override;
  void MakeDirectory(absl::string_view path, StatusHandler done) override;
  void SyncDirectory(absl::string_view path, StatusHandler done) override;
  void List(absl::string_view path,
            absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)> done) override;

 private:
  UringLoop& loop_;
  PoolDisk pool_disk_;
};

}  // namespace holdfast
