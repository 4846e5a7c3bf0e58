// Violation: the first thing that was seen to be wrong in a run.
#pragma once

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace holdfast {

class Violation {
 public:
  // `number` is the broken invariant's (sim/check/invariants.h).
  void Add(int number, std::string what) {
    if (text_.empty()) text_ = absl::StrCat("I", number, ": ", what);
  }
  void Add(std::string what) {
    if (text_.empty()) text_ = std::move(what);
  }
  // Empty, or the number and what was seen.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace holdfast
