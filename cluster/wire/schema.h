// The steps between the cluster's types and the generated classes that several codecs share.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cluster/core/configuration.h"
#include "cluster/core/identity.h"
#include "cluster/wire/configuration.pb.h"
#include "google/protobuf/message.h"

namespace holdfast::wire_internal {

void Put(const holdfast::Identity& identity, wire::Identity& message);
holdfast::Identity Take(const wire::Identity& message);

void Put(const GroupConfiguration& group, wire::Group& message);
// The error names the field.
absl::StatusOr<GroupConfiguration> Take(const wire::Group& message);

void Put(const ClusterConfiguration& configuration, wire::Configuration& message);
// Checked as DecodeConfiguration promises.
absl::StatusOr<ClusterConfiguration> Take(const wire::Configuration& message);

// Reads `bytes`, all of them, into a message; the error names what was expected.
absl::Status Parse(absl::string_view bytes, absl::string_view what,
                   google::protobuf::Message& message);
std::string Serialize(const google::protobuf::Message& message);

}  // namespace holdfast::wire_internal
