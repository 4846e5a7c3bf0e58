// A keyspace out of a file, on a disk whose reads end in any order.
#include "storage/save/file_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/sim_network.h"
#include "sim/sim_runtime.h"
#include "storage/digest/digest.h"
#include "storage/rdb/file_writer.h"
#include "storage/save/snapshot_saver.h"
#include "storage/snapshot/snapshot.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr char kPath[] = "data/dump.rdb";
constexpr LoadOptions kSmallPieces = {.now = Millis{1'700'000'000'000}, .read_bytes = 61};

void Fill(Keyspace& keyspace, int keys) {
  const auto put = [&](int database, const std::string& name, const Value& value,
                       std::optional<Millis> deadline) {
    keyspace.Put(DatabaseId{static_cast<uint8_t>(database)}, keyspace.MakeKey(name), nullptr, value,
                 deadline);
  };
  for (int i = 0; i < keys; ++i) {
    const std::string name = absl::StrCat("key", i);
    // Some of them long past.
    std::optional<Millis> deadline;
    if (i % 3 == 0) deadline = Millis{1000 + i};
    if (i % 5 == 0) {
      put(i % 4, name, Value::Integer(int64_t{1} << (i % 62)), deadline);
    } else {
      const std::string text(static_cast<size_t>(i % 70), static_cast<char>('a' + i % 7));
      put(i % 4, name, Value::Text(absl::StrCat(text, "-", i)), deadline);
    }
  }
  auto list = std::make_unique<List>();
  for (int i = 0; i < 3000; ++i) list->Push(ListEnd::kBack, absl::StrCat("element ", i), {});
  put(2, "list", Value::OfList(list.release()), Millis{5});
  const absl::string_view set("\2\1a\1b", 5);
  put(1, "set", Value::Opaque(static_cast<uint8_t>(rdb::Type::kSet), set), Millis{6});
}

struct Program : SimProgram {
  explicit Program(Runtime& runtime) : disk(runtime.loop(0).disk()) {
    disk.MakeDirectory("data", [](const absl::Status&) {});
  }
  Disk& disk;
  std::unique_ptr<SnapshotSaver> saver;
  std::unique_ptr<File> file;
  std::unique_ptr<FileLoader> loader;
};

class FileLoaderTest : public testing::Test {
 protected:
  explicit FileLoaderTest(uint64_t seed = 7, DiskProfile disk = {})
      : kernel_(seed), network_(kernel_, {}) {
    machine_ = std::make_unique<SimMachine>(kernel_, network_,
                                            SimMachine::Options{.ip = "10.0.0.1", .disk = disk});
    machine_->Boot(1, [](Runtime& runtime) { return std::make_unique<Program>(runtime); });
    Run(Seconds(1));
  }
  Program& program() { return *static_cast<Program*>(machine_->program()); }
  void Run(Nanos time) { kernel_.RunUntil(kernel_.now() + time); }

  void Save(Keyspace& keyspace) {
    std::optional<absl::Status> outcome;
    program().saver = std::make_unique<SnapshotSaver>(
        program().disk,
        SnapshotSaver::Options{.directory = "data",
                               .name = "dump.rdb",
                               .origin = LogOrigin{.log_id = 9, .position = {{3}, {42}, 77}},
                               .aux = {{"redis-ver", "7.2.0"}}},
        SnapshotSaver::Hooks{.on_done = [&](absl::Status status) { outcome = status; }});
    const auto snapshot = Snapshot::Cut(keyspace, {.header = {.cut = {42}, .epoch = {3}}});
    for (;;) {
      Snapshot::Pull pull = snapshot->Next(10);
      if (pull.outcome == Snapshot::Outcome::kDone) break;
      if (pull.outcome == Snapshot::Outcome::kBlock) program().saver->Add(pull.block.view());
    }
    snapshot->Close();
    program().saver->Publish();
    Run(Seconds(60));
    ASSERT_TRUE(outcome.has_value());
    ASSERT_TRUE(outcome->ok()) << *outcome;
  }

  void Write(absl::string_view bytes) {
    Buffer buffer;
    buffer.Append(bytes);
    program().disk.Open(kPath, OpenMode::kReadWrite, [&](absl::StatusOr<OpenedFile> opened) {
      program().file = std::move(opened->file);
      program().file->Truncate(0, [&](const absl::Status&) {
        program().file->Write(0, std::move(buffer), [](const absl::Status&) {});
      });
    });
    Run(Seconds(60));
    program().file.reset();
  }

  absl::StatusOr<LoadedFile> Load(Keyspace& keyspace, const LoadOptions& options = kSmallPieces) {
    std::optional<absl::StatusOr<LoadedFile>> outcome;
    program().loader =
        LoadFile(program().disk, kPath, keyspace, options, [&](absl::StatusOr<LoadedFile> loaded) {
          outcome = std::move(loaded);
          program().loader.reset();
        });
    Run(Seconds(600));
    return outcome ? *std::move(outcome) : absl::InternalError("not done");
  }
  absl::Status LoadError(absl::string_view file) {
    Write(file);
    Keyspace keyspace(1);
    return Load(keyspace).status();
  }

  Kernel kernel_;
  SimNetwork network_;
  std::unique_ptr<SimMachine> machine_;
};

TEST_F(FileLoaderTest, WhatWasSavedIsThere) {
  Keyspace saved(1);
  Fill(saved, 500);
  Save(saved);
  Keyspace keyspace(2);
  const auto loaded = Load(keyspace);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(KeyspaceDigest(keyspace), KeyspaceDigest(saved));
  EXPECT_EQ(loaded->entries, 502u);
  EXPECT_EQ(loaded->version, 10);
  EXPECT_GT(loaded->bytes, 10'000u);
  EXPECT_EQ(loaded->aux.at("holdfast-lsn"), "42");
  EXPECT_EQ(loaded->aux.at("redis-ver"), "7.2.0");
  EXPECT_TRUE(loaded->skipped.empty());
  const Key key = keyspace.MakeKey("key1");
  EXPECT_EQ(keyspace.Find(DatabaseId{1}, key)->access_clock(), AccessClock(kSmallPieces.now));
}

TEST_F(FileLoaderTest, AValueOfALaterVersionIsSavedInAFileOfThatVersion) {
  Keyspace saved(1);
  Fill(saved, 50);
  const absl::string_view set("\x09\x09\0\0\0\x01\0\x07\x01\xff", 10);
  saved.Put(DatabaseId{0}, saved.MakeKey("later"), nullptr,
            Value::Opaque(static_cast<uint8_t>(rdb::Type::kSetListpack), set), std::nullopt);
  Save(saved);
  Keyspace keyspace(2);
  const auto loaded = Load(keyspace);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->version, 11);
  EXPECT_EQ(KeyspaceDigest(keyspace), KeyspaceDigest(saved));
}

TEST_F(FileLoaderTest, ProgressCanBeSeen) {
  Keyspace saved(1);
  Fill(saved, 500);
  Save(saved);
  Keyspace keyspace(2);
  bool done = false;
  program().loader = LoadFile(program().disk, kPath, keyspace, kSmallPieces,
                              [&](const absl::StatusOr<LoadedFile>&) { done = true; });
  LoadProgress before = program().loader->progress();
  EXPECT_EQ(before.bytes, 0u);
  int steps = 0;
  while (!done) {
    Run(Milliseconds(1));
    const LoadProgress progress = program().loader->progress();
    EXPECT_GE(progress.bytes, before.bytes);
    EXPECT_LE(progress.bytes, progress.bytes_total);
    if (progress.bytes > before.bytes) ++steps;
    before = progress;
  }
  EXPECT_GT(steps, 10);
  EXPECT_EQ(before.bytes, before.bytes_total);
  EXPECT_EQ(before.entries, 502u);
}

TEST_F(FileLoaderTest, CanBeGivenUp) {
  Keyspace saved(1);
  Fill(saved, 500);
  Save(saved);
  Keyspace keyspace(2);
  program().loader = LoadFile(program().disk, kPath, keyspace, kSmallPieces,
                              [](const absl::StatusOr<LoadedFile>&) { FAIL(); });
  while (program().loader->progress().bytes == 0) Run(Milliseconds(1));
  program().loader.reset();
  Run(Seconds(60));
  EXPECT_LT(keyspace.Size(DatabaseId{0}), saved.Size(DatabaseId{0}));
}

TEST_F(FileLoaderTest, TellsWhichFileIsNotThere) {
  Keyspace keyspace(1);
  const auto loaded = Load(keyspace);
  EXPECT_TRUE(absl::IsNotFound(loaded.status())) << loaded.status();
  EXPECT_THAT(loaded.status().message(), HasSubstr(kPath));
}

TEST_F(FileLoaderTest, TellsWhereAFileIsWrong) {
  rdb::FileWriter writer({});
  writer.Add(DatabaseId{0}, "k", std::nullopt, Value::Text(std::string(100, 'x')));
  writer.End();
  const std::string file(writer.Take().view());
  EXPECT_EQ(LoadError(file).code(), absl::StatusCode::kOk);
  EXPECT_THAT(LoadError(file.substr(0, 20)).message(), HasSubstr("ends after 20 bytes"));
  std::string broken = file;
  broken[11] = 77;
  const absl::Status status = LoadError(broken);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(status.message(), HasSubstr("loading data/dump.rdb: at byte 11 of the file"));
  std::string other_checksum = file;
  other_checksum.back() ^= 1;
  EXPECT_THAT(LoadError(other_checksum).message(), HasSubstr("the checksum is"));
}

TEST_F(FileLoaderTest, TellsWhichKeyComesTwice) {
  rdb::FileWriter writer({});
  for (int i = 0; i < 2; ++i) writer.Add(DatabaseId{3}, "k\n", std::nullopt, Value::Text("x"));
  writer.End();
  const absl::Status status = LoadError(std::string(writer.Take().view()));
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(status.message(), HasSubstr("key 'k\\n' comes twice in database 3"));
}

TEST_F(FileLoaderTest, TellsWhatItPassedOver) {
  std::string file = "REDIS0010";
  for (int i = 0; i < 2; ++i) file += std::string("\xf5\x03", 2) + "lib";
  file += '\xff' + std::string(8, '\0');
  Write(file);
  Keyspace keyspace(1);
  const auto loaded = Load(keyspace);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->skipped, ElementsAre(Pair("a library of functions", 2)));
}

TEST_F(FileLoaderTest, KeysCountAsUsedWhenTheFileSays) {
  // 100 s before now.
  const std::string file = absl::StrCat("REDIS0010", "\xf8\x40\x64", absl::string_view("\0", 1),
                                        "\x01k\x01v\xff", std::string(8, '\0'));
  Write(file);
  Keyspace keyspace(1);
  ASSERT_TRUE(Load(keyspace).ok());
  const Entry* entry = keyspace.Find(DatabaseId{0}, keyspace.MakeKey("k"));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->access_clock(), AccessClock(Millis{kSmallPieces.now.value - 100'000}));
}

class FileLoaderOnSlowDisks : public FileLoaderTest, public testing::WithParamInterface<uint64_t> {
 protected:
  FileLoaderOnSlowDisks() : FileLoaderTest(GetParam()) {}
};

// Reads end in another order than they began in, and cut values wherever they will.
TEST_P(FileLoaderOnSlowDisks, PiecesAreUsedInOrder) {
  Keyspace saved(1);
  Fill(saved, 200);
  Save(saved);
  for (const size_t bytes : {size_t{1} + GetParam(), size_t{4096}, size_t{1} << 20}) {
    Keyspace keyspace(2);
    const auto loaded = Load(keyspace, {.read_bytes = bytes});
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(KeyspaceDigest(keyspace), KeyspaceDigest(saved));
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, FileLoaderOnSlowDisks, testing::Range(uint64_t{17}, uint64_t{30}));

}  // namespace
}  // namespace holdfast
