#include "storage/types/lcs.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace holdfast {
namespace {

constexpr size_t kWordBits = 64;

// A bit for each byte of b, in words.
using Row = std::vector<uint64_t>;

size_t WordCount(absl::string_view b) { return (b.size() + kWordBits - 1) / kWordBits; }

// Where in b each byte value occurs, for the values that a contains.
class Occurrences {
 public:
  Occurrences(absl::string_view a, absl::string_view b) {
    for (char byte : a) rows_[static_cast<uint8_t>(byte)].resize(WordCount(b));
    for (size_t j = 0; j < b.size(); ++j) {
      Row& row = rows_[static_cast<uint8_t>(b[j])];
      if (!row.empty()) row[j / kWordBits] |= uint64_t{1} << (j % kWordBits);
    }
  }
  const Row& Of(char byte) const { return rows_[static_cast<uint8_t>(byte)]; }

 private:
  std::array<Row, 256> rows_;
};

// From row i - 1 to row i, given where a[i - 1] occurs in b. A set bit is a column where the length
// does not step up. Reads and writes may be the same row.
void NextRow(const uint64_t* above, const Row& occurs, uint64_t* row) {
  unsigned carry = 0;
  for (size_t word = 0; word < occurs.size(); ++word) {
    const uint64_t flat = above[word];
    const uint64_t matching = flat & occurs[word];
    uint64_t sum = 0;
    const bool overflow = __builtin_add_overflow(flat, matching, &sum);
    const bool overflow_by_carry = __builtin_add_overflow(sum, uint64_t{carry}, &sum);
    carry = overflow || overflow_by_carry ? 1 : 0;
    row[word] = sum | (flat & ~matching);
  }
}

size_t CountSteps(const uint64_t* row, size_t column_count) {
  size_t steps = 0;
  for (size_t first = 0; first < column_count; first += kWordBits) {
    const size_t columns = std::min(kWordBits, column_count - first);
    const uint64_t mask = ~uint64_t{0} >> (kWordBits - columns);
    steps += static_cast<size_t>(std::popcount(~row[first / kWordBits] & mask));
  }
  return steps;
}

// All rows, for walking back through them.
class Table {
 public:
  Table(absl::string_view a, absl::string_view b)
      : word_count_(WordCount(b)), words_((a.size() + 1) * word_count_, ~uint64_t{0}) {
    const Occurrences occurrences(a, b);
    for (size_t i = 0; i < a.size(); ++i) {
      NextRow(RowAt(i), occurrences.Of(a[i]), words_.data() + (i + 1) * word_count_);
    }
  }
  const uint64_t* RowAt(size_t i) const { return words_.data() + i * word_count_; }
  // Whether the first i bytes of a have more in common with the first j bytes of b than with one
  // byte less; j > 0.
  bool Steps(size_t i, size_t j) const {
    return ((RowAt(i)[(j - 1) / kWordBits] >> ((j - 1) % kWordBits)) & 1) == 0;
  }

 private:
  size_t word_count_;
  std::vector<uint64_t> words_;
};

}  // namespace

uint64_t LcsTableBytes(absl::string_view a, absl::string_view b) {
  return (uint64_t{a.size()} + 1) * (uint64_t{b.size()} + 1) * sizeof(uint32_t);
}

size_t LcsLength(absl::string_view a, absl::string_view b) {
  if (a.empty() || b.empty()) return 0;
  const Occurrences occurrences(a, b);
  Row row(WordCount(b), ~uint64_t{0});
  for (char byte : a) NextRow(row.data(), occurrences.Of(byte), row.data());
  return CountSteps(row.data(), b.size());
}

Lcs FindLcs(absl::string_view a, absl::string_view b) {
  Lcs lcs;
  if (a.empty() || b.empty()) return lcs;
  const Table table(a, b);
  lcs.text.resize(CountSteps(table.RowAt(a.size()), b.size()));
  size_t unwritten = lcs.text.size();
  size_t i = a.size();
  size_t j = b.size();
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      const bool extends = !lcs.matches.empty() && lcs.matches.back().a_first == i &&
                           lcs.matches.back().b_first == j;
      if (!extends) lcs.matches.push_back({.a_last = i - 1, .b_last = j - 1});
      --i;
      --j;
      lcs.matches.back().a_first = i;
      lcs.matches.back().b_first = j;
      lcs.text[--unwritten] = a[i];
    } else if (table.Steps(i, j)) {
      --i;
    } else {
      --j;
    }
  }
  return lcs;
}

}  // namespace holdfast
