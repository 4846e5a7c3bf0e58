#include "net/uring/uring_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/posix/system.h"
#include "net/uring/file_call.h"

namespace holdfast {
namespace {

// A request's length has 32 bits.
constexpr size_t kRequestBytesMax = size_t{1} << 30;

// A call on an open file; its handler is dropped with the file.
template <typename Result>
class OpenFileCall : public FileCall {
 public:
  using Done = absl::AnyInvocable<void(Result)>;
  OpenFileCall(UringLoop& loop, std::shared_ptr<SharedFile> file, Done done)
      : FileCall(loop), file_(std::move(file)), done_(std::move(done)) {}

 protected:
  int fd() const { return file_->handle.fd.get(); }
  absl::Status Error(int result, absl::string_view action) const {
    return ErrnoStatus(-result, absl::StrCat(action, " ", file_->handle.path));
  }
  After Report(Result result) {
    if (!file_->abandoned) done_(std::move(result));
    return After::kDone;
  }

 private:
  const std::shared_ptr<SharedFile> file_;
  Done done_;
};

class ReadCall : public OpenFileCall<absl::StatusOr<Buffer>> {
 public:
  ReadCall(UringLoop& loop, std::shared_ptr<SharedFile> file, uint64_t offset, size_t length,
           Done done)
      : OpenFileCall(loop, std::move(file), std::move(done)), offset_(offset) {
    bytes_.Extend(length);
  }

 protected:
  void Prepare(io_uring_sqe* sqe) override {
    const size_t length = std::min(bytes_.size() - filled_, kRequestBytesMax);
    io_uring_prep_read(sqe, fd(), bytes_.data() + filled_, static_cast<unsigned>(length),
                       offset_ + filled_);
  }
  After Finish(int result) override {
    if (result < 0) return Report(Error(result, "read"));
    filled_ += static_cast<size_t>(result);
    if (result > 0 && filled_ < bytes_.size()) return After::kMore;
    bytes_.Truncate(filled_);
    return Report(std::move(bytes_));
  }

 private:
  const uint64_t offset_;
  Buffer bytes_;
  size_t filled_ = 0;
};

class WriteCall : public OpenFileCall<absl::Status> {
 public:
  WriteCall(UringLoop& loop, std::shared_ptr<SharedFile> file, uint64_t offset, Buffer bytes,
            Done done)
      : OpenFileCall(loop, std::move(file), std::move(done)),
        offset_(offset),
        bytes_(std::move(bytes)) {}

 protected:
  void Prepare(io_uring_sqe* sqe) override {
    const size_t length = std::min(bytes_.size() - taken_, kRequestBytesMax);
    io_uring_prep_write(sqe, fd(), bytes_.data() + taken_, static_cast<unsigned>(length),
                        offset_ + taken_);
  }
  After Finish(int result) override {
    if (result < 0) return Report(Error(result, "write"));
    taken_ += static_cast<size_t>(result);
    return taken_ < bytes_.size() ? After::kMore : Report(absl::OkStatus());
  }

 private:
  const uint64_t offset_;
  const Buffer bytes_;
  size_t taken_ = 0;
};

class SyncCall : public OpenFileCall<absl::Status> {
 public:
  using OpenFileCall::OpenFileCall;

 protected:
  void Prepare(io_uring_sqe* sqe) override {
    io_uring_prep_fsync(sqe, fd(), IORING_FSYNC_DATASYNC);
  }
  After Finish(int result) override {
    return Report(result < 0 ? Error(result, "sync") : absl::OkStatus());
  }
};

}  // namespace

UringFile::UringFile(UringLoop& loop, FileHandle handle)
    : loop_(loop), file_(std::make_shared<SharedFile>()) {
  file_->handle = std::move(handle);
}

void UringFile::Read(uint64_t offset, size_t length,
                     absl::AnyInvocable<void(absl::StatusOr<Buffer>)> done) {
  FileCall::Start(std::make_unique<ReadCall>(loop_, file_, offset, length, std::move(done)));
}

void UringFile::Write(uint64_t offset, Buffer bytes, StatusHandler done) {
  FileCall::Start(
      std::make_unique<WriteCall>(loop_, file_, offset, std::move(bytes), std::move(done)));
}

void UringFile::Sync(StatusHandler done) {
  FileCall::Start(std::make_unique<SyncCall>(loop_, file_, std::move(done)));
}

void UringFile::Truncate(uint64_t size, StatusHandler done) {
  loop_.files().Run(
      loop_, [&handle = file_->handle, size] { return TruncateFile(handle, size); },
      [file = file_, done = std::move(done)](absl::Status status) mutable {
        if (!file->abandoned) done(std::move(status));
      });
}

}  // namespace holdfast
