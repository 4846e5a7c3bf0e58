#include "storage/rdb/file_writer.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "net/base/number_bytes.h"
#include "storage/rdb/checksum.h"

namespace holdfast::rdb {

FileWriter::FileWriter(const Options& options) : options_(options) {
  pending_.Append(absl::StrFormat("%s%04d", kMagic, kWrittenVersion));
}

void FileWriter::Aux(absl::string_view name, absl::string_view value) {
  AppendOpcode(Opcode::kAux);
  AppendString(pending_, name, options_.values);
  AppendString(pending_, value, options_.values);
}

void FileWriter::AppendEntryHead(DatabaseId database, absl::string_view key,
                                 std::optional<Millis> deadline, Type type) {
  if (database_ != database) {
    database_ = database;
    AppendOpcode(Opcode::kSelect);
    AppendLength(pending_, database.value);
  }
  if (deadline) {
    AppendOpcode(Opcode::kExpireMillis);
    AppendNumber(pending_, deadline->value);
  }
  pending_.Append(static_cast<char>(type));
  AppendString(pending_, key, options_.values);
  ++entries_;
}

void FileWriter::Add(DatabaseId database, absl::string_view key, std::optional<Millis> deadline,
                     const Value& value) {
  AppendEntryHead(database, key, deadline, TypeOf(value));
  AppendValue(pending_, value, options_.values);
}

void FileWriter::AddOpaque(DatabaseId database, absl::string_view key,
                           std::optional<Millis> deadline, Type type, absl::string_view value) {
  AppendEntryHead(database, key, deadline, type);
  pending_.Append(value);
}

void FileWriter::End() {
  AppendOpcode(Opcode::kEnd);
  uint64_t checksum = 0;
  if (options_.checksum) {
    checksum = ExtendCrc64(checksum_, pending_.view().substr(summed_bytes_));
  }
  AppendNumber(pending_, checksum);
  summed_bytes_ = pending_.size();
}

Buffer FileWriter::Take() {
  if (options_.checksum) {
    checksum_ = ExtendCrc64(checksum_, pending_.view().substr(summed_bytes_));
  }
  summed_bytes_ = 0;
  return std::exchange(pending_, Buffer());
}

}  // namespace holdfast::rdb
