#include "sim/story.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace holdfast {
namespace {

constexpr int kColumn = 26;

std::string TimeText(Nanos time) {
  return absl::StrFormat("%4d.%06d", time.value / 1'000'000'000, time.value / 1'000 % 1'000'000);
}

}  // namespace

std::string Story::Diagram() const {
  std::string text = absl::StrFormat("%11s", "seconds");
  for (int node = 0; node < nodes_; ++node) {
    absl::StrAppendFormat(&text, " | %-*s", kColumn, absl::StrCat("node ", node));
  }
  absl::StrAppend(&text, "\n");
  for (const Line& line : lines_) {
    absl::StrAppend(&text, TimeText(line.time));
    if (line.node < 0) {
      absl::StrAppend(&text, " == ", line.what, "\n");
      continue;
    }
    for (int node = 0; node < nodes_; ++node) {
      absl::StrAppendFormat(&text, " | %-*s", kColumn, node == line.node ? line.what : "");
    }
    while (text.back() == ' ') text.pop_back();
    absl::StrAppend(&text, "\n");
  }
  return text;
}

}  // namespace holdfast
