// FileReader: an RDB file, read as its bytes come.
//
//   Feed -> bytes not used yet -> item, item, ... -> Handler
//
// An item (a value with its key, or what an opcode announces) is read once all of it is there;
// until then its bytes are kept. A value that is still incomplete is looked at again only when
// there is twice as much of it, so that reading stays linear however the bytes are cut.
//
// The bytes may come from anywhere. Whatever is wrong with them ends in a DataLoss that names the
// place in the file, and from then on every Feed returns it; memory grows with the bytes received,
// never with sizes that they claim.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "net/base/types.h"
#include "storage/rdb/format.h"
#include "storage/rdb/value_reader.h"
#include "storage/rdb/window.h"
#include "storage/types/list.h"

namespace holdfast::rdb {

// One key as the file has it. What its strings show is good until the next Feed.
struct FileEntry {
  DatabaseId database;
  FileString key;
  std::optional<Millis> deadline;    // absolute, in the writer's wall time
  std::optional<uint64_t> idle_s;    // seconds since it was used, if the writer counted that
  std::optional<uint8_t> frequency;  // how often it was used, on LFU's scale
  LoadedValue value;
};

class FileReader {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // What the file says of itself.
    virtual void OnAux(absl::string_view name, absl::string_view value) = 0;
    // How many keys the database has, and how many of those have a deadline: a hint.
    virtual void OnSize(DatabaseId database, uint64_t keys, uint64_t with_deadline) = 0;
    // An error ends the reading.
    virtual absl::Status OnEntry(FileEntry entry) = 0;
    // The file holds something that is passed over: a library of functions, a module's own data.
    virtual void OnSkipped(absl::string_view what) = 0;
  };
  struct Options {
    ListLimits list_limits;
    bool compare_checksum = true;
  };
  // The handler must outlive the reader.
  FileReader(const Options& options, Handler& handler) : options_(options), handler_(handler) {}

  absl::Status Feed(absl::string_view bytes);
  // No more bytes come: reads what is left, and tells why the file may not end here, if so.
  absl::Status Finish();
  int version() const { return version_; }
  uint64_t bytes_read() const { return offset_; }

 private:
  enum class Stage { kHeader, kItems, kChecksum, kDone };

  absl::Status ReadAll();
  absl::Status Read();
  absl::Status ReadNext(Window& window);
  // Each reads one thing off the front, and nothing if it is not all there.
  absl::Status ReadHeader(Window& window);
  absl::Status ReadItem(Window& window);
  absl::Status ReadOpcode(Opcode opcode, Window& window);
  absl::Status ReadSelect(Window& window);
  absl::Status ReadEntry(Type type, Window& window);
  absl::Status ReadChecksum(Window& window);
  absl::Status SkipModuleAux(Window& window);

  const Options options_;
  Handler& handler_;
  Stage stage_ = Stage::kHeader;
  Buffer bytes_;
  size_t used_bytes_ = 0;    // of those at the front; they go when more come
  size_t wanted_bytes_ = 0;  // before so many unused ones are there it is not worth looking again
  uint64_t offset_ = 0;      // in the file, of the first unused byte
  uint64_t checksum_ = 0;
  int version_ = 0;
  DatabaseId database_;
  // Of the next value.
  std::optional<Millis> deadline_;
  std::optional<uint64_t> idle_s_;
  std::optional<uint8_t> frequency_;
  absl::Status status_;
};

}  // namespace holdfast::rdb
