// SimDisk: net/runtime's Disk over a DiskImage, with the delays and failures of a device.
//
// Each operation draws how long it takes, takes effect at the end of that time, and reports in the
// same event. A process that ends in between leaves its writes to DiskImage::EndProcess or Crash.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/runtime/disk.h"
#include "sim/disk_image.h"
#include "sim/kernel.h"

namespace holdfast {

struct DiskProfile {
  Nanos read_min = Microseconds(50);
  Nanos read_max = Microseconds(500);
  Nanos write_min = Microseconds(100);
  Nanos write_max = Milliseconds(2);
  Nanos sync_min = Milliseconds(1);
  Nanos sync_max = Milliseconds(10);
  // Now and then nothing is answered for a while; mean distance 0: never.
  Nanos stall_every_mean = Seconds(60);
  Nanos stall_length = Seconds(1);
  Ratio sync_failure{0, 1};
  // What a write beyond this size of one file is refused for; 0: no limit.
  uint64_t file_bytes_max = 0;
};

// The disk of one machine; it outlives the processes that use it.
class DiskDevice {
 public:
  DiskDevice(Kernel& kernel, const DiskProfile& profile, uint64_t entity);

  DiskImage& image() { return image_; }
  const DiskProfile& profile() const { return profile_; }
  // Between min and max, and what is left of a stall before.
  Nanos Delay(Nanos min, Nanos max);
  bool SyncFails();
  // A sync fails, once, as soon as there is one for which `may` agrees; null: none does any more.
  void FailSync(std::function<bool()> may) { may_fail_ = std::move(may); }

 private:
  Kernel& kernel_;
  const DiskProfile profile_;
  DiskImage image_;
  Draws delays_;
  Draws stalls_;
  Draws failures_;
  std::function<bool()> may_fail_;
  Nanos stall_begins_;
};

class SimDisk : public Disk {
 public:
  // `thread` stands for the loop on which calls are made and handlers run.
  SimDisk(Kernel& kernel, DiskDevice& device, Actor actor, const void* thread)
      : kernel_(kernel), device_(device), actor_(actor), thread_(thread) {}

  void Open(absl::string_view path, OpenMode mode,
            absl::AnyInvocable<void(absl::StatusOr<OpenedFile>)> done) override;
  void Rename(absl::string_view from, absl::string_view to, StatusHandler done) override;
  void Remove(absl::string_view path, StatusHandler done) override;
  void MakeDirectory(absl::string_view path, StatusHandler done) override;
  void SyncDirectory(absl::string_view path, StatusHandler done) override;
  void List(absl::string_view path,
            absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)> done) override;

 private:
  friend class SimFile;

  void After(Nanos delay, absl::string_view name, absl::AnyInvocable<void()> task);
  absl::StatusOr<OpenedFile> OpenNow(const std::string& path, OpenMode mode);

  Kernel& kernel_;
  DiskDevice& device_;
  const Actor actor_;
  const void* thread_;
  uint64_t next_file_ = 1;
  std::set<uint64_t> open_files_;
};

}  // namespace holdfast
