// The format of the register's two files: a header that proves the payload whole.
//
//   offset  bytes
//   0       8      "HOLDFAST"
//   8       4      kind: 'V' voter, 'C' configuration; format version 1 in the upper half
//   12      4      length of the payload
//   16      4      CRC32C of bytes 0 to 15 and of the payload
//   20      ...    payload (cluster/wire)
//
// Numbers are little-endian. A file has no other bytes. Each is replaced as a whole, so that a
// damaged one was damaged by the disk: it is an error that names the offset, never an empty state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cluster/wire/register_messages.h"

namespace holdfast {

inline constexpr size_t kRegisterFileHeaderBytes = 20;

enum class RegisterFileKind : uint16_t {
  kVoter = 'V',
  kConfiguration = 'C',
};

std::string SealRegisterFile(RegisterFileKind kind, absl::string_view payload);
// The payload, a view into `bytes`. The error is DATA_LOSS and says at which offset.
absl::StatusOr<absl::string_view> OpenRegisterFile(RegisterFileKind kind, absl::string_view bytes);

// The same with the payload encoded and decoded.
std::string EncodeVoterFile(const VoterState& state);
absl::StatusOr<VoterState> DecodeVoterFile(absl::string_view bytes);
std::string EncodeConfigurationFile(const ClusterConfiguration& configuration);
absl::StatusOr<ClusterConfiguration> DecodeConfigurationFile(absl::string_view bytes);

}  // namespace holdfast
