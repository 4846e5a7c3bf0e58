// The register's messages and the voter's state <-> bytes (cluster/wire/register.proto).
//
// Configurations inside are held to cluster/wire/configuration_codec.h. A message of a kind that is
// not known here is an error, as is one without its ballot.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cluster/wire/register_messages.h"

namespace holdfast {

std::string EncodeRegisterMessage(const RegisterMessage& message);
absl::StatusOr<RegisterMessage> DecodeRegisterMessage(absl::string_view bytes);

std::string EncodeVoterState(const VoterState& state);
absl::StatusOr<VoterState> DecodeVoterState(absl::string_view bytes);

}  // namespace holdfast
