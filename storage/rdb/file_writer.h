// FileWriter: the bytes of an RDB file, one entry after another.
//
// It keeps what it has written until the caller takes it, and the checksum of all of it. Entries
// may come in any order; where the database changes, the file says so.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "net/base/types.h"
#include "storage/keyspace/entry.h"
#include "storage/rdb/value_writer.h"

namespace holdfast::rdb {

class FileWriter {
 public:
  struct Options {
    WriteOptions values;
    bool checksum = true;  // otherwise zero stands in its place, which readers do not compare
  };
  // Begins the file.
  explicit FileWriter(const Options& options);

  // What the file says about itself, before the first entry: "redis-ver", "lsn", ...
  void Aux(absl::string_view name, absl::string_view value);
  void Add(DatabaseId database, absl::string_view key, std::optional<Millis> deadline,
           const Value& value);
  // A value that is kept as it was read.
  void AddOpaque(DatabaseId database, absl::string_view key, std::optional<Millis> deadline,
                 Type type, absl::string_view value);
  // Ends the file.
  void End();

  // What was written since the last call.
  Buffer Take();
  size_t pending_bytes() const { return pending_.size(); }
  uint64_t entries() const { return entries_; }

 private:
  void AppendOpcode(Opcode opcode) { pending_.Append(static_cast<char>(opcode)); }
  void AppendEntryHead(DatabaseId database, absl::string_view key, std::optional<Millis> deadline,
                       Type type);

  const Options options_;
  Buffer pending_;
  size_t summed_bytes_ = 0;  // of what is pending
  uint64_t checksum_ = 0;
  std::optional<DatabaseId> database_;
  uint64_t entries_ = 0;
};

}  // namespace holdfast::rdb
