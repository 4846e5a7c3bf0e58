// RequestParser: bytes from a client -> requests, without copying and without starting over.
//
// The session keeps the bytes it received and has not yet used in one query buffer. Each Parse
// looks at that buffer, appends the requests that are whole to a batch, and says how many bytes
// they took. Arguments are views into the buffer, so a pipeline of small commands costs one pass
// over its bytes and no allocation.
//
//   query buffer   *1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$9\r\nuser:1
//                  <---- consumed ----><--- incomplete request ----->
//                                       ^0                  ^position_
//
// A request that is not whole yet leaves a bookmark: the offset at which to go on (from its own
// first byte), the arguments left, the length of the bulk under way, how far a line was searched
// for its end, and the arguments found so far as offsets, since the buffer may move.
//
//  1. Every byte is looked at a constant number of times, however the input was cut into pieces:
//     a bulk under way costs one comparison per piece, an argument found is set aside once.
//  2. What is parsed, and which error is reported where, does not depend on the cuts.
//  3. Memory follows the bytes received, never a length that was only announced.
//  4. A bulk that is too long is refused when its header is read.
//
// The grammar, its leniencies and its error texts are those of Redis 7.2: of "\r\n" only the '\r'
// is looked at, "*0" and "*-1" and empty lines are requests for nothing and are skipped.
//
// It does not know commands, keep bytes, or close connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "net/base/limits.h"

namespace holdfast {

// One request: a run of RequestBatch::arguments, never empty.
struct Request {
  uint32_t first_argument = 0;
  uint32_t argument_count = 0;
};

// Requests in the order they were sent. Reused between calls, so that a steady state allocates
// nothing. Views are valid until Clear, and as long as the input that was parsed stays in place.
struct RequestBatch {
  std::vector<absl::string_view> arguments;
  std::vector<Request> requests;
  // Words of inline requests that had quotes or escapes.
  std::forward_list<std::string> unquoted_words;

  void Clear();
  absl::Span<const absl::string_view> Arguments(size_t request_index) const {
    const Request& request = requests[request_index];
    return absl::MakeConstSpan(arguments).subspan(request.first_argument, request.argument_count);
  }
};

struct ParserLimits {
  int64_t bulk_bytes_max = limits::kBulkMaxDefault;
  // A client that has yet to authenticate may send only small requests.
  bool authenticated = true;
  // Whole requests per call.
  size_t requests_max = limits::kPipelineBatchMax;
};

struct ParseProgress {
  // Bytes of `input` that are done with: whole requests and skipped empty ones.
  size_t consumed = 0;
  // What Redis sends after "-ERR ". The connection is then to be closed; what the batch holds came
  // before the fault and is answered first.
  absl::optional<std::string> protocol_error;
};

class RequestParser {
 public:
  // Parses whole requests from the front of `input` and appends them to `batch`. `input` starts
  // with the first byte not consumed so far; bytes shown before are unchanged and may have moved.
  ParseProgress Parse(absl::string_view input, const ParserLimits& limits, RequestBatch& batch);

  // The least size that `input` must reach, counted from the first byte not consumed, before more
  // can be parsed; 0 when unknown.
  size_t bytes_wanted() const {
    return bulk_length_ < 0 ? 0 : position_ + static_cast<size_t>(bulk_length_) + kLineEndSize;
  }
  // The last Parse saw the beginning of a request and not its end.
  bool mid_request() const { return mid_request_; }

 private:
  static constexpr size_t kLineEndSize = 2;

  enum class Step {
    kRequest,     // appended one request, position_ is its size
    kNothing,     // a request for nothing, position_ is its size
    kIncomplete,  // the bookmark is set
    kFault,       // fault_ is set
  };
  struct ArgumentOffset {
    size_t offset;
    size_t size;
  };

  Step ParseOne(absl::string_view input, const ParserLimits& limits, RequestBatch& batch);
  Step ParseInline(absl::string_view input, RequestBatch& batch);
  Step ParseArrayHeader(absl::string_view input, const ParserLimits& limits);
  Step ParseArguments(absl::string_view input, const ParserLimits& limits, RequestBatch& batch);
  void SetAside(absl::string_view input, size_t first_argument, RequestBatch& batch);
  void BringBack(absl::string_view input, size_t first_argument, RequestBatch& batch);
  Step Fault(absl::string_view text);

  size_t position_ = 0;         // of the line or bulk under way
  size_t searched_ = 0;         // bytes from position_ that hold no line end
  int64_t arguments_left_ = 0;  // > 0: the array header was read
  int64_t bulk_length_ = -1;    // >= 0: the bulk header was read
  bool mid_request_ = false;
  std::vector<ArgumentOffset> set_aside_;
  std::string fault_;
};

}  // namespace holdfast
