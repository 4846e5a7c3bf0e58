// ClusterConfiguration <-> bytes (cluster/wire/configuration.proto).
//
// Equal values are equal bytes, on every platform. Decoding accepts nothing that encoding would not
// write: lists out of order, fields it does not know, counts and lengths beyond net/base/limits.h
// are errors that name the field.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cluster/core/configuration.h"

namespace holdfast {

std::string EncodeConfiguration(const ClusterConfiguration& configuration);
absl::StatusOr<ClusterConfiguration> DecodeConfiguration(absl::string_view bytes);

// Whether the value may travel: its lists are in order and within bounds, each voter and each
// in-sync identity is of a listed node. The error names the field. Says nothing of versions.
absl::Status CheckWellFormed(const ClusterConfiguration& configuration);

}  // namespace holdfast
