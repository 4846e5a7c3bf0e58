// Arbitrary bytes as a register message, a voter's state, a configuration and doors: refused with a
// reason, or understood so that encoding it again gives one form that stays.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cluster/driver/node_doors.h"
#include "cluster/wire/configuration_codec.h"
#include "cluster/wire/register_codec.h"
#include "net/base/check.h"

namespace holdfast {
namespace {

template <typename Decode, typename Encode>
void RoundTrip(absl::string_view input, Decode decode, Encode encode) {
  const auto decoded = decode(input);
  if (!decoded.ok()) {
    CHECK(!decoded.status().message().empty());
    return;
  }
  const std::string bytes = encode(*decoded);
  const auto again = decode(bytes);
  CHECK(again.ok());
  CHECK(*again == *decoded);
  CHECK(encode(*again) == bytes);
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  holdfast::RoundTrip(input, holdfast::DecodeRegisterMessage, holdfast::EncodeRegisterMessage);
  holdfast::RoundTrip(input, holdfast::DecodeVoterState, holdfast::EncodeVoterState);
  holdfast::RoundTrip(input, holdfast::DecodeConfiguration, holdfast::EncodeConfiguration);
  holdfast::RoundTrip(input, holdfast::DecodeDoors, holdfast::EncodeDoors);
  return 0;
}
