#include "net/resp/parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/resp/inline_request.h"
#include "net/resp/number_text.h"

namespace holdfast {
namespace {

// A header line: type byte, number, '\r', one more byte.
struct Header {
  enum class Kind : uint8_t { kWhole, kMalformed, kPartial, kTooLong };
  Kind kind;
  int64_t number;
  const char* next;
};

// Everything that is not at once recognised as a short whole line: lines cut by the end of the
// input, negative numbers, nonsense.
__attribute__((noinline)) Header ReadUnusualHeader(const char* line, const char* end,
                                                   size_t& searched) {
  const size_t shown = static_cast<size_t>(end - line);
  const size_t window = std::min(shown, limits::kInlineRequestMax + 1);
  const void* found = nullptr;
  if (window > searched) found = std::memchr(line + searched, '\r', window - searched);
  if (found == nullptr) {
    searched = window;
    const bool too_long = shown > limits::kInlineRequestMax;
    return {too_long ? Header::Kind::kTooLong : Header::Kind::kPartial, 0, nullptr};
  }
  const char* const line_end = static_cast<const char*>(found);
  searched = static_cast<size_t>(line_end - line);
  if (end - line_end < 2) return {Header::Kind::kPartial, 0, nullptr};
  // A line that is empty but for its '\r' has no type byte, which the caller will find.
  if (searched == 0) return {Header::Kind::kMalformed, 0, nullptr};
  const absl::optional<int64_t> number = ParseInt64({line + 1, searched - 1});
  if (!number.has_value()) return {Header::Kind::kMalformed, 0, nullptr};
  return {Header::Kind::kWhole, *number, line_end + 2};
}

// Reads the header that starts at `line`; line < end. `searched` as RequestParser::searched_.
// Nearly every header of a pipeline has one digit or two, so these are told apart without a loop.
inline Header ReadHeader(const char* line, const char* end, size_t& searched) {
  if (end - line >= 5) {
    const unsigned first = static_cast<unsigned char>(line[1]) - unsigned{'0'};
    const unsigned second = static_cast<unsigned char>(line[2]) - unsigned{'0'};
    if (line[2] == '\r' && first <= 9) return {Header::Kind::kWhole, first, line + 4};
    if (line[3] == '\r' && first - 1 <= 8 && second <= 9) {
      return {Header::Kind::kWhole, first * 10 + second, line + 5};
    }
  }
  return ReadUnusualHeader(line, end, searched);
}

template <typename Element>
void ClearRetaining(std::vector<Element>& elements) {
  if (elements.capacity() > limits::kArgumentsRetainedMax) {
    elements = std::vector<Element>();
  } else {
    elements.clear();
  }
}

}  // namespace

void RequestBatch::Clear() {
  ClearRetaining(arguments);
  requests.clear();
  unquoted_words.clear();
}

ParseProgress RequestParser::Parse(absl::string_view input, const ParserLimits& limits,
                                   RequestBatch& batch) {
  ParseProgress progress;
  mid_request_ = false;
  size_t requests_left = limits.requests_max;
  while (requests_left > 0 && progress.consumed < input.size()) {
    const size_t argument_count = batch.arguments.size();
    switch (ParseOne(input.substr(progress.consumed), limits, batch)) {
      case Step::kRequest:
        --requests_left;
        [[fallthrough]];
      case Step::kNothing:
        progress.consumed += position_;
        position_ = 0;
        break;
      case Step::kIncomplete:
        mid_request_ = true;
        return progress;
      case Step::kFault:
        batch.arguments.resize(argument_count);
        progress.protocol_error = std::move(fault_);
        return progress;
    }
  }
  return progress;
}

RequestParser::Step RequestParser::ParseOne(absl::string_view input, const ParserLimits& limits,
                                            RequestBatch& batch) {
  if (arguments_left_ == 0) {
    if (input.front() != '*') return ParseInline(input, batch);
    const Step step = ParseArrayHeader(input, limits);
    if (step != Step::kRequest) return step;
  }
  return ParseArguments(input, limits, batch);
}

RequestParser::Step RequestParser::ParseInline(absl::string_view input, RequestBatch& batch) {
  const size_t window = std::min(input.size(), limits::kInlineRequestMax + 1);
  const size_t line_end = input.substr(0, window).find('\n', searched_);
  if (line_end == absl::string_view::npos) {
    searched_ = window;
    if (input.size() > limits::kInlineRequestMax) return Fault("too big inline request");
    return Step::kIncomplete;
  }
  absl::string_view line = input.substr(0, line_end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const size_t first_argument = batch.arguments.size();
  if (!SplitInlineRequest(line, batch.arguments, batch.unquoted_words)) {
    return Fault("unbalanced quotes in request");
  }
  searched_ = 0;
  position_ = line_end + 1;
  const size_t argument_count = batch.arguments.size() - first_argument;
  if (argument_count == 0) return Step::kNothing;
  batch.requests.push_back(
      {static_cast<uint32_t>(first_argument), static_cast<uint32_t>(argument_count)});
  return Step::kRequest;
}

// kRequest here: the header was read, its arguments follow.
RequestParser::Step RequestParser::ParseArrayHeader(absl::string_view input,
                                                    const ParserLimits& limits) {
  const char* const line = input.data();
  const Header header = ReadHeader(line, line + input.size(), searched_);
  switch (header.kind) {
    case Header::Kind::kWhole:
      break;
    case Header::Kind::kPartial:
      return Step::kIncomplete;
    case Header::Kind::kTooLong:
      return Fault("too big mbulk count string");
    case Header::Kind::kMalformed:
      return Fault("invalid multibulk length");
  }
  if (header.number > limits::kMultibulkArgumentsMax) return Fault("invalid multibulk length");
  if (header.number > limits::kUnauthenticatedArgumentsMax && !limits.authenticated) {
    return Fault("unauthenticated multibulk length");
  }
  searched_ = 0;
  position_ = static_cast<size_t>(header.next - line);
  if (header.number <= 0) return Step::kNothing;
  arguments_left_ = header.number;
  return Step::kRequest;
}

RequestParser::Step RequestParser::ParseArguments(absl::string_view input,
                                                  const ParserLimits& limits, RequestBatch& batch) {
  const char* const end = input.data() + input.size();
  const char* at = input.data() + position_;
  const size_t first_argument = batch.arguments.size();
  // The bookmark lives in locals while the loop runs, so that it stays in registers.
  int64_t arguments_left = arguments_left_;
  int64_t bulk_length = bulk_length_;
  size_t searched = searched_;
  for (; arguments_left > 0; --arguments_left) {
    if (bulk_length < 0) {
      if (at == end) break;
      const Header header = ReadHeader(at, end, searched);
      if (header.kind == Header::Kind::kPartial) break;
      if (header.kind == Header::Kind::kTooLong) return Fault("too big bulk count string");
      if (*at != '$') {
        return Fault(absl::StrCat("expected '$', got '", absl::string_view(at, 1), "'"));
      }
      if (header.kind == Header::Kind::kMalformed || header.number < 0 ||
          header.number > limits.bulk_bytes_max) {
        return Fault("invalid bulk length");
      }
      if (header.number > limits::kUnauthenticatedBulkMax && !limits.authenticated) {
        return Fault("unauthenticated bulk length");
      }
      bulk_length = header.number;
      searched = 0;
      at = header.next;
    }
    const size_t size = static_cast<size_t>(bulk_length);
    if (static_cast<size_t>(end - at) < size + kLineEndSize) break;
    batch.arguments.emplace_back(at, size);
    at += size + kLineEndSize;
    bulk_length = -1;
  }
  position_ = static_cast<size_t>(at - input.data());
  arguments_left_ = arguments_left;
  bulk_length_ = bulk_length;
  searched_ = searched;
  if (arguments_left > 0) {
    SetAside(input, first_argument, batch);
    return Step::kIncomplete;
  }
  if (!set_aside_.empty()) BringBack(input, first_argument, batch);
  batch.requests.push_back({static_cast<uint32_t>(first_argument),
                            static_cast<uint32_t>(batch.arguments.size() - first_argument)});
  return Step::kRequest;
}

// Moves the arguments found in this piece from the batch to the bookmark.
void RequestParser::SetAside(absl::string_view input, size_t first_argument, RequestBatch& batch) {
  for (size_t i = first_argument; i < batch.arguments.size(); ++i) {
    const absl::string_view argument = batch.arguments[i];
    set_aside_.push_back({static_cast<size_t>(argument.data() - input.data()), argument.size()});
  }
  batch.arguments.resize(first_argument);
}

// Puts the arguments of earlier pieces in front of those of the last piece.
void RequestParser::BringBack(absl::string_view input, size_t first_argument, RequestBatch& batch) {
  const auto front = batch.arguments.begin() + static_cast<ptrdiff_t>(first_argument);
  auto to = batch.arguments.insert(front, set_aside_.size(), absl::string_view());
  for (const ArgumentOffset& argument : set_aside_) {
    *to++ = input.substr(argument.offset, argument.size);
  }
  ClearRetaining(set_aside_);
}

// A fault ends the connection, so the bookmark is only cleared to keep the accessors truthful.
RequestParser::Step RequestParser::Fault(absl::string_view text) {
  fault_ = absl::StrCat("Protocol error: ", text);
  position_ = 0;
  searched_ = 0;
  arguments_left_ = 0;
  bulk_length_ = -1;
  set_aside_ = std::vector<ArgumentOffset>();
  return Step::kFault;
}

}  // namespace holdfast
