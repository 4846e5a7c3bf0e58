#include "sim/sim_disk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/thread_scope.h"
#include "sim/witness_sink.h"

namespace holdfast {
namespace {
// Operations on names, which touch the device only later.
constexpr Nanos kNamesMin = Microseconds(20);
constexpr Nanos kNamesMax = Microseconds(200);

// As the image knows it: without empty steps and without a slash at the end.
std::string Canonical(absl::string_view path) {
  std::string canonical;
  for (char byte : path) {
    if (byte != '/' || canonical.empty() || canonical.back() != '/') canonical += byte;
  }
  if (absl::EndsWith(canonical, "/")) canonical.pop_back();
  return canonical;
}
}  // namespace

class SimFile final : public File {
 public:
  // A failed sync of a file that is `spare` is no failure of the disk: nothing rests on it yet.
  SimFile(SimDisk& disk, InodeId inode, bool spare)
      : disk_(disk), inode_(inode), id_(disk.next_file_++), spare_(spare) {
    disk_.open_files_.insert(id_);
    image().AddOpen(inode_);
  }
  ~SimFile() override {
    disk_.open_files_.erase(id_);
    image().DropOpen(inode_);
  }

  void Read(uint64_t offset, size_t length,
            absl::AnyInvocable<void(absl::StatusOr<Buffer>)> done) override {
    const Nanos delay = device().Delay(device().profile().read_min, device().profile().read_max);
    Start(delay, "read", [this, offset, length, done = std::move(done)](bool open) mutable {
      if (!open) return;
      Buffer bytes;
      bytes.Append(image().Read(inode_, offset, length));
      done(std::move(bytes));
    });
  }

  void Write(uint64_t offset, Buffer bytes, StatusHandler done) override {
    const DiskProfile& profile = device().profile();
    const Nanos delay = device().Delay(profile.write_min, profile.write_max);
    if (profile.file_bytes_max > 0 && offset + bytes.size() > profile.file_bytes_max) {
      Start(delay, "write", [done = std::move(done)](bool open) mutable {
        if (open) done(absl::ResourceExhaustedError("write: No space left on device"));
      });
      return;
    }
    const DiskImage::WriteId write = image().BeginWrite(inode_, offset, std::string(bytes.view()));
    Start(delay, "write",
          [&image = image(), inode = inode_, write, done = std::move(done)](bool open) mutable {
            image.CompleteWrite(inode, write);
            if (open) done(absl::OkStatus());
          });
  }

  void Sync(StatusHandler done) override {
    const Nanos delay = device().Delay(device().profile().sync_min, device().profile().sync_max);
    const uint64_t began = image().BeginSync();
    const bool fails = !spare_ && device().SyncFails();
    if (WitnessSink* sink = CurrentWitnessSink()) sink->OnVulnerable(Vulnerable::kSync);
    Start(delay, "sync",
          [&image = image(), inode = inode_, began, fails,
           done = std::move(done)](bool open) mutable {
            if (!fails) image.CompleteSync(inode, began);
            if (!open) return;
            done(fails ? absl::DataLossError("fsync: Input/output error") : absl::OkStatus());
          });
  }

  void Truncate(uint64_t size, StatusHandler done) override {
    Start(device().Delay(kNamesMin, kNamesMax), "truncate",
          [&image = image(), inode = inode_, size, done = std::move(done)](bool open) mutable {
            image.Truncate(inode, size);
            if (open) done(absl::OkStatus());
          });
  }

 private:
  DiskImage& image() { return disk_.device_.image(); }
  DiskDevice& device() { return disk_.device_; }

  // Runs the task after the delay and tells it whether this file is still open; if it is not, the
  // file must not be touched, but the inode is there.
  void Start(Nanos delay, absl::string_view name, absl::AnyInvocable<void(bool open)> task) {
    ThreadScope::CheckOn(disk_.thread_);
    image().AddOpen(inode_);
    disk_.After(delay, name,
                [&disk = disk_, inode = inode_, id = id_, task = std::move(task)]() mutable {
                  task(disk.open_files_.contains(id));
                  disk.device_.image().DropOpen(inode);
                });
  }

  SimDisk& disk_;
  const InodeId inode_;
  const uint64_t id_;
  const bool spare_;
};

DiskDevice::DiskDevice(Kernel& kernel, const DiskProfile& profile, uint64_t entity)
    : kernel_(kernel),
      profile_(profile),
      image_(kernel.draws("disk crash", entity)),
      delays_(kernel.draws("disk delays", entity)),
      stalls_(kernel.draws("disk stalls", entity)),
      failures_(kernel.draws("disk failures", entity)),
      stall_begins_(kernel.now() + stalls_.Exponential(profile.stall_every_mean)) {}

Nanos DiskDevice::Delay(Nanos min, Nanos max) {
  const Nanos delay = delays_.Between(min, max);
  if (profile_.stall_every_mean.value == 0) return delay;
  while (stall_begins_ + profile_.stall_length <= kernel_.now()) {
    stall_begins_ += profile_.stall_length + stalls_.Exponential(profile_.stall_every_mean);
  }
  const Nanos stall_left = stall_begins_ + profile_.stall_length - kernel_.now();
  return stall_begins_ <= kernel_.now() ? delay + stall_left : delay;
}

bool DiskDevice::SyncFails() {
  if (failures_.Chance(profile_.sync_failure)) return true;
  if (!may_fail_ || !may_fail_()) return false;
  may_fail_ = nullptr;
  return true;
}

void SimDisk::After(Nanos delay, absl::string_view name, absl::AnyInvocable<void()> task) {
  ThreadScope::CheckOn(thread_);
  kernel_.Schedule(delay, actor_, name, [this, task = std::move(task)]() mutable {
    ThreadScope on_thread(thread_);
    task();
  });
}

absl::StatusOr<OpenedFile> SimDisk::OpenNow(const std::string& path, OpenMode mode) {
  DiskImage& image = device_.image();
  absl::StatusOr<InodeId> inode = image.Find(path);
  const bool exists = inode.ok();
  if (mode == OpenMode::kCreateNew || (mode == OpenMode::kReadWrite && !exists)) {
    inode = image.Create(path);
  }
  if (!inode.ok()) return inode.status();
  return OpenedFile{
      .file = std::make_unique<SimFile>(*this, *inode, absl::StrContains(path, "temp-")),
      .size = image.size(*inode)};
}

void SimDisk::Open(absl::string_view path, OpenMode mode,
                   absl::AnyInvocable<void(absl::StatusOr<OpenedFile>)> done) {
  After(device_.Delay(kNamesMin, kNamesMax), "open",
        [this, path = Canonical(path), mode, done = std::move(done)]() mutable {
          done(OpenNow(path, mode));
        });
}

void SimDisk::Rename(absl::string_view from, absl::string_view to, StatusHandler done) {
  After(device_.Delay(kNamesMin, kNamesMax), "rename",
        [this, from = Canonical(from), to = Canonical(to), done = std::move(done)]() mutable {
          done(device_.image().Rename(from, to));
        });
}

void SimDisk::Remove(absl::string_view path, StatusHandler done) {
  After(device_.Delay(kNamesMin, kNamesMax), "remove",
        [this, path = Canonical(path), done = std::move(done)]() mutable {
          done(device_.image().Remove(path));
        });
}

void SimDisk::MakeDirectory(absl::string_view path, StatusHandler done) {
  After(device_.Delay(kNamesMin, kNamesMax), "mkdir",
        [this, path = Canonical(path), done = std::move(done)]() mutable {
          done(device_.image().MakeDirectory(path));
        });
}

void SimDisk::SyncDirectory(absl::string_view path, StatusHandler done) {
  After(device_.Delay(device_.profile().sync_min, device_.profile().sync_max), "syncdir",
        [this, path = Canonical(path), done = std::move(done)]() mutable {
          done(device_.image().SyncDirectory(path));
        });
}

void SimDisk::List(absl::string_view path,
                   absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)> done) {
  After(device_.Delay(kNamesMin, kNamesMax), "list",
        [this, path = Canonical(path), done = std::move(done)]() mutable {
          done(device_.image().List(path));
        });
}

}  // namespace holdfast
