#include "net/resp/reply_length.h"

#include <cstdint>
#include <cstring>

#include "net/base/limits.h"

namespace holdfast {
namespace {

// The number in the line behind a type byte; a negative one stands for nothing.
absl::optional<uint64_t> CountIn(absl::string_view line) {
  if (!line.empty() && line[0] == '-') return 0;
  if (line.empty() || line.size() > 18) return absl::nullopt;
  uint64_t count = 0;
  for (const char digit : line) {
    if (digit < '0' || digit > '9') return absl::nullopt;
    count = count * 10 + static_cast<uint64_t>(digit - '0');
  }
  return count;
}

}  // namespace

absl::optional<size_t> ReplyLength(absl::string_view bytes) {
  size_t at = 0;
  // Values that have yet to come for the reply to be whole.
  for (uint64_t values = 1; values > 0;) {
    if (at >= bytes.size()) return absl::nullopt;
    const char type = bytes[at];
    const auto* end =
        static_cast<const char*>(std::memchr(bytes.data() + at, '\r', bytes.size() - at));
    if (end == nullptr) return absl::nullopt;
    const absl::string_view line =
        bytes.substr(at + 1, static_cast<size_t>(end - bytes.data()) - at - 1);
    at += 1 + line.size() + 2;
    --values;
    switch (type) {
      case '+':
      case '-':
      case ':':
      case '_':
      case ',':
      case '#':
      case '(':
        break;
      case '$':
      case '=':
      case '!': {
        const auto size = CountIn(line);
        if (!size || *size > bytes.size()) return absl::nullopt;
        if (line[0] != '-') at += *size + 2;
        break;
      }
      case '*':
      case '~':
      case '>':
      case '%':
      case '|': {
        const auto count = CountIn(line);
        if (!count || *count > static_cast<uint64_t>(limits::kReplyElementsMax)) {
          return absl::nullopt;
        }
        // A map has two per entry; an attribute stands in front of the value it describes.
        values += type == '%' || type == '|' ? 2 * *count : *count;
        if (type == '|') ++values;
        break;
      }
      default:
        return absl::nullopt;
    }
    if (at > bytes.size()) return absl::nullopt;
  }
  return at;
}

}  // namespace holdfast
