#include "sim/check/search.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/hash.h"

namespace holdfast {
namespace {

// An operation on more keys of unknown fate than this is given the extreme branches only.
constexpr size_t kUncertainKeysMax = 6;

Model::Window WindowOf(const Operation& operation, Nanos floor, Nanos ceiling,
                       const LogTimeBounds& bounds) {
  const Nanos begin = std::max(floor, operation.begin);
  return bounds.Between(begin, std::max(begin, std::min(ceiling, operation.end)));
}

bool AcceptAll(Model& model, const Operation& operation, const Model::Window& now) {
  const bool replied = operation.outcome == Operation::Outcome::kReplied;
  if (!operation.is_transaction) {
    if (replied) return model.Accept(operation.commands[0], now, operation.reply);
    model.Execute(operation.commands[0], now);
    return true;
  }
  if (replied && operation.reply.children.size() != operation.commands.size()) return false;
  for (size_t i = 0; i < operation.commands.size(); ++i) {
    if (!replied) {
      model.Execute(operation.commands[i], now);
    } else if (!model.Accept(operation.commands[i], now, operation.reply.children[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

Search::Search(std::vector<std::vector<const Operation*>> chains, const LogTimeBounds& bounds)
    : chains_(std::move(chains)), bounds_(bounds) {}

Search::Verdict Search::Run(uint64_t states_max) {
  std::vector<Frame> stack(1);
  stack[0].positions.resize(chains_.size());
  if (Done(stack[0])) return Verdict::kLegal;
  ListChoices(stack[0]);
  while (!stack.empty()) {
    Frame& frame = stack.back();
    if (frame.next_choice == frame.choices.size()) {
      NoteDeadEnd(std::move(frame));
      stack.pop_back();
      continue;
    }
    const Choice& choice = frame.choices[frame.next_choice++];
    Frame next;
    if (!Apply(frame, choice, next) || SeenBefore(next)) continue;
    if (Done(next)) return Verdict::kLegal;
    if (++states_ > states_max) return Verdict::kUndecided;
    ListChoices(next);
    stack.push_back(std::move(next));
  }
  return Verdict::kIllegal;
}

const Operation* Search::Head(const Frame& frame, uint32_t chain) const {
  const uint32_t position = frame.positions[chain];
  return position < chains_[chain].size() ? chains_[chain][position] : nullptr;
}

Nanos Search::Ceiling(const Frame& frame) const {
  Nanos ceiling = kForever;
  for (uint32_t chain = 0; chain < chains_.size(); ++chain) {
    const Operation* head = Head(frame, chain);
    // Replies of one connection come in order, so its head's is the first.
    if (head != nullptr && head->outcome == Operation::Outcome::kReplied) {
      ceiling = std::min(ceiling, head->end);
    }
  }
  return ceiling;
}

bool Search::Done(const Frame& frame) const { return Ceiling(frame) == kForever; }

void Search::ListChoices(Frame& frame) const {
  const Nanos ceiling = Ceiling(frame);
  std::vector<uint32_t> heads;
  for (uint32_t chain = 0; chain < chains_.size(); ++chain) {
    const Operation* head = Head(frame, chain);
    if (head == nullptr || head->begin > ceiling || head->end < frame.floor) continue;
    heads.push_back(chain);
  }
  // What replied first most likely happened first; what never replied most likely did not happen.
  std::sort(heads.begin(), heads.end(), [&](uint32_t left, uint32_t right) {
    const Operation& one = *Head(frame, left);
    const Operation& other = *Head(frame, right);
    return std::tuple(one.outcome != Operation::Outcome::kReplied, one.end, left) <
           std::tuple(other.outcome != Operation::Outcome::kReplied, other.end, right);
  });
  for (uint32_t chain : heads) ListBranches(frame, chain, ceiling, frame.choices);
}

void Search::ListBranches(const Frame& frame, uint32_t chain, Nanos ceiling,
                          std::vector<Choice>& choices) const {
  const Operation& operation = *Head(frame, chain);
  const Model::Window now = WindowOf(operation, frame.floor, ceiling, bounds_);
  std::set<std::string> keys;
  for (const Command& command : operation.commands) {
    for (std::string& key : Model::KeysOf(command)) keys.insert(std::move(key));
  }
  std::vector<std::string> gone;
  std::vector<std::string> uncertain;
  for (const std::string& key : keys) {
    const Model::Entry* entry = frame.model.Find(key);
    if (entry == nullptr || !entry->deadline) continue;
    const bool may_live = now.earliest < entry->deadline->latest;
    const bool may_be_gone = now.latest >= entry->deadline->earliest;
    if (!may_live) {
      gone.push_back(key);
    } else if (may_be_gone) {
      uncertain.push_back(key);
    }
  }
  const uint32_t subsets = 1u << std::min(uncertain.size(), kUncertainKeysMax);
  for (uint32_t subset = 0; subset < subsets; ++subset) {
    Choice choice{.chain = chain, .expired = gone};
    for (size_t i = 0; i < uncertain.size(); ++i) {
      // Keys past the limit share one fate.
      if (subset >> std::min(i, kUncertainKeysMax - 1) & 1) choice.expired.push_back(uncertain[i]);
    }
    choices.push_back(std::move(choice));
  }
}

bool Search::Apply(const Frame& frame, const Choice& choice, Frame& next) const {
  const Operation& operation = *Head(frame, choice.chain);
  next.model = frame.model;
  for (const std::string& key : choice.expired) next.model.Erase(key);
  const Model::Window now = WindowOf(operation, frame.floor, Ceiling(frame), bounds_);
  if (!AcceptAll(next.model, operation, now)) return false;
  next.positions = frame.positions;
  ++next.positions[choice.chain];
  next.floor = std::max(frame.floor, operation.begin);
  return true;
}

bool Search::SeenBefore(const Frame& frame) {
  const absl::string_view positions(reinterpret_cast<const char*>(frame.positions.data()),
                                    frame.positions.size() * sizeof(uint32_t));
  return !seen_.insert({HashBytes(positions), frame.model.Hash()}).second;
}

void Search::NoteDeadEnd(Frame frame) {
  uint64_t ordered = 0;
  for (uint32_t position : frame.positions) ordered += position;
  if (ordered < furthest_) return;
  furthest_ = ordered;
  furthest_frame_ = std::move(frame);
}

std::string Search::Explain() const {
  std::string text = absl::StrCat("no order explains what follows ", furthest_, " operations\n");
  const Frame& frame = furthest_frame_;
  absl::StrAppend(&text, "state there:\n", frame.model.ToString());
  const Nanos ceiling = Ceiling(frame);
  absl::StrAppend(&text, "candidates to be next:\n");
  for (uint32_t chain = 0; chain < chains_.size(); ++chain) {
    const Operation* head = Head(frame, chain);
    if (head == nullptr || head->begin > ceiling || head->end < frame.floor) continue;
    const Model::Window now = WindowOf(*head, frame.floor, ceiling, bounds_);
    absl::StrAppend(&text, "  ", head->ToString(), "  (log_time ", now.earliest.value, "..",
                    now.latest.value, ")\n");
  }
  return text;
}

}  // namespace holdfast
