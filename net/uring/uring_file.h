// UringFile: an open file whose operations go through a ring.
#pragma once

#include <memory>

#include "net/posix/pool_disk.h"
#include "net/runtime/disk.h"
#include "net/uring/uring_loop.h"

namespace holdfast {

class UringFile : public File {
 public:
  UringFile(UringLoop& loop, FileHandle handle);
  ~UringFile() override { file_->abandoned = true; }

  void Read(uint64_t offset, size_t length,
            absl::AnyInvocable<void(absl::StatusOr<Buffer>)> done) override;
  void Write(uint64_t offset, Buffer bytes, StatusHandler done) override;
  void Sync(StatusHandler done) override;
  void Truncate(uint64_t size, StatusHandler done) override;

 private:
  UringLoop& loop_;
  const std::shared_ptr<SharedFile> file_;
};

}  // namespace holdfast
