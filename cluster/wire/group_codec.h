// The group's messages <-> bytes (cluster/wire/group.proto).
//
// Decoding refuses what no member would send: bodies it does not know, sets out of order, lengths
// beyond net/base/limits.h. The error names the field.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cluster/core/messages.h"

namespace holdfast {

std::string EncodeGroupMessage(const Message& message);
absl::StatusOr<Message> DecodeGroupMessage(absl::string_view bytes);

std::string EncodeRecordsHeader(const RecordsHeader& header);
absl::StatusOr<RecordsHeader> DecodeRecordsHeader(absl::string_view bytes);

}  // namespace holdfast
