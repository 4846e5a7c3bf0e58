#include "storage/rdb/file_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "net/base/number_bytes.h"
#include "storage/rdb/checksum.h"

namespace holdfast::rdb {

FileWriter::FileWriter(const Options& options) : options_(options) { pending_.Append(header()); }

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
  version_ = std::max(version_, VersionNeeded(type));
  pending_.Append(static_cast<char>(type));
  AppendString(pending_, key, options_.values);
  ++entries_;
}

void FileWriter::Add(DatabaseId database, absl::string_view key, std::optional<Millis> deadline,
                     const Value& value) {
  AppendEntryHead(database, key, deadline, TypeOf(value));
  AppendValue(pending_, value, options_.values);
}

std::string FileWriter::header() const { return absl::StrFormat("%s%04d", kMagic, version_); }

// Takes what is pending into the checksum.
void FileWriter::Sum() {
  const absl::string_view bytes = pending_.view().substr(summed_bytes_);
  if (options_.checksum) checksum_ = ExtendCrc64(checksum_, bytes);
  checksum_bytes_ += bytes.size();
  summed_bytes_ = pending_.size();
}

void FileWriter::End() {
  AppendOpcode(Opcode::kEnd);
  Sum();
  if (options_.checksum && version_ != kWrittenVersion) {
    std::string difference = absl::StrFormat("%s%04d", kMagic, kWrittenVersion);
    const std::string final_header = header();
    for (size_t i = 0; i < difference.size(); ++i) difference[i] ^= final_header[i];
    checksum_ ^=
        ExtendCrc64ByZeros(ExtendCrc64(0, difference), checksum_bytes_ - difference.size());
  }
  AppendNumber(pending_, checksum_);
  summed_bytes_ = pending_.size();
}

Buffer FileWriter::Take() {
  Sum();
  summed_bytes_ = 0;
  return std::exchange(pending_, Buffer());
}

}  // namespace holdfast::rdb
