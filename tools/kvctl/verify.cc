#include "tools/kvctl/verify.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/json_fields.h"

namespace holdfast::kvctl {
namespace {

constexpr int kAttempts = 10;

Failure NotCompared(std::string why, ExitCode exit = ExitCode::kFailed) {
  const bool moves = absl::StrContains(why, "TRYAGAIN");
  return {.exit = exit,
          .code = moves ? "WRITES_GO_ON" : "NOT_COMPARED",
          .what = "the members cannot be compared",
          .why = std::move(why),
          .next = moves ? "run it again in a quiet moment, or with --pause" : "kvctl status"};
}

Result<MemberDigest> Parse(const std::string& node, const Answer& answer) {
  if (answer.kind == Answer::Kind::kInterrupted) {
    return NotCompared("interrupted", ExitCode::kInterrupted);
  }
  if (answer.kind != Answer::Kind::kText) {
    return NotCompared(absl::StrCat(node, ": ", answer.text), answer.kind == Answer::Kind::kError
                                                                  ? ExitCode::kFailed
                                                                  : ExitCode::kConnect);
  }
  std::string complaint;
  const nlohmann::json json = nlohmann::json::parse(answer.text, nullptr, false);
  const JsonFields fields(json, "", &complaint);
  MemberDigest digest{.node = node,
                      .lsn = fields.Count("lsn"),
                      .digest = fields.Text("digest"),
                      .keys = fields.Count("keys")};
  if (!complaint.empty()) return NotCompared(absl::StrCat(node, ": ", complaint));
  return digest;
}

Result<std::vector<MemberDigest>> ReadOnce(const Session& session, const NodeRow& primary,
                                           const std::vector<const NodeRow*>& others) {
  const std::vector<Answer> first =
      session.Ask({{ClientEndpoint(primary.description), {"HOLDFAST", "DIGEST"}}});
  Result<MemberDigest> leader = Parse(primary.description.name, first[0]);
  if (!leader.ok()) return leader.failure();
  std::vector<MemberDigest> digests = {*leader};
  std::vector<Question> questions;
  for (const NodeRow* row : others) {
    questions.push_back(
        {ClientEndpoint(row->description), {"HOLDFAST", "DIGEST", absl::StrCat(leader->lsn)}});
  }
  const std::vector<Answer> answers = session.Ask(questions);
  for (size_t i = 0; i < answers.size(); ++i) {
    Result<MemberDigest> digest = Parse(others[i]->description.name, answers[i]);
    if (!digest.ok()) return digest.failure();
    digests.push_back(*digest);
  }
  return digests;
}

}  // namespace

Result<std::vector<MemberDigest>> ReadDigests(const Session& session, const ClusterView& view) {
  const NodeRow* primary = view.Primary();
  if (primary == nullptr) return NotCompared("there is no primary", ExitCode::kUnavailable);
  std::vector<const NodeRow*> others;
  for (const NodeRow& row : view.rows) {
    if (&row == primary || row.description.witness || !view.IsInSync(row)) continue;
    if (!row.status.has_value()) {
      return NotCompared(absl::StrCat(row.description.name, " cannot be asked: ", row.trouble),
                         ExitCode::kConnect);
    }
    others.push_back(&row);
  }
  for (int attempt = 1;; ++attempt) {
    Result<std::vector<MemberDigest>> digests = ReadOnce(session, *primary, others);
    if (digests.ok() || attempt == kAttempts ||
        !absl::StrContains(digests.failure().why, "TRYAGAIN")) {
      return digests;
    }
    if (!PauseFor(Milliseconds(20))) return NotCompared("interrupted", ExitCode::kInterrupted);
  }
}

bool AllEqual(const std::vector<MemberDigest>& digests) {
  return std::all_of(digests.begin(), digests.end(), [&](const MemberDigest& digest) {
    return digest.lsn == digests[0].lsn && digest.digest == digests[0].digest &&
           digest.keys == digests[0].keys;
  });
}

}  // namespace holdfast::kvctl
