#include "storage/rdb/payload.h"

#include "net/base/number_bytes.h"
#include "net/base/status.h"
#include "storage/rdb/checksum.h"
#include "storage/rdb/opaque_value.h"

namespace holdfast::rdb {
namespace {

constexpr size_t kVersionBytes = 2;
constexpr size_t kFooterBytes = kVersionBytes + kChecksumBytes;

}  // namespace

Buffer WritePayload(const Value& value) {
  Buffer payload;
  const Type type = TypeOf(value);
  payload.Append(static_cast<char>(type));
  AppendValue(payload, value, {});
  AppendNumber(payload, static_cast<uint16_t>(VersionNeeded(type)));
  AppendNumber(payload, ExtendCrc64(0, payload.view()));
  return payload;
}

absl::StatusOr<LoadedValue> ReadPayload(absl::string_view payload, const ListLimits& list_limits) {
  if (payload.size() <= kFooterBytes) return absl::InvalidArgumentError("too short");
  const char* footer = payload.data() + payload.size() - kFooterBytes;
  const auto version = LoadNumber<uint16_t>(footer);
  const auto checksum = LoadNumber<uint64_t>(footer + kVersionBytes);
  const size_t sealed = payload.size() - kChecksumBytes;
  if (version > kNewestVersion) return absl::InvalidArgumentError("a newer version");
  if (checksum != ExtendCrc64(0, payload.substr(0, sealed))) {
    return absl::InvalidArgumentError("the checksum is wrong");
  }
  Window window(payload.substr(1, payload.size() - kFooterBytes - 1));
  auto value = ReadValue(static_cast<Type>(payload[0]), window, list_limits);
  if (absl::IsOutOfRange(value.status())) return absl::DataLossError("the value is cut off");
  if (value.ok() && !window.rest().empty()) {
    return absl::DataLossError("bytes are left over behind the value");
  }
  if (value.ok() && !IsReadable(value->type)) {
    RETURN_IF_ERROR(CheckElements(value->type, value->text.view()));
  }
  return value;
}

}  // namespace holdfast::rdb
