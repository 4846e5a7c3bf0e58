#include "tests/scenarios/group/story.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "net/base/status.h"

namespace holdfast::stage {
namespace {

constexpr int kNodesMax = 9;

absl::Status Impossible(absl::string_view why) { return absl::FailedPreconditionError(why); }

bool Is(const Words& words, size_t from, absl::string_view text) {
  return absl::StrJoin(words.begin() + static_cast<int64_t>(std::min(from, words.size())),
                       words.end(), " ") == text;
}

// "300ms" or "2s"; negative if it is neither.
Nanos ParseSpan(absl::string_view word) {
  int64_t count = 0;
  const bool is_millis = absl::EndsWith(word, "ms");
  const size_t unit = is_millis ? 2 : 1;
  if (word.size() <= unit || !absl::EndsWith(word, "s") ||
      !absl::SimpleAtoi(word.substr(0, word.size() - unit), &count)) {
    return {-1};
  }
  return is_millis ? Milliseconds(count) : Seconds(count);
}

}  // namespace

int ParseNode(absl::string_view word) {
  int number = 0;
  const bool fits = word.size() == 2 && word[0] == 'n' && absl::SimpleAtoi(word.substr(1), &number);
  return fits ? number : 0;
}

Identity ParseIdentity(absl::string_view word) {
  uint64_t life = 1;
  if (word.size() > 3 && word[2] == '.' && !absl::SimpleAtoi(word.substr(3), &life)) return {};
  return IdentityOf(ParseNode(word.substr(0, 2)), life);
}

Story ReadStory(absl::string_view text) {
  Story story;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = line.substr(0, line.find('#'));
    Words words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.empty()) continue;
    if (words.size() == 3 && words[0] == "fails" && words[1] == "with") {
      story.bugs.push_back(words[2]);
    } else {
      story.lines.push_back({number, std::move(words)});
    }
  }
  return story;
}

absl::Status StoryPlayer::Play(const Story& story) {
  for (const StoryLine& line : story.lines) {
    const std::string text = absl::StrJoin(line.words, " ");
    absl::StrAppend(&trace_, text, "\n");
    absl::Status status = stage_ == nullptr ? Open(line.words) : Do(line.words);
    if (stage_ != nullptr) {
      for (const std::string& told : stage_->TakeTold())
        absl::StrAppend(&trace_, "    ", told, "\n");
      if (!stage_->violation().empty()) status = absl::InternalError(stage_->violation());
    }
    if (status.ok()) continue;
    return absl::Status(status.code(),
                        absl::StrCat("line ", line.number, ": ", text, ": ", status.message()));
  }
  if (stage_ == nullptr) return Impossible("the story never begins");
  return absl::OkStatus();
}

absl::Status StoryPlayer::NotUnderstood() const {
  return absl::InvalidArgumentError("this is no line of a story");
}

// ---- the opening ----

absl::Status StoryPlayer::Cast(const Words& words) {
  casting_.nodes = 0;
  for (size_t at = 1; at < words.size(); ++at) {
    if (words[at] == "min-in-sync" && at + 2 == words.size()) {
      if (!absl::SimpleAtoi(words[at + 1], &casting_.options.min_in_sync)) return NotUnderstood();
      break;
    }
    if (ParseNode(words[at]) != ++casting_.nodes) return Impossible("the cast is n1 n2 n3 ...");
  }
  if (casting_.nodes == 0 || casting_.nodes > kNodesMax) return Impossible("so many cannot play");
  return absl::OkStatus();
}

absl::Status StoryPlayer::Open(const Words& words) {
  if (words[0] == "cast") return Cast(words);
  const bool opens = words.size() > 5 && words[1] == "leads" && words[2] == "epoch" &&
                     absl::SimpleAtoi(words[3], &casting_.epoch) && words[4] == "with";
  if (!opens) return NotUnderstood();
  casting_.primary = ParseNode(words[0]);
  casting_.in_sync.clear();
  for (size_t at = 5; at < words.size(); ++at) {
    const int member = ParseNode(words[at]);
    if (member == 0 || member > casting_.nodes) return Impossible("not in the cast");
    casting_.in_sync.push_back(member);
  }
  stage_ = std::make_unique<Stage>(casting_);
  requests_.resize(static_cast<size_t>(casting_.nodes) + 1);
  return absl::OkStatus();
}

// ---- what happens ----

absl::Status StoryPlayer::Do(const Words& words) {
  const std::string& verb = words[0];
  if (verb == "expect") return CheckExpectation(*stage_, requests_, words);
  if (verb == "register") return DoRegister(words);
  if (verb == "heal" && words.size() == 1) return stage_->Heal(), absl::OkStatus();
  if (verb == "pass" && words.size() == 2) {
    const Nanos span = ParseSpan(words[1]);
    if (span.value <= 0) return NotUnderstood();
    return stage_->Pass(span), absl::OkStatus();
  }
  if (verb == "isolate" && words.size() == 2) return Isolate(ParseNode(words[1]));
  const int node = ParseNode(verb);
  if (node > stage_->size()) return Impossible("not in the cast");
  if (node == 0) return DoLink(words);
  return DoNode(node, words);
}

absl::Status StoryPlayer::Isolate(int node) {
  if (node == 0 || node > stage_->size()) return Impossible("not in the cast");
  for (int other = 1; other <= stage_->size(); ++other) {
    if (other == node) continue;
    stage_->Drop({node, other}, "");
    stage_->Drop({other, node}, "");
  }
  stage_->Treat(node, Treatment::kSilent);
  return absl::OkStatus();
}

absl::Status StoryPlayer::DoNode(int node, const Words& words) {
  if (words.size() < 2) return NotUnderstood();
  if (!stage_->node(node).group) return DoLife(node, words);
  const std::string& verb = words[1];
  uint64_t count = 0;
  if (verb == "appends" && words.size() == 3 && absl::SimpleAtoi(words[2], &count)) {
    for (; count > 0; --count) {
      if (!stage_->Append(node)) return Impossible("it takes no writes");
    }
    return absl::OkStatus();
  }
  if (Is(words, 1, "refuses a write")) {
    return stage_->Append(node) ? Impossible("it takes writes") : absl::OkStatus();
  }
  if (verb == "trims" && words.size() == 4 && absl::SimpleAtoi(words[3], &count)) {
    return stage_->Trim(node, Lsn{count}) ? absl::OkStatus() : Impossible("it has not come so far");
  }
  if (Is(words, 1, "hears the news")) return Give(node, ViewLearned{stage_->chosen()});
  if (Is(words, 1, "fails its sync") ||
      absl::StrContains(absl::StrJoin(words, " "), "the sync of")) {
    return FailSync(node, words);
  }
  if (verb == "crashes" || verb == "pauses" || verb == "resumes") return DoLife(node, words);
  return DoOperator(node, words);
}

absl::Status StoryPlayer::DoLife(int node, const Words& words) {
  const bool is_up = stage_->node(node).group.has_value();
  if (is_up && Is(words, 1, "crashes")) return stage_->Crash(node), absl::OkStatus();
  if (is_up && Is(words, 1, "pauses")) return stage_->SetPaused(node, true), absl::OkStatus();
  if (is_up && Is(words, 1, "resumes")) return stage_->SetPaused(node, false), absl::OkStatus();
  if (is_up) return NotUnderstood();
  if (Is(words, 1, "starts empty")) {
    stage_->Start(node, Remains::kNothing);
  } else if (Is(words, 1, "starts with its log")) {
    stage_->Start(node, Remains::kLog);
  } else if (Is(words, 1, "starts with its whole log")) {
    stage_->Start(node, Remains::kWholeLog);
  } else {
    return Impossible("it is down");
  }
  return absl::OkStatus();
}

absl::Status StoryPlayer::DoOperator(int node, const Words& words) {
  const uint64_t request = next_request_++;
  if (Is(words, 1, "confirms a read")) {
    requests_[static_cast<size_t>(node)] = request;
    return Give(node, ConfirmRead{request});
  }
  Input wanted;
  if (words[1] == "switches" && words.size() >= 5) {
    Switchover switchover{.request = request,
                          .target = {static_cast<uint64_t>(ParseNode(words[4]))}};
    if (words.size() == 7 && words[5] == "within") {
      switchover.patience = ParseSpan(words[6]);
    }
    wanted = switchover;
  } else if (Is(words, 1, "switches over")) {
    wanted = Switchover{.request = request};
  } else if (Is(words, 1, "calls it off")) {
    wanted = CallOff{request};
  } else if (Is(words, 1, "shuts down")) {
    wanted = Shutdown{request};
  } else if (Is(words, 1, "recovers")) {
    wanted = Recover{request};
  } else {
    return NotUnderstood();
  }
  requests_[static_cast<size_t>(node)] = request;
  return Give(node, wanted);
}

absl::Status StoryPlayer::Give(int node, const Input& input) {
  stage_->Give(node, input);
  return absl::OkStatus();
}

absl::Status StoryPlayer::FailSync(int node, const Words& words) {
  const StageNode& actor = stage_->node(node);
  if (words.size() == 4) {
    if (actor.loading_session == 0) return Impossible("it loads no snapshot");
    return Give(node, SyncFailed{actor.group->view().group.primary, actor.loading_session});
  }
  const int learner = ParseNode(words.back());
  const auto stream = actor.streams.find(learner);
  if (stream == actor.streams.end()) return Impossible("it sends nothing there");
  return Give(node, SyncFailed{stage_->node(learner).identity, stream->second.session});
}

// ---- links and the register ----

absl::Status StoryPlayer::DoLink(const Words& words) {
  if (words.size() != 4 && words.size() != 5) return NotUnderstood();
  const size_t at = words.size() - 3;
  const std::string kind = at == 2 ? words[1] : "";
  const int from = ParseNode(words[at]);
  const int to = ParseNode(words[at + 2]);
  if (!kind.empty() && !IsKind(kind)) return Impossible("there is no such kind of message");
  if (from == 0 || to == 0 || from == to || from > stage_->size() || to > stage_->size()) {
    return NotUnderstood();
  }
  const bool both = words[at + 1] == "<->";
  if (!both && words[at + 1] != "->") return NotUnderstood();
  if (words[0] == "break" && both) return stage_->Break(from, to), absl::OkStatus();
  if (words[0] == "repeat") {
    return stage_->Repeat({from, to}, kind) ? absl::OkStatus() : Impossible("none has arrived");
  }
  for (Link link :
       both ? std::vector<Link>{{from, to}, {to, from}} : std::vector<Link>{{from, to}}) {
    if (words[0] == "drop") {
      stage_->Drop(link, kind);
    } else if (words[0] == "hold") {
      stage_->Hold(link, kind);
    } else if (words[0] == "release") {
      stage_->Release(link, kind);
    } else {
      return NotUnderstood();
    }
  }
  return absl::OkStatus();
}

absl::Status StoryPlayer::DoRegister(const Words& words) {
  if (Is(words, 1, "carries out")) return stage_->CarryOutDelayed(), absl::OkStatus();
  constexpr std::pair<absl::string_view, Treatment> kTreatments[] = {
      {"answers", Treatment::kAnswers},
      {"ignores", Treatment::kSilent},
      {"forgets", Treatment::kForgets},
      {"delays", Treatment::kDelays},
      {"stalls", Treatment::kWaits}};
  for (const auto& [verb, treatment] : kTreatments) {
    if (words.size() != 3 || words[1] != verb) continue;
    const int node = ParseNode(words[2]);
    if (node == 0 || node > stage_->size()) return Impossible("not in the cast");
    return stage_->Treat(node, treatment), absl::OkStatus();
  }
  return NotUnderstood();
}

}  // namespace holdfast::stage
