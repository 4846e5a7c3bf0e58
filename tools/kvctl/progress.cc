#include "tools/kvctl/progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace holdfast::kvctl {

Progress::~Progress() {
  if (line_is_open_) session_.Note("\n");
}

void Progress::Show(const std::string& state, std::optional<double> percent) {
  std::string text = state;
  if (percent.has_value()) {
    absl::StrAppend(&text, "  ", Bar(*percent), absl::StrFormat(" %3.0f %%", *percent));
  }
  if (session_.stderr_is_terminal()) {
    session_.Note(absl::StrCat("\r\x1b[K", text));
    line_is_open_ = true;
    return;
  }
  const int tens = percent.has_value() ? static_cast<int>(*percent / 10) : -1;
  if (state == state_shown_ && tens <= tens_shown_) return;
  state_shown_ = state;
  tens_shown_ = tens;
  session_.Note(text + "\n");
}

std::string Bar(double percent) {
  constexpr int kWidth = 24;
  const int filled = static_cast<int>(std::clamp(percent, 0.0, 100.0) / 100 * kWidth);
  return absl::StrCat("[", std::string(filled, '#'), std::string(kWidth - filled, '-'), "]");
}

}  // namespace holdfast::kvctl
