#include "storage/log/segment.h"

#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "net/base/check.h"
#include "net/base/crc32c.h"
#include "net/base/number_bytes.h"

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
  std::memcpy(at, kMagic.data(), kMagic.size());
  std::memcpy(at + kMagic.size(), kVersion.data(), kVersion.size());
  at += kMagic.size() + kVersion.size();
  at = StoreNumber(at, header.log_id);
  at = StoreNumber(at, header.before.epoch.value);
  at = StoreNumber(at, header.before.lsn.value);
  StoreNumber(at, header.before.hash);
  StoreNumber(bytes.data() + kSummedBytes, Crc32c({bytes.data(), kSummedBytes}));
  return bytes;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(absl::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes) {
    return absl::OutOfRangeError("the segment is shorter than its header");
  }
  const auto crc = LoadNumber<uint32_t>(bytes.data() + kSummedBytes);
  if (!absl::StartsWith(bytes, kMagic) || crc != Crc32c(bytes.substr(0, kSummedBytes))) {
    return absl::DataLossError("the segment's header is damaged");
  }
  if (bytes.substr(kMagic.size(), kVersion.size()) != kVersion) {
    return absl::UnimplementedError("another version of Holdfast wrote this segment");
  }
  SegmentHeader header;
  bytes.remove_prefix(kMagic.size() + kVersion.size());
  CHECK(TakeNumber(bytes, header.log_id) && TakeNumber(bytes, header.before.epoch.value) &&
        TakeNumber(bytes, header.before.lsn.value) && TakeNumber(bytes, header.before.hash));
  return header;
}

std::string EncodeMark(Lsn synced) {
  std::string bytes(kMarkBytes, '\0');
  char* end = StoreNumber(StoreNumber(bytes.data(), kMarkWord), synced.value);
  StoreNumber(end, Crc32c({bytes.data(), 16}));
  return bytes;
}

std::optional<Lsn> DecodeMark(absl::string_view bytes) {
  if (bytes.size() < kMarkBytes) return std::nullopt;
  const Lsn synced{LoadNumber<uint64_t>(bytes.data() + sizeof(kMarkWord))};
  return bytes.substr(0, kMarkBytes) == EncodeMark(synced) ? std::optional(synced) : std::nullopt;
}

}  // namespace holdfast
