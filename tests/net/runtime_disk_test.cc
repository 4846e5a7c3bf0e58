// Files: the same answers from the ring and from the pool.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/net/runtime_harness.h"

namespace holdfast {
namespace {

namespace files = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class DiskTest : public RuntimeTest {
 protected:
  DiskTest() {
    const auto number = std::to_string(getpid()) + "-" + std::to_string(next_folder_++);
    folder_ = files::temp_directory_path() / ("holdfast-disk-" + number);
    files::create_directories(folder_);
  }
  ~DiskTest() override {
    StopRuntime();
    files::remove_all(folder_);
  }

  // Starts an operation on the loop and returns what its handler got.
  template <typename Result, typename Start>
  Result Await(Start start) {
    std::promise<Result> promise;
    bool inside = true;  // written and read on the loop
    loop().Post([&] {
      start([&](Result result) {
        EXPECT_FALSE(inside) << "a handler ran inside the call";
        promise.set_value(std::move(result));
      });
      inside = false;
    });
    return promise.get_future().get();
  }
  Disk& disk() { return loop().disk(); }
  std::string Path(const std::string& name) const { return folder_ / name; }

  absl::StatusOr<OpenedFile> Open(const std::string& name, OpenMode mode) {
    return Await<absl::StatusOr<OpenedFile>>(
        [&](auto done) { disk().Open(Path(name), mode, std::move(done)); });
  }
  absl::StatusOr<std::string> Read(File& file, uint64_t offset, size_t length) {
    auto bytes = Await<absl::StatusOr<Buffer>>(
        [&](auto done) { file.Read(offset, length, std::move(done)); });
    if (!bytes.ok()) return bytes.status();
    return std::string(bytes->view());
  }
  absl::Status Write(File& file, uint64_t offset, const std::string& bytes) {
    return Await<absl::Status>(
        [&](auto done) { file.Write(offset, BufferOf(bytes), std::move(done)); });
  }
  absl::Status Sync(File& file) {
    return Await<absl::Status>([&](auto done) { file.Sync(std::move(done)); });
  }
  absl::Status Truncate(File& file, uint64_t size) {
    return Await<absl::Status>([&](auto done) { file.Truncate(size, std::move(done)); });
  }
  void Close(absl::StatusOr<OpenedFile>& opened) {
    On(loop(), [&] { opened->file.reset(); });
  }

  static inline int next_folder_ = 0;
  files::path folder_;
};

INSTANTIATE_TEST_SUITE_P(Runtimes, DiskTest, testing::Values(Backend::kEpoll, Backend::kUring),
                         BackendName);

TEST_P(DiskTest, ReadsWhatWasWritten) {
  START_RUNTIME_OR_SKIP();
  auto opened = Open("log", OpenMode::kReadWrite);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->size, 0u);
  File& file = *opened->file;
  Prng prng(5);
  const std::string bytes = RandomBytes(prng, 5 << 20);
  EXPECT_TRUE(Write(file, 0, bytes).ok());
  EXPECT_TRUE(Write(file, 3, "abc").ok());
  EXPECT_TRUE(Sync(file).ok());
  std::string expected = bytes;
  expected.replace(3, 3, "abc");
  EXPECT_TRUE(*Read(file, 0, expected.size() + 10) == expected);
  EXPECT_EQ(*Read(file, expected.size() - 4, 100), expected.substr(expected.size() - 4));
  EXPECT_EQ(*Read(file, expected.size(), 100), "");
  EXPECT_EQ(*Read(file, 0, 0), "");
  EXPECT_TRUE(Truncate(file, 10).ok());
  EXPECT_EQ(*Read(file, 0, 100), expected.substr(0, 10));
  Close(opened);
  opened = Open("log", OpenMode::kRead);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->size, 10u);
  Close(opened);
}

TEST_P(DiskTest, OperationsMayBeInFlightTogether) {
  START_RUNTIME_OR_SKIP();
  auto opened = Open("log", OpenMode::kReadWrite);
  ASSERT_TRUE(opened.ok()) << opened.status();
  constexpr int kWrites = 1500;  // more than the ring has places
  std::promise<void> all_done;
  int done = 0;
  loop().Post([&] {
    for (int i = 0; i < kWrites; ++i) {
      opened->file->Write(static_cast<uint64_t>(i) * 8, BufferOf("12345678"),
                          [&](absl::Status status) {
                            EXPECT_TRUE(status.ok()) << status;
                            if (++done == kWrites) all_done.set_value();
                          });
    }
  });
  all_done.get_future().get();
  EXPECT_EQ(files::file_size(Path("log")), size_t{kWrites} * 8);
  Close(opened);
}

TEST_P(DiskTest, OpenModesMeanWhatTheySay) {
  START_RUNTIME_OR_SKIP();
  auto missing = Open("missing", OpenMode::kRead);
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr(Path("missing")));
  auto created = Open("new", OpenMode::kCreateNew);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(Open("new", OpenMode::kCreateNew).status().code(), absl::StatusCode::kAlreadyExists);
  auto again = Open("new", OpenMode::kReadWrite);
  EXPECT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(Open("", OpenMode::kRead).ok()) << "a folder is not a file";
  EXPECT_FALSE(Open("no/folder/file", OpenMode::kReadWrite).ok());
  auto read_only = Open("new", OpenMode::kRead);
  ASSERT_TRUE(read_only.ok());
  EXPECT_FALSE(Write(*read_only->file, 0, "x").ok());
  Close(created);
  Close(again);
  Close(read_only);
}

TEST_P(DiskTest, NamesAreMadeMovedListedAndRemoved) {
  START_RUNTIME_OR_SKIP();
  const auto status = [this](auto start) { return Await<absl::Status>(start); };
  const auto list = [this](const std::string& name) {
    return Await<absl::StatusOr<std::vector<std::string>>>(
        [&](auto done) { disk().List(Path(name), std::move(done)); });
  };
  const auto make = [&](const std::string& name) {
    return status([&](auto done) { disk().MakeDirectory(Path(name), std::move(done)); });
  };
  const auto rename = [&](const std::string& from, const std::string& to) {
    return status([&](auto done) { disk().Rename(Path(from), Path(to), std::move(done)); });
  };
  const auto remove = [&](const std::string& name) {
    return status([&](auto done) { disk().Remove(Path(name), std::move(done)); });
  };
  EXPECT_TRUE(make("d").ok());
  EXPECT_EQ(make("d").code(), absl::StatusCode::kAlreadyExists);
  for (const char* name : {"b", "a", "c"}) {
    std::ofstream(Path(std::string("d/") + name)) << name;
  }
  EXPECT_THAT(*list("d"), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(rename("d/a", "d/b").ok());
  EXPECT_TRUE(status([&](auto done) { disk().SyncDirectory(Path("d"), std::move(done)); }).ok());
  EXPECT_THAT(*list("d"), ElementsAre("b", "c"));
  EXPECT_TRUE(remove("d/c").ok());
  EXPECT_THAT(*list("d"), ElementsAre("b"));
  EXPECT_EQ(remove("d/c").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(rename("d/c", "d/x").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(list("e").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(status([&](auto done) { disk().SyncDirectory(Path("e"), std::move(done)); }).ok());
  auto moved = Open("d/b", OpenMode::kRead);
  ASSERT_TRUE(moved.ok());
  EXPECT_EQ(*Read(*moved->file, 0, 10), "a");
  Close(moved);
}

TEST_P(DiskTest, AClosedFileDropsItsHandlers) {
  START_RUNTIME_OR_SKIP();
  auto opened = Open("log", OpenMode::kReadWrite);
  ASSERT_TRUE(opened.ok()) << opened.status();
  auto alive = std::make_shared<int>(1);
  const std::weak_ptr<int> handler_alive = alive;
  bool called = false;
  On(loop(), [&] {
    opened->file->Write(0, BufferOf("still written"),
                        [&called, held = std::move(alive)](absl::Status) { called = true; });
    opened->file.reset();
  });
  // Whatever is left of the operation has gone once its handler has.
  while (!handler_alive.expired()) On(loop(), [] {});
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace holdfast
