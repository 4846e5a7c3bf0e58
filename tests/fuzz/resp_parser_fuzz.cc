// Arbitrary bytes as a client's stream, cut anywhere, must come out as if they had come at once.
//
// Input: one byte of flags and limits, one byte n, n bytes that place cuts, then the stream.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "net/base/check.h"
#include "tests/net/resp_drive.h"

namespace holdfast::resp_drive {
namespace {

void CompareCuts(absl::string_view input) {
  if (input.size() < 2) return;
  const auto flags = static_cast<uint8_t>(input[0]);
  const ParserLimits limits = {.bulk_bytes_max = (flags & 1) != 0 ? 32 : limits::kBulkMaxDefault,
                               .authenticated = (flags & 2) != 0,
                               .requests_max = size_t{1} + flags / 4};
  const size_t cut_count = std::min<size_t>(static_cast<uint8_t>(input[1]), input.size() - 2);
  const absl::string_view wishes = input.substr(2, cut_count);
  const absl::string_view stream = input.substr(2 + cut_count);

  Cuts cuts;
  size_t cut = 0;
  for (char wish : wishes) {
    cut += size_t{1} + static_cast<uint8_t>(wish);
    if (cut >= stream.size()) break;
    cuts.push_back(cut);
  }
  const Outcome whole = Drive(stream, {}, limits);
  CHECK(Drive(stream, cuts, limits) == whole);
  // Every byte for itself copies quadratically, so only short streams get that.
  if (stream.size() <= 512) CHECK(Drive(stream, EveryByte(stream.size()), limits) == whole);
}

}  // namespace
}  // namespace holdfast::resp_drive

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  holdfast::resp_drive::CompareCuts({reinterpret_cast<const char*>(data), size});
  return 0;
}
