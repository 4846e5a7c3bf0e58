// Arbitrary bytes as a file of the register, and as the payload of one whose checksum fits: refused
// with a reason, or the very bytes that saving it again would write, up to protobuf's freedom.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cluster/register/register_file.h"
#include "net/base/check.h"

namespace holdfast {
namespace {

void Read(absl::string_view bytes) {
  if (const auto voter = DecodeVoterFile(bytes); voter.ok()) {
    CHECK(*DecodeVoterFile(EncodeVoterFile(*voter)) == *voter);
  } else {
    CHECK(!voter.status().message().empty());
  }
  if (const auto configuration = DecodeConfigurationFile(bytes); configuration.ok()) {
    CHECK(*DecodeConfigurationFile(EncodeConfigurationFile(*configuration)) == *configuration);
  } else {
    CHECK(!configuration.status().message().empty());
  }
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  holdfast::Read(input);
  for (auto kind :
       {holdfast::RegisterFileKind::kVoter, holdfast::RegisterFileKind::kConfiguration}) {
    holdfast::Read(holdfast::SealRegisterFile(kind, input));
  }
  return 0;
}
