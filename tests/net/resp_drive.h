// Shows a byte stream to a RequestParser as a session does, cut into pieces, and keeps what came of
// it. For unit tests, properties and the fuzzer alike.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/base/check.h"
#include "net/resp/parser.h"

namespace holdfast::resp_drive {

struct Outcome {
  std::vector<std::vector<std::string>> requests;
  size_t consumed = 0;
  std::string error;
  bool mid_request = false;

  bool operator==(const Outcome&) const = default;
};

// The first byte of every piece but the first, ascending, each less than the stream's size.
using Cuts = std::vector<size_t>;

inline Cuts EveryByte(size_t size) {
  Cuts cuts;
  for (size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

// Each Parse gets a buffer of its own, so that a view kept from an earlier one is caught by ASan.
// Checks on the way that bytes_wanted() never asks for more than is needed.
inline Outcome Drive(absl::string_view stream, const Cuts& cuts, const ParserLimits& limits = {}) {
  Outcome outcome;
  RequestParser parser;
  RequestBatch batch;
  for (size_t piece = 0; piece <= cuts.size(); ++piece) {
    const size_t shown = piece < cuts.size() ? cuts[piece] : stream.size();
    ParseProgress progress;
    do {
      const absl::string_view fresh = stream.substr(outcome.consumed, shown - outcome.consumed);
      const std::vector<char> query_buffer(fresh.begin(), fresh.end());
      const size_t wanted = parser.bytes_wanted();
      batch.Clear();
      progress = parser.Parse({query_buffer.data(), query_buffer.size()}, limits, batch);
      CHECK_LE(progress.consumed, query_buffer.size());
      CHECK_LE(batch.requests.size(), limits.requests_max);
      CHECK(query_buffer.size() >= wanted || (parser.mid_request() && progress.consumed == 0));
      CHECK(parser.bytes_wanted() == 0 ||
            parser.bytes_wanted() > query_buffer.size() - progress.consumed);
      for (size_t i = 0; i < batch.requests.size(); ++i) {
        std::vector<std::string>& words = outcome.requests.emplace_back();
        for (absl::string_view argument : batch.Arguments(i)) words.emplace_back(argument);
      }
      outcome.consumed += progress.consumed;
      if (progress.protocol_error.has_value()) {
        outcome.error = *progress.protocol_error;
        return outcome;
      }
    } while (progress.consumed > 0);
  }
  outcome.mid_request = parser.mid_request();
  return outcome;
}

}  // namespace holdfast::resp_drive
