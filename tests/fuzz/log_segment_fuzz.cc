// Feeds bytes to the reader of log segments: whole and in pieces it must agree, and whatever it
// shows is a log without a gap.
#include <cstdint>
#include <string>
#include <vector>

#include "net/base/check.h"
#include "storage/log/segment_scan.h"

namespace holdfast {
namespace {

struct Scanned {
  std::string outcome;
  std::vector<std::string> records;
};

Scanned Scan(absl::string_view bytes, size_t piece) {
  Scanned scanned;
  SegmentScan scan({.path = "segment"});
  absl::Status status;
  while (!bytes.empty() && status.ok()) {
    const absl::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    status = scan.Feed(part, [&](const Record& record, const LogPosition&) {
      scanned.records.emplace_back(record.framed);
      return absl::OkStatus();
    });
  }
  if (status.ok()) {
    const auto end = scan.Finish(SegmentScan::Place::kLast);
    status = end.status();
    if (end.ok()) scanned.outcome = end->cut_off;
  }
  if (!status.ok()) scanned.outcome = std::string(status.message());
  return scanned;
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const holdfast::Scanned whole = holdfast::Scan(bytes, bytes.size() + 1);
  const holdfast::Scanned pieces = holdfast::Scan(bytes, 11);
  CHECK(whole.outcome == pieces.outcome);
  CHECK(whole.records == pieces.records);
  uint64_t lsn = 0;
  for (const std::string& framed : whole.records) {
    const auto record = holdfast::ReadRecord(framed);
    CHECK(record.ok());
    CHECK(lsn == 0 || record->header.lsn.value == lsn + 1);
    lsn = record->header.lsn.value;
  }
  return 0;
}
