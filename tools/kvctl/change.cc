#include "tools/kvctl/change.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace holdfast::kvctl {
namespace {

constexpr char kNothingChanged[] = "nothing was changed";
constexpr char kMayGoOn[] = "it may have been done, or may still be done";

struct ErrorMeaning {
  absl::string_view prefix;
  ExitCode exit;
  absl::string_view code;
  absl::string_view next;
};

constexpr ErrorMeaning kMeanings[] = {
    {"REFUSED ", ExitCode::kRefused, "REFUSED", "kvctl status"},
    {"CONFLICT ", ExitCode::kConflict, "CONFLICT", "look at the new state, then run it again"},
    {"TRYAGAIN ", ExitCode::kFailed, "TRY_AGAIN", "run it again in a moment"},
    {"ERR unknown ", ExitCode::kConnect, "NOT_HOLDFAST", "check the release of the node"},
    {"ERR ", ExitCode::kFailed, "NODE_ERROR", "kvctl status"},
};

Failure Refusal(const Change& change, absl::string_view error) {
  Failure failure{.exit = ExitCode::kFailed,
                  .code = "NODE_ERROR",
                  .what = absl::StrCat(change.what, " failed"),
                  .why = std::string(error),
                  .next = "kvctl status",
                  .effect = kNothingChanged};
  for (const ErrorMeaning& meaning : kMeanings) {
    if (!absl::StartsWith(error, meaning.prefix)) continue;
    failure.exit = meaning.exit;
    failure.code = std::string(meaning.code);
    failure.next = std::string(meaning.next);
    failure.why = std::string(absl::StripPrefix(error, meaning.prefix));
    if (meaning.exit == ExitCode::kRefused) failure.what = absl::StrCat(change.what, " is refused");
    break;
  }
  return failure;
}

}  // namespace

Done OutcomeOf(const Change& change, const Answer& answer) {
  const std::string node = change.to.ToString();
  switch (answer.kind) {
    case Answer::Kind::kText:
      if (answer.text == "OK") return Succeeded();
      return Failure{.exit = ExitCode::kConnect,
                     .code = "BAD_ANSWER",
                     .what = absl::StrCat(node, " answers something unknown to ", change.what),
                     .why = answer.text,
                     .next = "kvctl status",
                     .effect = kMayGoOn};
    case Answer::Kind::kError:
      return Refusal(change, answer.text);
    case Answer::Kind::kUnauthorized:
      return Failure{.exit = ExitCode::kConnect,
                     .code = "AUTH",
                     .what = absl::StrCat(node, " does not allow ", change.what),
                     .why = answer.text,
                     .next = "name another user with --user and its password",
                     .effect = kNothingChanged};
    case Answer::Kind::kUnreachable:
      return Failure{.exit = ExitCode::kConnect,
                     .code = "CANNOT_CONNECT",
                     .what = absl::StrCat("cannot reach ", node, " for ", change.what),
                     .why = answer.text,
                     .next = "kvctl status",
                     .effect = kNothingChanged};
    case Answer::Kind::kValue:
    case Answer::Kind::kSilent:
    case Answer::Kind::kGarbage:
      return Failure{.exit = ExitCode::kFailed,
                     .code = "OUTCOME_UNKNOWN",
                     .what = absl::StrCat("nobody knows whether ", change.what, " was done"),
                     .why = absl::StrCat(node, ": ", answer.text),
                     .next = "kvctl status",
                     .effect = kMayGoOn};
    case Answer::Kind::kInterrupted:
      break;
  }
  return Failure{.exit = ExitCode::kInterrupted,
                 .code = "INTERRUPTED",
                 .what = absl::StrCat("interrupted; ", change.what, " goes on in the cluster"),
                 .next = "kvctl status",
                 .effect = kMayGoOn};
}

Done Carry(const Session& session, const Change& change) {
  return OutcomeOf(change, session.AskForChange({change.to, change.words}));
}

}  // namespace holdfast::kvctl
