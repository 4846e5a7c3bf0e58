// What DUMP answers and RESTORE takes: one value, sealed with a version and a checksum.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "storage/rdb/value_reader.h"
#include "storage/rdb/value_writer.h"

namespace holdfast::rdb {

Buffer WritePayload(const Value& value);
// InvalidArgument: version or checksum are wrong; DataLoss: they are right and the value is not;
// Unimplemented as TakeValue's. The value may point into the payload.
absl::StatusOr<LoadedValue> ReadPayload(absl::string_view payload, const ListLimits& list_limits);

}  // namespace holdfast::rdb
