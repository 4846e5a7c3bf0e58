#include "storage/log/segment.h"

#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "net/base/crc32c.h"

namespace holdfast {
namespace {

constexpr absl::string_view kMagic = "HFLOG";
constexpr absl::string_view kVersion{"\0\0\1", 3};
constexpr absl::string_view kPrefix = "log-";
constexpr absl::string_view kSuffix = ".hf";
constexpr size_t kLsnDigits = 16;
constexpr size_t kSummedBytes = 60;

}  // namespace

std::string SegmentName(Lsn first) {
  return absl::StrFormat("%s%016x%s", kPrefix, first.value, kSuffix);
}

std::optional<Lsn> FirstLsnOf(absl::string_view name) {
  uint64_t lsn = 0;
  const bool framed = name.size() == kPrefix.size() + kLsnDigits + kSuffix.size() &&
                      absl::StartsWith(name, kPrefix) && absl::EndsWith(name, kSuffix);
  if (!framed || !absl::SimpleHexAtoi(name.substr(kPrefix.size(), kLsnDigits), &lsn)) {
    return std::nullopt;
  }
  // Whatever else the digits were, this is how they are written.
  return SegmentName(Lsn{lsn}) == name ? std::optional(Lsn{lsn}) : std::nullopt;
}

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string bytes(kSegmentHeaderBytes, '\0');
  char* at = bytes.data();
  const auto put = [&at](const auto& value) {
    std::memcpy(at, &value, sizeof(value));
    at += sizeof(value);
  };
  std::memcpy(at, kMagic.data(), kMagic.size());
  std::memcpy(at + kMagic.size(), kVersion.data(), kVersion.size());
  at += kMagic.size() + kVersion.size();
  put(header.log_id);
  put(header.before.epoch.value);
  put(header.before.lsn.value);
  put(header.before.hash);
  const uint32_t crc = Crc32c({bytes.data(), kSummedBytes});
  std::memcpy(bytes.data() + kSummedBytes, &crc, sizeof(crc));
  return bytes;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(absl::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes) {
    return absl::OutOfRangeError("the segment is shorter than its header");
  }
  uint32_t crc = 0;
  std::memcpy(&crc, bytes.data() + kSummedBytes, sizeof(crc));
  if (!absl::StartsWith(bytes, kMagic) || crc != Crc32c(bytes.substr(0, kSummedBytes))) {
    return absl::DataLossError("the segment's header is damaged");
  }
  if (bytes.substr(kMagic.size(), kVersion.size()) != kVersion) {
    return absl::UnimplementedError("another version of Holdfast wrote this segment");
  }
  SegmentHeader header;
  const char* at = bytes.data() + kMagic.size() + kVersion.size();
  const auto take = [&at](auto& value) {
    std::memcpy(&value, at, sizeof(value));
    at += sizeof(value);
  };
  take(header.log_id);
  take(header.before.epoch.value);
  take(header.before.lsn.value);
  take(header.before.hash);
  return header;
}

std::string EncodeMark(Lsn synced) {
  std::string bytes(kMarkBytes, '\0');
  std::memcpy(bytes.data(), &kMarkWord, sizeof(kMarkWord));
  std::memcpy(bytes.data() + 8, &synced.value, sizeof(synced.value));
  const uint32_t crc = Crc32c({bytes.data(), 16});
  std::memcpy(bytes.data() + 16, &crc, sizeof(crc));
  return bytes;
}

std::optional<Lsn> DecodeMark(absl::string_view bytes) {
  Lsn synced;
  if (bytes.size() < kMarkBytes) return std::nullopt;
  std::memcpy(&synced.value, bytes.data() + 8, sizeof(synced.value));
  return bytes.substr(0, kMarkBytes) == EncodeMark(synced) ? std::optional(synced) : std::nullopt;
}

}  // namespace holdfast
