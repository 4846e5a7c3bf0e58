#include "tools/kvctl/exit_code.h"

namespace holdfast::kvctl {

absl::Span<const ExitCodeMeaning> ExitCodeMeanings() {
  static constexpr ExitCodeMeaning kMeanings[] = {
      {ExitCode::kOk, "done, or healthy"},
      {ExitCode::kFailed, "the operation failed, or its outcome is unknown"},
      {ExitCode::kUsage, "the command line is wrong"},
      {ExitCode::kConnect, "cannot connect, or not let in"},
      {ExitCode::kDegraded,
       "reachable but degraded: no further failure is survived, or a node is down"},
      {ExitCode::kUnavailable, "the cluster is unavailable: no primary, or too few in-sync copies"},
      {ExitCode::kTimeout, "timed out waiting; the state is printed"},
      {ExitCode::kRefused, "refused: a safety check, or a confirmation is missing"},
      {ExitCode::kConflict, "conflict: the configuration changed since the plan"},
      {ExitCode::kInterrupted, "interrupted; what goes on in the cluster is printed"},
  };
  return kMeanings;
}

}  // namespace holdfast::kvctl
