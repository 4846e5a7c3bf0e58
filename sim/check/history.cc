#include "sim/check/history.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace holdfast {

std::string Operation::ToString() const {
  std::string text = absl::StrFormat("connection %d [%d, ", connection, begin.value);
  absl::StrAppend(&text, end == kForever ? "-" : absl::StrCat(end.value), "]");
  if (is_transaction) absl::StrAppend(&text, " MULTI");
  for (const Command& command : commands) {
    absl::StrAppend(&text, is_transaction ? " |" : "");
    for (const std::string& argument : command) absl::StrAppend(&text, " ", argument);
  }
  std::string answer = outcome == Outcome::kUnknown ? "?" : reply.ToString();
  for (char& byte : answer) {
    if (byte == '\n') byte = ' ';
  }
  return absl::StrCat(text, " -> ", answer);
}

Operation::Outcome OutcomeOf(const ReplyValue& reply) {
  if (!reply.is_error()) return Operation::Outcome::kReplied;
  const absl::string_view text = reply.text;
  const absl::string_view code = text.substr(0, text.find(' '));
  if (code == "INDETERMINATE") return Operation::Outcome::kUnknown;
  for (absl::string_view refusal : {"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN",
                                    "NOREPLICAS", "OOM", "EXECABORT", "NOAUTH", "MOVED", "ASK"}) {
    if (code == refusal) return Operation::Outcome::kNoEffect;
  }
  // ERR and WRONGTYPE are answers that the model has to give as well.
  return Operation::Outcome::kReplied;
}

}  // namespace holdfast
