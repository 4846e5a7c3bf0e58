// What an exit of kvctl means. Scripts build on these numbers: they never change their meaning.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace holdfast::kvctl {

enum class ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kConnect = 3,
  kDegraded = 4,
  kUnavailable = 5,
  kTimeout = 6,
  kRefused = 7,
  kConflict = 8,
  kInterrupted = 130,
};

struct ExitCodeMeaning {
  ExitCode code;
  absl::string_view meaning;
};

// All of them, by number.
absl::Span<const ExitCodeMeaning> ExitCodeMeanings();

}  // namespace holdfast::kvctl
