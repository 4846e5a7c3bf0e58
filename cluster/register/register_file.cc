#include "cluster/register/register_file.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "cluster/wire/configuration_codec.h"
#include "cluster/wire/register_codec.h"
#include "net/base/crc32c.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

constexpr absl::string_view kMagic = "HOLDFAST";
constexpr uint32_t kFormatVersion = 1;
constexpr size_t kKindOffset = 8;
constexpr size_t kLengthOffset = 12;
constexpr size_t kCrcOffset = 16;

void AppendFixed32(uint32_t number, std::string& bytes) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(number >> shift));
}

uint32_t Fixed32At(absl::string_view bytes, size_t offset) {
  uint32_t number = 0;
  for (size_t i = 4; i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[offset + i]);
  return number;
}

uint32_t Checksum(absl::string_view head, absl::string_view payload) {
  return ExtendCrc32c(Crc32c(head), payload);
}

uint32_t KindAndVersion(RegisterFileKind kind) {
  return kFormatVersion << 16 | static_cast<uint32_t>(kind);
}

absl::Status Damaged(size_t offset, absl::string_view what) {
  return absl::DataLossError(absl::StrFormat("damaged at offset %d: %s", offset, what));
}

template <typename Value>
absl::StatusOr<Value> Payload(absl::StatusOr<Value> decoded) {
  if (decoded.ok()) return decoded;
  return Damaged(kRegisterFileHeaderBytes, decoded.status().message());
}

}  // namespace

std::string SealRegisterFile(RegisterFileKind kind, absl::string_view payload) {
  std::string bytes(kMagic);
  AppendFixed32(KindAndVersion(kind), bytes);
  AppendFixed32(static_cast<uint32_t>(payload.size()), bytes);
  AppendFixed32(Checksum(bytes, payload), bytes);
  bytes.append(payload.data(), payload.size());
  return bytes;
}

absl::StatusOr<absl::string_view> OpenRegisterFile(RegisterFileKind kind, absl::string_view bytes) {
  if (bytes.size() < kRegisterFileHeaderBytes) {
    return Damaged(bytes.size(), "the file ends inside its header");
  }
  if (bytes.substr(0, kMagic.size()) != kMagic) return Damaged(0, "no file of this kind");
  const absl::string_view payload = bytes.substr(kRegisterFileHeaderBytes);
  const uint32_t length = Fixed32At(bytes, kLengthOffset);
  if (length != payload.size()) {
    return Damaged(kLengthOffset, absl::StrFormat("a payload of %d bytes was announced, %d follow",
                                                  length, payload.size()));
  }
  const uint32_t crc = Fixed32At(bytes, kCrcOffset);
  if (crc != Checksum(bytes.substr(0, kCrcOffset), payload)) {
    return Damaged(kCrcOffset, absl::StrFormat("CRC32C %08x does not fit the contents", crc));
  }
  // A whole file that is not understood is another version's work, and no damage.
  const uint32_t kind_and_version = Fixed32At(bytes, kKindOffset);
  if (kind_and_version != KindAndVersion(kind)) {
    return absl::FailedPreconditionError(
        absl::StrFormat("kind %d in format version %d at offset %d cannot be read here",
                        kind_and_version & UINT16_MAX, kind_and_version >> 16, kKindOffset));
  }
  return payload;
}

std::string EncodeVoterFile(const VoterState& state) {
  return SealRegisterFile(RegisterFileKind::kVoter, EncodeVoterState(state));
}

absl::StatusOr<VoterState> DecodeVoterFile(absl::string_view bytes) {
  ASSIGN_OR_RETURN(absl::string_view payload, OpenRegisterFile(RegisterFileKind::kVoter, bytes));
  return Payload(DecodeVoterState(payload));
}

std::string EncodeConfigurationFile(const ClusterConfiguration& configuration) {
  return SealRegisterFile(RegisterFileKind::kConfiguration, EncodeConfiguration(configuration));
}

absl::StatusOr<ClusterConfiguration> DecodeConfigurationFile(absl::string_view bytes) {
  ASSIGN_OR_RETURN(absl::string_view payload,
                   OpenRegisterFile(RegisterFileKind::kConfiguration, bytes));
  return Payload(DecodeConfiguration(payload));
}

}  // namespace holdfast
