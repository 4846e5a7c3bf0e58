// SnapshotSaver: writes a snapshot to a file of Redis's format.
//
//   blocks -> entries -> bytes of the file -> temp-N.rdb -> Publish: fsync, rename, fsync directory
//
// 1. A file of that name is whole: the one before, or the new one, whenever the power goes.
// 2. So many bytes wait for the disk at most; beyond that congested() asks for patience.
// 3. Whatever fails, the temporary file is removed as far as that can be done, and on_done tells
//    what was attempted.
//
// Everything happens on the loop of the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/runtime/disk.h"
#include "storage/log/log_origin.h"
#include "storage/rdb/file_writer.h"
#include "storage/snapshot/snapshot_reader.h"

namespace holdfast {

// What a file says of the log that its keyspace comes from, and when it was: fields of the file.
inline constexpr absl::string_view kAuxLogId = "holdfast-log-id";
inline constexpr absl::string_view kAuxLsn = "holdfast-lsn";
inline constexpr absl::string_view kAuxEpoch = "holdfast-epoch";
inline constexpr absl::string_view kAuxHash = "holdfast-hash";
inline constexpr absl::string_view kAuxLogTime = "holdfast-log-time";

class SnapshotSaver final : private SnapshotReader::Handler {
 public:
  struct Options {
    std::string directory;
    std::string name;         // "dump.rdb"
    uint64_t generation = 0;  // tells temporary files apart
    rdb::FileWriter::Options format;
    // The log that brought the keyspace here, if there is one.
    std::optional<LogOrigin> origin;
    // What the file says about itself, beside what the snapshot says.
    std::vector<std::pair<std::string, std::string>> aux;
  };
  struct Hooks {
    // congested() has become false.
    absl::AnyInvocable<void()> on_room;
    // Published, or failed. Nothing is called afterwards.
    absl::AnyInvocable<void(absl::Status)> on_done;
  };
  // Begins the file. The disk must outlive the saver.
  SnapshotSaver(Disk& disk, Options options, Hooks hooks);
  ~SnapshotSaver() override;
  SnapshotSaver(const SnapshotSaver&) = delete;
  SnapshotSaver& operator=(const SnapshotSaver&) = delete;

  // The next block of the snapshot. After a failure they are dropped.
  void Add(absl::string_view block);
  bool congested() const { return waiting_.size() > kWaitingBytesMax; }
  // All blocks have been added, and the cut is committed: the file may have its name.
  void Publish();
  // It is not to have it.
  void Abandon(const absl::Status& why);

  uint64_t entries() const { return reader_.entries(); }
  // The version of the file: higher than usual if some value that is only kept needs it.
  int version() const { return writer_.version(); }
  // Of the file so far.
  uint64_t bytes() const { return offset_ + waiting_.size(); }

  // Whether a file of this name is what a crash left of one that was being written.
  static bool IsTemporary(absl::string_view name);

 private:
  static constexpr absl::string_view kTemporaryPrefix = "temp-";
  static constexpr absl::string_view kTemporarySuffix = ".rdb";
  static constexpr size_t kWaitingBytesMax = 8 * 1024 * 1024;
  static constexpr size_t kWriteBytes = 1024 * 1024;

  void OnBegin(const SnapshotHeader& header) override;
  absl::Status OnEntry(EntryDecoder& entry) override;

  void Pump();
  void Seal();
  void Rename();
  void Fail(const absl::Status& status);
  StatusHandler Guard(std::string attempt, absl::AnyInvocable<void()> next);
  std::string TemporaryPath() const;
  std::string Path() const;

  Disk& disk_;
  const Options options_;
  Hooks hooks_;
  // Handlers find null in it once this is gone.
  const std::shared_ptr<SnapshotSaver*> alive_;
  rdb::FileWriter writer_;
  SnapshotReader reader_;
  std::unique_ptr<File> file_;
  Buffer waiting_;
  uint64_t offset_ = 0;
  bool writing_ = false;
  bool publish_ = false;
  bool header_final_ = false;
  bool done_ = false;
};

}  // namespace holdfast
