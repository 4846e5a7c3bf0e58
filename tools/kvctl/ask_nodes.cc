#include "tools/kvctl/ask_nodes.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace holdfast::kvctl {
namespace {

// As told to the user: no arguments, which may be data.
std::string CommandName(const std::vector<std::string>& words) {
  return words[0] == "HOLDFAST" && words.size() > 1 ? absl::StrCat(words[0], " ", words[1])
                                                    : words[0];
}

bool IsUnknownCommand(absl::string_view error) {
  return absl::StartsWithIgnoreCase(error, "ERR unknown command") ||
         absl::StartsWithIgnoreCase(error, "ERR unknown subcommand");
}

}  // namespace

Result<std::vector<NodeReply>> AskRows(const Session& session,
                                       const std::vector<const NodeRow*>& rows,
                                       const std::vector<std::string>& words) {
  std::vector<Question> questions;
  std::vector<const NodeRow*> asked;
  for (const NodeRow* row : rows) {
    if (!row->status.has_value()) {
      session.Note(absl::StrCat("warning: ", row->description.name,
                                " cannot be asked: ", row->trouble, "\n"));
      continue;
    }
    questions.push_back({ClientEndpoint(row->description), words, /*any=*/true});
    asked.push_back(row);
  }
  const std::vector<Answer> answers = session.Ask(questions);
  std::vector<NodeReply> replies;
  std::string why;
  ExitCode exit = ExitCode::kConnect;
  for (size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    if (answer.kind == Answer::Kind::kText || answer.kind == Answer::Kind::kValue) {
      replies.push_back({asked[i], answer.value});
      continue;
    }
    if (answer.kind == Answer::Kind::kInterrupted) exit = ExitCode::kInterrupted;
    if (answer.kind == Answer::Kind::kError) exit = ExitCode::kFailed;
    const std::string trouble = IsUnknownCommand(answer.text)
                                    ? absl::StrCat("it does not know ", CommandName(words))
                                    : answer.text;
    absl::StrAppend(&why, why.empty() ? "" : "; ", asked[i]->description.name, ": ", trouble);
  }
  if (!replies.empty()) {
    if (!why.empty()) session.Note(absl::StrCat("warning: ", why, "\n"));
    return replies;
  }
  return Failure{.exit = exit,
                 .code = exit == ExitCode::kInterrupted ? "INTERRUPTED" : "NO_ANSWER",
                 .what = absl::StrCat("no node answers ", CommandName(words)),
                 .why = why,
                 .next = "kvctl status"};
}

Result<std::vector<NodeReply>> AskNodes(const Session& session, const ClusterView& view,
                                        const std::vector<std::string>& words) {
  std::vector<const NodeRow*> rows;
  for (const NodeRow& row : view.rows) {
    if (row.description.client_port != 0) rows.push_back(&row);
  }
  return AskRows(session, rows, words);
}

std::string InfoField(const std::string& info, absl::string_view name) {
  for (absl::string_view line : absl::StrSplit(info, '\n')) {
    line = absl::StripSuffix(line, "\r");
    if (absl::ConsumePrefix(&line, name) && absl::ConsumePrefix(&line, ":")) {
      return std::string(line);
    }
  }
  return "";
}

std::string TimeText(int64_t unix_ms) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", absl::FromUnixMillis(unix_ms), absl::UTCTimeZone());
}

std::string Rfc3339(int64_t unix_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(unix_ms),
                          absl::UTCTimeZone());
}

std::string BytesText(uint64_t bytes) {
  constexpr absl::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes);
  size_t unit = 0;
  while (amount >= 1024 && unit + 1 < std::size(kUnits)) {
    amount /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.*f %s", unit == 0 ? 0 : 1, amount, kUnits[unit]);
}

}  // namespace holdfast::kvctl
