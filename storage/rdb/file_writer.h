// FileWriter: the bytes of an RDB file, one entry after another.
//
// It keeps what it has written until the caller takes it, and the checksum of all of it. Entries
// may come in any order; where the database changes, the file says so.
//
// A file is of version 10, which Redis 7.0 reads, unless some value needs a higher one. That may
// come to light at the end only: then the first bytes are to be written once more (header()). The
// checksum is that of the file with its final header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "net/base/types.h"
#include "storage/keyspace/entry.h"
#include "storage/rdb/format.h"
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
  // Ends the file.
  void End();
  // After End: what the file has to begin with. It does so already if the version is
  // kWrittenVersion.
  std::string header() const;
  int version() const { return version_; }

  // What was written since the last call.
  Buffer Take();
  size_t pending_bytes() const { return pending_.size(); }
  uint64_t entries() const { return entries_; }

 private:
  void Sum();
  void AppendOpcode(Opcode opcode) { pending_.Append(static_cast<char>(opcode)); }
  void AppendEntryHead(DatabaseId database, absl::string_view key, std::optional<Millis> deadline,
                       Type type);

  const Options options_;
  Buffer pending_;
  size_t summed_bytes_ = 0;  // of what is pending
  uint64_t checksum_ = 0;
  uint64_t checksum_bytes_ = 0;  // that it is of
  int version_ = kWrittenVersion;
  std::optional<DatabaseId> database_;
  uint64_t entries_ = 0;
};

}  // namespace holdfast::rdb
