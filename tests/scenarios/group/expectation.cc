// What a story expects to see.
#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/scenarios/group/story.h"

namespace holdfast::stage {
namespace {

// The words that describe one fact, and whether the stage's own words for it are the same.
struct Facts {
  const Words& words;
  size_t at;
  std::string missed = "";

  bool IsOver() const { return at >= words.size() || !missed.empty(); }
  // All words up to the next one that is no number and no identity.
  std::string TakeList() {
    Words taken;
    uint64_t number = 0;
    while (at < words.size() &&
           (absl::SimpleAtoi(words[at], &number) || ParseIdentity(words[at]).node.value != 0)) {
      taken.push_back(words[at++]);
    }
    return absl::StrJoin(taken, " ");
  }
  void Compare(absl::string_view what, absl::string_view expected, absl::string_view seen) {
    if (expected != seen) missed = absl::StrCat(what, " is ", seen.empty() ? "nothing" : seen);
  }
};

std::string NamesOf(const IdentitySet& set) {
  return absl::StrJoin(set, " ",
                       [](std::string* out, Identity one) { absl::StrAppend(out, NameOf(one)); });
}

std::string YesNo(bool is) { return is ? "yes" : "no"; }

// The role, or whether it is attached; none if the word says neither.
std::optional<bool> CheckState(const StageNode& node, const GroupReport& report,
                               absl::string_view word) {
  if (word == "down") return !node.group;
  if (word == "primary") return node.group && report.role == GroupRole::kPrimary;
  if (word == "replica") return node.group && report.role == GroupRole::kReplica;
  if (word == "learner") return node.group && report.role == GroupRole::kLearner;
  if (word == "attached") return report.attached;
  if (word == "detached") return !report.attached;
  return std::nullopt;
}

absl::string_view NameOfCondition(GroupCondition condition) {
  switch (condition) {
    case GroupCondition::kUnknown:
      return "unknown";
    case GroupCondition::kLed:
      return "led";
    case GroupCondition::kWaiting:
      return "waiting";
    case GroupCondition::kLost:
      break;
  }
  return "lost";
}

std::string WritesIn(const StageNode& node) {
  Words writes;
  for (uint8_t value : node.History()) {
    if (value != 0) writes.push_back(absl::StrCat(value));
  }
  return absl::StrJoin(writes, " ");
}

// A fact with one word of value; none if there is no such fact.
std::optional<std::string> ValueOf(const Stage& stage, int number, uint64_t request,
                                   const GroupReport& report, absl::string_view fact) {
  const StageNode& node = stage.node(number);
  if (fact == "epoch") return absl::StrCat(report.epoch.value);
  if (fact == "commit") return absl::StrCat(report.commit.value);
  if (fact == "tail") return absl::StrCat(node.log.Tail().lsn.value);
  if (fact == "applied") return absl::StrCat(node.executed.size());
  if (fact == "serves") return YesNo(stage.Serves(number));
  if (fact == "writes") return YesNo(node.group && node.group->MayWrite());
  if (fact == "released") return YesNo(report.released);
  if (fact == "confirmed") return YesNo(request != 0 && node.confirmed >= request);
  if (fact == "change") return std::string(report.change_open ? "open" : "closed");
  if (fact == "condition") return std::string(NameOfCondition(report.condition));
  if (fact == "full-syncs") return absl::StrCat(node.full_syncs);
  if (fact == "proposals") return absl::StrCat(node.proposals);
  return std::nullopt;
}

void CheckNode(const Stage& stage, int number, uint64_t request, Facts& facts) {
  const StageNode& node = stage.node(number);
  const GroupReport report = node.group ? node.group->Describe(stage.now()) : GroupReport{};
  while (!facts.IsOver()) {
    const std::string& fact = facts.words[facts.at++];
    if (const auto is = CheckState(node, report, fact)) {
      if (!*is) facts.missed = absl::StrCat("it is not ", fact);
    } else if (fact == "holds") {
      facts.Compare(fact, facts.TakeList(), WritesIn(node));
    } else if (fact == "answers") {
      const auto answer = stage.Answer(request);
      const auto rest = facts.words.begin() + static_cast<int64_t>(facts.at);
      facts.Compare("the answer", absl::StrJoin(rest, facts.words.end(), " "),
                    !answer           ? "not there"
                    : answer->empty() ? "OK"
                                      : *answer);
      facts.at = facts.words.size();
    } else {
      const auto value = ValueOf(stage, number, request, report, fact);
      if (!value || facts.at == facts.words.size()) {
        facts.missed = absl::StrCat("nobody knows what ", fact, " means");
      } else {
        facts.Compare(fact, facts.words[facts.at++], *value);
      }
    }
  }
}

void CheckRegister(const GroupView& chosen, Facts& facts) {
  while (!facts.IsOver()) {
    const std::string& fact = facts.words[facts.at++];
    if (fact == "version") {
      facts.Compare(fact, facts.TakeList(), absl::StrCat(chosen.version));
    } else if (fact == "epoch") {
      facts.Compare(fact, facts.TakeList(), absl::StrCat(chosen.group.epoch.value));
    } else if (fact == "primary") {
      facts.Compare(fact, facts.TakeList(), NameOf(chosen.group.primary));
    } else if (fact == "set") {
      facts.Compare("the set", facts.TakeList(), NamesOf(chosen.group.in_sync));
    } else if (fact == "active" || fact == "lost") {
      const bool lost = chosen.group.status == GroupStatus::kLost;
      if (lost != (fact == "lost")) facts.missed = lost ? "it is lost" : "it is active";
    } else {
      facts.missed = absl::StrCat("nobody knows what ", fact, " means");
    }
  }
}

void CheckWrites(const Stage& stage, Facts& facts) {
  constexpr absl::string_view kStates[] = {"not there", "held", "acknowledged", "unknown"};
  const std::string& wanted = facts.words.back();
  for (; facts.at + 1 < facts.words.size() && facts.missed.empty(); ++facts.at) {
    int write = 0;
    if (!absl::SimpleAtoi(facts.words[facts.at], &write) || write < 1 || write > stage.writes()) {
      facts.missed = "there is no such write";
      return;
    }
    facts.Compare(absl::StrCat("write ", write), wanted,
                  kStates[static_cast<size_t>(stage.StateOf(write))]);
  }
}

}  // namespace

absl::Status CheckExpectation(const Stage& stage, const std::vector<uint64_t>& requests,
                              const Words& words) {
  Facts facts{words, 2};
  if (words.size() < 3) return absl::InvalidArgumentError("nothing is expected");
  const int node = ParseNode(words[1]);
  if (words[1] == "register") {
    CheckRegister(stage.chosen(), facts);
  } else if (words[1] == "write" || words[1] == "writes") {
    CheckWrites(stage, facts);
  } else if (node != 0 && node <= stage.size()) {
    CheckNode(stage, node, requests[static_cast<size_t>(node)], facts);
  } else {
    return absl::InvalidArgumentError("of whom?");
  }
  if (facts.missed.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(facts.missed);
}

}  // namespace holdfast::stage
