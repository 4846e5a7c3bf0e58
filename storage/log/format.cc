#include "storage/log/format.h"

#include <bit>
#include <cstring>

#include "absl/strings/str_format.h"
#include "net/base/crc32c.h"
#include "net/base/limits.h"
#include "net/base/planted_bug.h"

namespace holdfast {
namespace {

static_assert(std::endian::native == std::endian::little, "headers are copied as they are");

constexpr size_t kLengthBytes = 8;
constexpr size_t kCrcEnd = 12;

uint32_t CrcOf(uint64_t payload_bytes, absl::string_view framed) {
  const auto* length = reinterpret_cast<const char*>(&payload_bytes);
  return ExtendCrc32c(Crc32c({length, kLengthBytes}), framed.substr(kCrcEnd));
}

}  // namespace

uint64_t WriteRecordBody(char* place, RecordHeader header, absl::string_view payload) {
  CHECK(!payload.empty() && payload.size() <= limits::kRecordPayloadMax);
  const size_t framed_bytes = FramedBytes(payload.size());
  header.payload_bytes = payload.size();
  header.zero = 0;
  const auto* fields = reinterpret_cast<const char*>(&header);
  std::memcpy(place + kCrcEnd, fields + kCrcEnd, kRecordHeaderBytes - kCrcEnd);
  char* end = place + kRecordHeaderBytes + payload.size();
  std::memcpy(place + kRecordHeaderBytes, payload.data(), payload.size());
  std::memset(end, 0, static_cast<size_t>(place + framed_bytes - end));
  const uint32_t crc = CrcOf(header.payload_bytes, {place, framed_bytes});
  std::memcpy(place + kLengthBytes, &crc, sizeof(crc));
  return header.payload_bytes;
}

void AppendRecord(Buffer& to, const RecordHeader& header, absl::string_view payload) {
  char* place = to.Extend(FramedBytes(payload.size()));
  const uint64_t length = WriteRecordBody(place, header, payload);
  std::memcpy(place, &length, sizeof(length));
}

Record ReadTrustedRecord(const char* place) {
  Record record;
  std::memcpy(&record.header, place, kRecordHeaderBytes);
  record.payload = {place + kRecordHeaderBytes, record.header.payload_bytes};
  record.framed = {place, FramedBytes(record.header.payload_bytes)};
  return record;
}

Lsn LastLsnOf(absl::string_view records) {
  Lsn last;
  while (!records.empty()) {
    const Record record = ReadTrustedRecord(records.data());
    last = record.header.lsn;
    records.remove_prefix(record.framed.size());
  }
  return last;
}

absl::StatusOr<Record> ReadRecord(absl::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes) {
    return absl::OutOfRangeError(
        absl::StrFormat("reading a log record: %d bytes are less than a header", bytes.size()));
  }
  RecordHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.payload_bytes == 0 || header.payload_bytes > limits::kRecordPayloadMax) {
    return absl::DataLossError(
        absl::StrFormat("reading a log record: impossible length %d", header.payload_bytes));
  }
  const size_t framed_bytes = FramedBytes(header.payload_bytes);
  if (bytes.size() < framed_bytes) {
    return absl::OutOfRangeError(absl::StrFormat(
        "reading a log record: %d of its %d bytes are there", bytes.size(), framed_bytes));
  }
  const uint32_t crc = CrcOf(header.payload_bytes, bytes.substr(0, framed_bytes));
  if (crc != header.crc && !BUG("record-crc-unchecked")) {
    return absl::DataLossError(absl::StrFormat("reading log record %d: CRC %08x instead of %08x",
                                               header.lsn.value, crc, header.crc));
  }
  return ReadTrustedRecord(bytes.data());
}

}  // namespace holdfast
