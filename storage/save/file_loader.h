// FileLoader: fills a keyspace from a file of Redis's format.
//
//   file | read | read | read | read |   asked for ahead, used in order
//           `-> FileReader -> entry, entry, ... -> a batch -> Keyspace
//
// Keys of a foreign file come in no order, so that each of them waits for memory where it goes. A
// batch is hashed first, then its slots, tables and entries are fetched ahead, and only then are
// its keys put where they belong.
//
// 1. Each key stands in the file once; a second one is an error.
// 2. Keys that are past their deadline are loaded like others: whose log is applied on top, or who
//    is the primary, has to see them go.
// 3. An error names the file, and the byte where it can. The keyspace then holds part of the file.
// 4. At most kFileReadsInFlight reads are in flight or waiting to be used.
//
// Everything happens on the loop of the disk, a piece of the file at a time; between two pieces
// others get their turn.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "net/base/limits.h"
#include "net/runtime/disk.h"
#include "storage/keyspace/keyspace.h"
#include "storage/rdb/file_reader.h"

namespace holdfast {

struct LoadOptions {
  ListLimits list_limits;
  Millis now;  // log_time: keys count as used then, unless the file says how long before
  bool compare_checksum = true;
  size_t read_bytes = limits::kFileLoadReadBytes;
};

struct LoadedFile {
  // What the file says of itself, short texts only: "redis-ver", "holdfast-lsn", ...
  std::map<std::string, std::string> aux;
  int version = 0;
  uint64_t entries = 0;
  uint64_t bytes = 0;
  // What was passed over, and how often: "a library of functions", ...
  std::map<std::string, uint64_t> skipped;
};

struct LoadProgress {
  uint64_t bytes = 0;
  uint64_t bytes_total = 0;
  uint64_t entries = 0;
};

class FileLoader final : private rdb::FileReader::Handler {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<LoadedFile>)>;

  // Use LoadFile.
  FileLoader(Disk& disk, std::string path, Keyspace& keyspace, const LoadOptions& options,
             Done done);
  // Gives up where it is; `done` is not called any more.
  ~FileLoader() override;
  FileLoader(const FileLoader&) = delete;
  FileLoader& operator=(const FileLoader&) = delete;

  // Any thread.
  LoadProgress progress() const;

 private:
  struct Piece {
    uint64_t offset = 0;
    size_t length = 0;
    std::optional<absl::StatusOr<Buffer>> bytes;
  };

  void OnAux(absl::string_view name, absl::string_view value) override;
  void OnSize(DatabaseId, uint64_t, uint64_t) override {}
  absl::Status OnEntry(rdb::FileEntry entry) override;
  void OnSkipped(absl::string_view what) override;

  void ReadAhead();
  void OnRead(uint64_t offset, absl::StatusOr<Buffer> bytes);
  absl::Status Use(const Piece& piece);
  absl::Status PutBatch();
  uint32_t AccessClockOf(const rdb::FileEntry& entry) const;
  void Finish(const absl::Status& status);

  const std::string path_;
  Keyspace& keyspace_;
  const LoadOptions options_;
  Done done_;
  // Handlers find null in it once this is gone or done.
  const std::shared_ptr<FileLoader*> alive_;
  rdb::FileReader reader_;
  std::unique_ptr<File> file_;
  uint64_t file_bytes_ = 0;
  uint64_t asked_bytes_ = 0;
  std::deque<Piece> pieces_;  // in the order of the file
  std::vector<rdb::FileEntry> batch_;
  LoadedFile loaded_;

  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> bytes_total_{0};
  std::atomic<uint64_t> entries_{0};
};

// Loads the file into a keyspace that nobody else uses meanwhile. `done` is called on the disk's
// loop, later, and may destroy the loader. Disk and keyspace must outlive that.
[[nodiscard]] std::unique_ptr<FileLoader> LoadFile(Disk& disk, std::string path, Keyspace& keyspace,
                                                   const LoadOptions& options,
                                                   FileLoader::Done done);

}  // namespace holdfast
