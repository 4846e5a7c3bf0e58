// Arbitrary bytes as a server's stream: the reader must give the same replies and the same verdict
// fed at once and byte by byte, and print whatever it read.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "net/base/check.h"
#include "net/resp/reply_parser.h"

namespace holdfast {
namespace {

struct Verdict {
  std::vector<ReplyValue> replies;
  absl::Status failure;
  bool mid_reply = false;
};

Verdict Read(absl::string_view stream, size_t piece_size) {
  Verdict verdict;
  ReplyParser parser;
  for (size_t at = 0; at < stream.size(); at += piece_size) {
    parser.Feed(stream.substr(at, piece_size));
    for (;;) {
      absl::StatusOr<absl::optional<ReplyValue>> reply = parser.Next();
      if (!reply.ok()) {
        verdict.failure = reply.status();
        return verdict;
      }
      if (!reply->has_value()) break;
      verdict.replies.push_back(**std::move(reply));
    }
  }
  verdict.mid_reply = parser.mid_reply();
  return verdict;
}

void CompareFeeds(absl::string_view stream) {
  const Verdict whole = Read(stream, stream.size());
  const Verdict by_byte = Read(stream, 1);
  CHECK(whole.replies == by_byte.replies);
  CHECK_EQ(whole.failure.code(), by_byte.failure.code());
  CHECK_EQ(whole.mid_reply, by_byte.mid_reply);
  for (const ReplyValue& reply : whole.replies)
    CHECK(!reply.ToString().empty() || !reply.is_null());
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  holdfast::CompareFeeds({reinterpret_cast<const char*>(data), size});
  return 0;
}
