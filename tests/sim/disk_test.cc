#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sim/disk_image.h"
#include "sim/sim_disk.h"
#include "sim/sim_network.h"
#include "sim/sim_runtime.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

void Write(DiskImage& image, InodeId inode, uint64_t offset, std::string bytes) {
  image.CompleteWrite(inode, image.BeginWrite(inode, offset, std::move(bytes)));
}
void Sync(DiskImage& image, InodeId inode) { image.CompleteSync(inode, image.BeginSync()); }

DiskImage ImageOf(uint64_t seed) { return DiskImage(Draws(seed, "disk crash", 0)); }

// A file "f" whose name and first contents are durable.
InodeId DurableFile(DiskImage& image, std::string bytes) {
  const InodeId inode = *image.Create("f");
  Write(image, inode, 0, std::move(bytes));
  Sync(image, inode);
  CHECK(image.SyncDirectory("").ok());
  return inode;
}

TEST(DiskImage, WhatIsSyncedSurvives) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    DiskImage image = ImageOf(seed);
    const InodeId inode = DurableFile(image, std::string(10'000, 'a'));
    image.Crash();
    ASSERT_EQ(*image.Find("f"), inode);
    EXPECT_EQ(image.Read(inode, 0, 20'000), std::string(10'000, 'a'));
  }
}

TEST(DiskImage, UnsyncedPagesAreKeptDroppedOrTornAtSectors) {
  std::set<std::string> fates;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    DiskImage image = ImageOf(seed);
    const InodeId inode = DurableFile(image, std::string(3 * 4096, 'a'));
    Write(image, inode, 4096, std::string(4096, 'b'));
    image.Crash();
    const std::string bytes = image.Read(inode, 0, 20'000);
    ASSERT_EQ(bytes.size(), 3 * 4096u);
    EXPECT_EQ(bytes.substr(0, 4096), std::string(4096, 'a'));
    EXPECT_EQ(bytes.substr(8192), std::string(4096, 'a'));
    std::string sectors;
    for (size_t at = 4096; at < 8192; at += 512) {
      ASSERT_EQ(bytes.substr(at, 512), std::string(512, bytes[at]));
      sectors += bytes[at];
    }
    fates.insert(sectors == "aaaaaaaa" ? "dropped" : sectors == "bbbbbbbb" ? "kept" : "torn");
  }
  EXPECT_THAT(fates, UnorderedElementsAre("dropped", "kept", "torn"));
}

TEST(DiskImage, AnUnsyncedAppendMayEndAnywhere) {
  std::set<size_t> sizes;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    DiskImage image = ImageOf(seed);
    const InodeId inode = DurableFile(image, std::string(100, 'a'));
    Write(image, inode, 100, std::string(5000, 'b'));
    image.Crash();
    const std::string bytes = image.Read(inode, 0, 20'000);
    ASSERT_GE(bytes.size(), 100u);
    ASSERT_LE(bytes.size(), 5100u);
    EXPECT_EQ(bytes.substr(0, 100), std::string(100, 'a'));
    EXPECT_EQ(bytes.substr(100).find_first_not_of(std::string("b\0", 2)), std::string::npos);
    sizes.insert(bytes.size());
  }
  EXPECT_GT(sizes.size(), 5u);
  EXPECT_TRUE(sizes.contains(5100));
}

TEST(DiskImage, ASyncCoversWhatWasWrittenBeforeItBegan) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    DiskImage image = ImageOf(seed);
    const InodeId inode = DurableFile(image, std::string(2 * 4096, 'a'));
    Write(image, inode, 0, std::string(512, 'b'));
    const uint64_t began = image.BeginSync();
    Write(image, inode, 4096, std::string(512, 'c'));
    image.CompleteSync(inode, began);
    image.Crash();
    EXPECT_EQ(image.Read(inode, 0, 512), std::string(512, 'b'));
    EXPECT_THAT(image.Read(inode, 4096, 1), ::testing::AnyOf("a", "c"));
  }
}

TEST(DiskImage, AWriteUnderWayMayOrMayNotHaveHappened) {
  std::set<std::string> results;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    DiskImage image = ImageOf(seed);
    const InodeId inode = DurableFile(image, "aaaa");
    image.BeginWrite(inode, 0, "bbbb");
    image.EndProcess();
    results.insert(image.Read(inode, 0, 10));
  }
  EXPECT_THAT(results, UnorderedElementsAre("aaaa", "bbbb"));
}

TEST(DiskImage, ARenameWithoutSyncDirectoryIsLostHalfOfTheTime) {
  int lost = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    DiskImage image = ImageOf(seed);
    DurableFile(image, "old");
    const InodeId inode = *image.Create("f.tmp");
    Write(image, inode, 0, "new");
    Sync(image, inode);
    ASSERT_TRUE(image.SyncDirectory("").ok());
    ASSERT_TRUE(image.Rename("f.tmp", "f").ok());
    EXPECT_EQ(image.Read(*image.Find("f"), 0, 10), "new");
    image.Crash();
    ASSERT_TRUE(image.Find("f").ok());
    const std::string bytes = image.Read(*image.Find("f"), 0, 10);
    if (bytes == "old") {
      ++lost;
      EXPECT_TRUE(image.Find("f.tmp").ok());
    } else {
      EXPECT_EQ(bytes, "new");
      EXPECT_FALSE(image.Find("f.tmp").ok());
    }
  }
  EXPECT_GT(lost, 70);
  EXPECT_LT(lost, 130);
}

TEST(DiskImage, ARenameWithSyncDirectoryIsNeverLost) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    DiskImage image = ImageOf(seed);
    DurableFile(image, "x");
    ASSERT_TRUE(image.Rename("f", "g").ok());
    ASSERT_TRUE(image.SyncDirectory("").ok());
    image.Crash();
    EXPECT_THAT(*image.List(""), ElementsAre("g"));
  }
}

TEST(DiskImage, AProcessThatDiesLosesNothingItHadWritten) {
  DiskImage image = ImageOf(1);
  const InodeId inode = *image.Create("f");
  Write(image, inode, 0, "unsynced");
  ASSERT_TRUE(image.Rename("f", "g").ok());
  image.EndProcess();
  EXPECT_EQ(image.Read(*image.Find("g"), 0, 100), "unsynced");
}

TEST(DiskImage, FoldersHoldNames) {
  DiskImage image = ImageOf(1);
  EXPECT_EQ(image.Create("d/f").status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(image.MakeDirectory("d").ok());
  EXPECT_EQ(image.MakeDirectory("d").code(), absl::StatusCode::kAlreadyExists);
  ASSERT_TRUE(image.Create("d/f").ok());
  EXPECT_EQ(image.Create("d/f").status().code(), absl::StatusCode::kAlreadyExists);
  ASSERT_TRUE(image.Create("top").ok());
  EXPECT_THAT(*image.List(""), ElementsAre("d", "top"));
  EXPECT_THAT(*image.List("d"), ElementsAre("f"));
  ASSERT_TRUE(image.Remove("d/f").ok());
  EXPECT_EQ(image.Remove("d/f").code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(image.List("nowhere").ok());
}

TEST(DiskImage, ARemovedFileLivesWhileItIsOpen) {
  DiskImage image = ImageOf(1);
  const InodeId inode = *image.Create("f");
  image.AddOpen(inode);
  Write(image, inode, 0, "still here");
  ASSERT_TRUE(image.Remove("f").ok());
  EXPECT_EQ(image.Read(inode, 0, 100), "still here");
  image.DropOpen(inode);
  EXPECT_FALSE(image.Find("f").ok());
}

// Writes a file through the runtime, syncs it, and notes what happened in which order.
class Writer : public SimProgram {
 public:
  explicit Writer(Runtime& runtime) : disk_(runtime.loop(0).disk()) {
    disk_.Open("log", OpenMode::kReadWrite, [this](absl::StatusOr<OpenedFile> opened) {
      CHECK(opened.ok());
      file_ = std::move(opened->file);
      found_size = opened->size;
      Buffer bytes;
      bytes.Append("record");
      file_->Write(opened->size, std::move(bytes), [this](absl::Status status) {
        CHECK(status.ok());
        written = true;
        file_->Sync([this](absl::Status status) {
          synced = status.ok();
          disk_.SyncDirectory("", [this](absl::Status status) { done = status.ok(); });
        });
        CHECK(!synced);  // never inside the call
      });
    });
  }
  uint64_t found_size = 0;
  bool written = false;
  bool synced = false;
  bool done = false;

 private:
  Disk& disk_;
  std::unique_ptr<File> file_;
};

TEST(SimDisk, ACrashDestroysTheProgramAndKeepsItsDisk) {
  Kernel kernel(7);
  SimNetwork network(kernel, {});
  SimMachine machine(kernel, network, {.ip = "10.0.0.1"});
  const auto boot = [&] {
    machine.Boot(1, [](Runtime& runtime) { return std::make_unique<Writer>(runtime); });
  };
  const auto writer = [&]() -> Writer& { return *static_cast<Writer*>(machine.program()); };
  boot();
  kernel.RunUntil(Seconds(3));
  ASSERT_TRUE(writer().done);
  EXPECT_EQ(writer().found_size, 0u);
  machine.Crash(SimMachine::CrashKind::kPower);
  EXPECT_FALSE(machine.running());
  boot();
  kernel.RunUntil(Seconds(6));
  EXPECT_TRUE(writer().done);
  EXPECT_EQ(writer().found_size, 6u);
}

TEST(SimDisk, CallbacksOfAnOlderIncarnationAreDropped) {
  for (int64_t micros = 50; micros < 20'000; micros += 450) {
    Kernel kernel(7);
    SimNetwork network(kernel, {});
    SimMachine machine(kernel, network, {.ip = "10.0.0.1"});
    machine.Boot(1, [](Runtime& runtime) { return std::make_unique<Writer>(runtime); });
    kernel.RunUntil(Microseconds(micros));
    machine.Crash(SimMachine::CrashKind::kPower);
    kernel.RunUntil(Seconds(1));
    EXPECT_EQ(kernel.pending(), 0u);
  }
}

TEST(SimDisk, AFailingSyncAndAFullDiskAreReported) {
  Kernel kernel(7);
  SimNetwork network(kernel, {});
  SimMachine machine(kernel, network,
                     {.ip = "10.0.0.1", .disk = {.sync_failure = {1, 1}, .file_bytes_max = 10}});
  struct Program : SimProgram {
    explicit Program(Runtime& runtime) {
      runtime.loop(0).disk().Open(
          "f", OpenMode::kCreateNew, [this](absl::StatusOr<OpenedFile> opened) {
            file = std::move(opened->file);
            Buffer bytes;
            bytes.Append("more than ten bytes");
            file->Write(0, std::move(bytes), [this](absl::Status status) { wrote = status; });
            file->Sync([this](absl::Status status) { synced = status; });
          });
    }
    std::unique_ptr<File> file;
    absl::Status wrote;
    absl::Status synced;
  };
  machine.Boot(1, [](Runtime& runtime) { return std::make_unique<Program>(runtime); });
  kernel.RunUntil(Seconds(3));
  auto& program = *static_cast<Program*>(machine.program());
  EXPECT_EQ(program.wrote.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(program.synced.code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace holdfast
