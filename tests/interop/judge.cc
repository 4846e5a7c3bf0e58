// history_judge: was what real clients recorded linearizable? One argument, a history file
// (sim/check/history_file.h).
//
// Exit codes: 0 linearizable, 1 not (what no order explains is on stdout), 2 no such history.

#include <cstdio>

#include "sim/check/history_file.h"

namespace holdfast {
namespace {

int Judge(const char* path) {
  const absl::StatusOr<History> history = ReadHistory(path);
  if (!history.ok()) {
    std::fprintf(stderr, "history_judge: %s\n", history.status().ToString().c_str());
    return 2;
  }
  const LinearizabilityResult result = JudgeHistory(*history);
  std::printf("%zu operations on %lu keys, %lu undecided, %lu states: %s\n", history->size(),
              result.groups, result.undecided_groups, result.states,
              result.ok() ? "linearizable" : "not linearizable");
  if (!result.ok()) std::printf("%s\n", result.violation.c_str());
  return result.ok() ? 0 : 1;
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: history_judge HISTORY\n");
    return 2;
  }
  return holdfast::Judge(argv[1]);
}
