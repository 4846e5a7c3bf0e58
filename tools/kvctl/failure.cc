#include "tools/kvctl/failure.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace holdfast::kvctl {

std::string FailureText(const Failure& failure) {
  std::string text = absl::StrCat("error: ", failure.what, "\n");
  if (!failure.why.empty()) absl::StrAppend(&text, "  why:  ", failure.why, "\n");
  if (!failure.next.empty()) absl::StrAppend(&text, "  try:  ", failure.next, "\n");
  absl::StrAppend(&text, "  [", failure.code, ", exit ", static_cast<int>(failure.exit), "]");
  if (!failure.effect.empty()) absl::StrAppend(&text, " ", failure.effect);
  return text + "\n";
}

nlohmann::json FailureJson(const Failure& failure) {
  return {{"error",
           {{"code", failure.code},
            {"message", failure.what},
            {"why", failure.why},
            {"hint", failure.next},
            {"effect", failure.effect},
            {"exit", static_cast<int>(failure.exit)},
            {"doc", "kvctl help exit-codes"}}}};
}

Failure UsageFailure(std::string what, std::string next) {
  return {.exit = ExitCode::kUsage,
          .code = "USAGE",
          .what = std::move(what),
          .next = std::move(next),
          .effect = "nothing was changed"};
}

}  // namespace holdfast::kvctl
