// The longest common subsequence of two strings, as the LCS command reports it.
//
// Row i of the usual table says, for every prefix of b, how long a common subsequence it has with
// the first i bytes of a. Along a row the lengths grow in steps of one, so a bit per column holds
// the row, and 64 columns are computed by one addition (Hyyrö, "Bit-parallel LCS-length computation
// revisited", 2004). Walking back from the end needs no more than these bits: where a[i-1] !=
// b[j-1], the row above is the longer way exactly if row i steps at column j.
//
// Among equally long subsequences the walk finds the one that Redis finds: it takes every match it
// meets and otherwise leaves b's last byte unless leaving a's is better.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holdfast {

// A run of equal bytes, first and last position in each string.
struct LcsMatch {
  size_t a_first = 0;
  size_t a_last = 0;
  size_t b_first = 0;
  size_t b_last = 0;
  size_t size() const { return a_last - a_first + 1; }
  bool operator==(const LcsMatch&) const = default;
};

struct Lcs {
  std::string text;
  // In the order of IDX: from the end of the strings to their start.
  std::vector<LcsMatch> matches;
};

// What Redis's table would take. LCS refuses strings for which this exceeds proto-max-bulk-len; a
// caller that does the same bounds the memory used here, which is never more, and a thirty-second
// of it once b has a few hundred bytes.
uint64_t LcsTableBytes(absl::string_view a, absl::string_view b);

// Time a.size() x b.size() / 64 steps.
size_t LcsLength(absl::string_view a, absl::string_view b);
Lcs FindLcs(absl::string_view a, absl::string_view b);

}  // namespace holdfast
