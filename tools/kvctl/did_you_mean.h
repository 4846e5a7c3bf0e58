// The name that was probably meant.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holdfast::kvctl {

// Insertions, deletions, replacements and swaps of neighbours that turn one into the other, no
// character being edited twice (Damerau-Levenshtein, restricted).
size_t EditDistance(absl::string_view a, absl::string_view b);

// The nearest of `candidates`, the first of equals; empty if none is near: at most a third of the
// word's characters, and one in any word.
std::string Nearest(absl::string_view word, const std::vector<std::string>& candidates);

// `. Did you mean "x"?`, or nothing.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace holdfast::kvctl
