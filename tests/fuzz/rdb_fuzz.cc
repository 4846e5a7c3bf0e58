// Feeds bytes to the readers of RDB files and DUMP payloads: whole and in pieces they must agree,
// and what was read survives being written.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "storage/rdb/file_reader.h"
#include "storage/rdb/file_writer.h"
#include "storage/rdb/payload.h"

namespace holdfast::rdb {
namespace {

constexpr ListLimits kLimits;

class Rewriting : public FileReader::Handler {
 public:
  void OnAux(absl::string_view, absl::string_view) override {}
  void OnSize(DatabaseId, uint64_t, uint64_t) override {}
  void OnSkipped(absl::string_view) override {}
  absl::Status OnEntry(FileEntry entry) override {
    ++entries;
    writer.Add(entry.database, entry.key.view(), entry.deadline, entry.value.View());
    return absl::OkStatus();
  }

  std::string Finish() {
    writer.End();
    std::string file(writer.Take().view());
    return file.replace(0, kHeaderBytes, writer.header());
  }

  FileWriter writer{FileWriter::Options{}};
  uint64_t entries = 0;
};

absl::Status Read(absl::string_view file, size_t piece, Rewriting& rewriting) {
  FileReader reader({.list_limits = kLimits, .compare_checksum = false}, rewriting);
  while (!file.empty()) {
    const absl::string_view bytes = file.substr(0, piece);
    file.remove_prefix(bytes.size());
    const absl::Status status = reader.Feed(bytes);
    if (!status.ok()) return status;
  }
  return reader.Finish();
}

void FuzzFile(absl::string_view file) {
  Rewriting whole;
  Rewriting pieces;
  const absl::Status status = Read(file, file.size() + 1, whole);
  CHECK(Read(file, 7, pieces).ok() == status.ok());
  CHECK_EQ(whole.entries, pieces.entries);
  const std::string written = whole.Finish();
  CHECK(written == pieces.Finish());
  Rewriting again;
  CHECK(Read(written, written.size(), again).ok());
  CHECK(again.Finish() == written);
}

// With a right footer, so that the value is looked at.
void FuzzPayload(absl::string_view bytes) {
  if (bytes.empty()) return;
  const Buffer sealed =
      WritePayload(Value::Opaque(static_cast<uint8_t>(bytes[0]), bytes.substr(1)));
  const auto value = ReadPayload(sealed.view(), kLimits);
  if (!value.ok()) return;
  const Buffer written = WritePayload(value->View());
  const auto again = ReadPayload(written.view(), kLimits);
  CHECK(again.ok());
  CHECK(WritePayload(again->View()).view() == written.view());
}

}  // namespace
}  // namespace holdfast::rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  holdfast::rdb::FuzzFile(bytes);
  holdfast::rdb::FuzzPayload(bytes);
  return 0;
}
