// Arbitrary bytes as a server's stream: where the reader that builds replies finds the first one
// whole, its length is that; and a length never depends on what stands behind.

#include <cstddef>
#include <cstdint>

#include "net/base/check.h"
#include "net/resp/reply_length.h"
#include "net/resp/reply_parser.h"

namespace holdfast {
namespace {

// Bytes of the first whole reply, as the reader finds it byte by byte; none if there is none.
absl::optional<size_t> LengthByReading(absl::string_view stream) {
  ReplyParser parser;
  for (size_t at = 0; at < stream.size(); ++at) {
    parser.Feed(stream.substr(at, 1));
    const absl::StatusOr<absl::optional<ReplyValue>> reply = parser.Next();
    if (!reply.ok()) return absl::nullopt;
    if (reply->has_value()) return at + 1;
  }
  return absl::nullopt;
}

void CompareLengths(absl::string_view stream) {
  const absl::optional<size_t> length = ReplyLength(stream);
  const absl::optional<size_t> read = LengthByReading(stream);
  if (read) CHECK(length == read);
  if (!length) return;
  CHECK(*length > 0 && *length <= stream.size());
  CHECK(ReplyLength(stream.substr(0, *length)) == length);
  CHECK(!ReplyLength(stream.substr(0, *length - 1)));
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  holdfast::CompareLengths({reinterpret_cast<const char*>(data), size});
  return 0;
}
