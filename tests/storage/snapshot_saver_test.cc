// Snapshots in files, on a disk that forgets and fails.
#include "storage/save/snapshot_saver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/sim_network.h"
#include "sim/sim_runtime.h"
#include "storage/rdb/file_reader.h"
#include "storage/snapshot/snapshot.h"

namespace holdfast {
namespace {

using testing::HasSubstr;

// The blocks of a snapshot of `keys` keys whose values name `version`.
std::vector<std::string> Blocks(int keys, int version) {
  Keyspace keyspace(7);
  for (int i = 0; i < keys; ++i) {
    const std::string name = absl::StrCat("key", i);
    const Key key = keyspace.MakeKey(name);
    const std::string text = absl::StrCat("version ", version, " ", std::string(200, 'x'));
    std::optional<Millis> deadline;
    if (i % 3 == 0) deadline = Millis{1'700'000'000'000 + i};
    keyspace.Put(DatabaseId{static_cast<uint8_t>(i % 2)}, key, nullptr, Value::Text(text),
                 deadline);
  }
  const auto list = keyspace.MakeKey("list");
  auto elements = std::make_unique<List>();
  elements->Push(ListEnd::kBack, absl::StrCat(version), {});
  keyspace.Put(DatabaseId{0}, list, nullptr, Value::OfList(elements.release()), std::nullopt);
  const auto snapshot = Snapshot::Cut(
      keyspace, {.header = {.generation = 1, .cut = {42}, .epoch = {3}, .log_time = {17}}});
  std::vector<std::string> blocks;
  for (;;) {
    Snapshot::Pull pull = snapshot->Next(10);
    if (pull.outcome == Snapshot::Outcome::kDone) break;
    if (pull.outcome == Snapshot::Outcome::kBlock) blocks.emplace_back(pull.block.view());
  }
  snapshot->Close();
  return blocks;
}

struct Contents : rdb::FileReader::Handler {
  void OnAux(absl::string_view name, absl::string_view value) override {
    aux[std::string(name)] = std::string(value);
  }
  void OnSize(DatabaseId, uint64_t, uint64_t) override {}
  void OnSkipped(absl::string_view) override {}
  absl::Status OnEntry(rdb::FileEntry entry) override {
    ++keys;
    if (entry.deadline) ++with_deadline;
    if (entry.key.view() == "list") version = entry.value.list->At(0).integer;
    return absl::OkStatus();
  }
  std::map<std::string, std::string> aux;
  int keys = 0;
  int with_deadline = 0;
  int64_t version = -1;
};

constexpr char kDirectory[] = "data";

// Makes the folder, reads the file if there is one, and saves.
struct Program : SimProgram {
  explicit Program(Runtime& runtime) : disk(runtime.loop(0).disk()) {
    disk.MakeDirectory(kDirectory, [this](const absl::Status&) {
      disk.SyncDirectory("", [this](const absl::Status&) { Read(); });
    });
  }
  void Read() {
    disk.Open("data/dump.rdb", OpenMode::kRead, [this](absl::StatusOr<OpenedFile> opened) {
      ready = !opened.ok();
      if (!opened.ok()) return;
      file = std::move(opened->file);
      file->Read(0, opened->size, [this](absl::StatusOr<Buffer> bytes) {
        found.emplace();
        rdb::FileReader reader({}, *found);
        whole = reader.Feed(bytes->view());
        if (whole.ok()) whole = reader.Finish();
        ready = true;
      });
    });
  }
  void Save(int keys, int version) {
    outcome.reset();
    saver = std::make_unique<SnapshotSaver>(
        disk,
        SnapshotSaver::Options{.directory = kDirectory,
                               .name = "dump.rdb",
                               .generation = 1,
                               .origin = LogOrigin{.log_id = 9, .position = {{3}, {42}, 77}}},
        SnapshotSaver::Hooks{.on_done = [this](absl::Status status) { outcome = status; }});
    for (const std::string& block : Blocks(keys, version)) saver->Add(block);
    saver->Publish();
  }
  Disk& disk;
  std::unique_ptr<File> file;
  bool ready = false;
  std::optional<Contents> found;
  absl::Status whole;
  std::unique_ptr<SnapshotSaver> saver;
  std::optional<absl::Status> outcome;
};

class SnapshotSaverTest : public testing::Test {
 protected:
  explicit SnapshotSaverTest(uint64_t seed = 7, DiskProfile disk = {})
      : kernel_(seed), network_(kernel_, {}) {
    machine_ = std::make_unique<SimMachine>(kernel_, network_,
                                            SimMachine::Options{.ip = "10.0.0.1", .disk = disk});
  }
  Program& Boot() {
    machine_->Boot(1, [](Runtime& runtime) { return std::make_unique<Program>(runtime); });
    Run(Seconds(30));
    EXPECT_TRUE(program().ready);
    return program();
  }
  Program& program() { return *static_cast<Program*>(machine_->program()); }
  void Run(Nanos time) { kernel_.RunUntil(kernel_.now() + time); }

  Kernel kernel_;
  SimNetwork network_;
  std::unique_ptr<SimMachine> machine_;
};

TEST_F(SnapshotSaverTest, WritesAFileThatSaysWhatItIs) {
  Boot().Save(10, 1);
  Run(Seconds(30));
  ASSERT_TRUE(program().outcome.has_value());
  EXPECT_TRUE(program().outcome->ok()) << *program().outcome;
  machine_->Crash(SimMachine::CrashKind::kPower);
  Boot();
  ASSERT_TRUE(program().found.has_value());
  EXPECT_TRUE(program().whole.ok()) << program().whole;
  EXPECT_EQ(program().found->keys, 11);
  EXPECT_EQ(program().found->with_deadline, 4);
  EXPECT_EQ(program().found->aux["holdfast-lsn"], "42");
  EXPECT_EQ(program().found->aux["holdfast-epoch"], "3");
  EXPECT_EQ(program().found->aux["holdfast-hash"], "77");
  EXPECT_EQ(program().found->aux["holdfast-log-id"], "9");
  EXPECT_EQ(program().found->aux["holdfast-log-time"], "17");
}

TEST_F(SnapshotSaverTest, AnAbandonedSnapshotLeavesTheFileBefore) {
  Boot().Save(10, 1);
  Run(Seconds(30));
  program().saver = std::make_unique<SnapshotSaver>(
      program().disk,
      SnapshotSaver::Options{.directory = kDirectory, .name = "dump.rdb", .generation = 2},
      SnapshotSaver::Hooks{.on_done = [this](absl::Status status) { program().outcome = status; }});
  for (const std::string& block : Blocks(10, 2)) program().saver->Add(block);
  program().saver->Abandon(absl::CancelledError("the cut was not committed"));
  EXPECT_TRUE(absl::IsCancelled(*program().outcome));
  Run(Seconds(30));
  machine_->Crash(SimMachine::CrashKind::kProcess);
  Boot();
  EXPECT_EQ(program().found->version, 1);
}

TEST_F(SnapshotSaverTest, WhatIsNotWholeGetsNoName) {
  Boot();
  program().saver = std::make_unique<SnapshotSaver>(
      program().disk,
      SnapshotSaver::Options{.directory = kDirectory, .name = "dump.rdb", .generation = 2},
      SnapshotSaver::Hooks{.on_done = [this](absl::Status status) { program().outcome = status; }});
  program().saver->Publish();
  EXPECT_TRUE(absl::IsInternal(*program().outcome));
}

class SnapshotSaverOnAFullDisk : public SnapshotSaverTest {
 protected:
  SnapshotSaverOnAFullDisk() : SnapshotSaverTest(7, {.file_bytes_max = 1000}) {}
};

TEST_F(SnapshotSaverOnAFullDisk, IsToldSo) {
  Boot().Save(100, 1);
  Run(Seconds(30));
  ASSERT_TRUE(program().outcome.has_value());
  EXPECT_TRUE(absl::IsResourceExhausted(*program().outcome));
  EXPECT_THAT(program().outcome->message(), HasSubstr("writing data/temp-1.rdb"));
}

// Whenever the power goes, the file of that name is whole, and it is the newest that was told done.
class SnapshotSaverCrash : public SnapshotSaverTest, public testing::WithParamInterface<uint64_t> {
 protected:
  SnapshotSaverCrash() : SnapshotSaverTest(GetParam()) {}
};

TEST_P(SnapshotSaverCrash, OneFileOrTheOther) {
  int64_t published = -1;
  for (int version = 1; version <= 6; ++version) {
    Boot();
    if (program().found) {
      ASSERT_TRUE(program().whole.ok()) << program().whole;
      EXPECT_GE(program().found->version, published);
      EXPECT_EQ(program().found->keys, 301);
    } else {
      EXPECT_EQ(published, -1);
    }
    program().Save(300, version);
    Run(Microseconds(static_cast<int64_t>(GetParam() * 7919 + version * 4001) % 40'000));
    if (program().outcome && program().outcome->ok()) published = version;
    machine_->Crash(SimMachine::CrashKind::kPower);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, SnapshotSaverCrash, testing::Range(uint64_t{1}, uint64_t{101}));

}  // namespace
}  // namespace holdfast
