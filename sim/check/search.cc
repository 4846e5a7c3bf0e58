#include "sim/check/search.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/hash.h"

namespace holdfast {
namespace {

Model::Window WindowOf(const Operation& operation, Nanos floor, Nanos ceiling,
                       const LogTimeBounds& bounds) {
  const Nanos begin = std::max(floor, operation.begin);
  return bounds.Between(begin, std::max(begin, std::min(ceiling, operation.end)));
}

}  // namespace

Search::Search(std::vector<std::vector<const Operation*>> chains, const LogTimeBounds& bounds)
    : chains_(std::move(chains)), bounds_(bounds) {
  for (const std::vector<const Operation*>& chain : chains_) {
    std::vector<uint32_t>& from = replied_from_.emplace_back(chain.size() + 1);
    from[chain.size()] = static_cast<uint32_t>(chain.size());
    for (size_t place = chain.size(); place-- > 0;) {
      const bool replied = chain[place]->outcome == Operation::Outcome::kReplied;
      from[place] = replied ? static_cast<uint32_t>(place) : from[place + 1];
    }
  }
}

Search::Verdict Search::Run(uint64_t states_max) {
  std::vector<Frame> stack(1);
  stack[0].positions.resize(chains_.size());
  if (Done(stack[0])) return Verdict::kLegal;
  ListHeads(stack[0]);
  while (!stack.empty()) {
    Frame& frame = stack.back();
    if (frame.outcomes.empty() && !TryNextHead(frame)) {
      NoteDeadEnd(std::move(frame));
      stack.pop_back();
      continue;
    }
    if (frame.outcomes.empty()) continue;
    Effect effect = std::move(frame.outcomes.back());
    frame.outcomes.pop_back();
    Frame next{.positions = frame.positions, .model = std::move(effect.model)};
    next.floor = frame.floor;
    if (effect.ran) next.floor = std::max(next.floor, Head(frame, frame.tried)->begin);
    ++next.positions[frame.tried];
    if (SeenBefore(next)) continue;
    if (Done(next)) return Verdict::kLegal;
    if (++states_ > states_max) return Verdict::kUndecided;
    ListHeads(next);
    stack.push_back(std::move(next));
  }
  return Verdict::kIllegal;
}

const Operation* Search::Head(const Frame& frame, uint32_t chain) const {
  const uint32_t position = frame.positions[chain];
  return position < chains_[chain].size() ? chains_[chain][position] : nullptr;
}

const Operation* Search::FirstReplied(const Frame& frame, uint32_t chain) const {
  const uint32_t place = replied_from_[chain][frame.positions[chain]];
  return place < chains_[chain].size() ? chains_[chain][place] : nullptr;
}

Nanos Search::Ceiling(const Frame& frame) const {
  Nanos ceiling = kForever;
  for (uint32_t chain = 0; chain < chains_.size(); ++chain) {
    // Replies of one connection come in order, so the next one is the first.
    const Operation* replied = FirstReplied(frame, chain);
    if (replied != nullptr) ceiling = std::min(ceiling, replied->end);
  }
  return ceiling;
}

bool Search::Done(const Frame& frame) const { return Ceiling(frame) == kForever; }

void Search::ListHeads(Frame& frame) const {
  const Nanos ceiling = Ceiling(frame);
  for (uint32_t chain = 0; chain < chains_.size(); ++chain) {
    const Operation* head = Head(frame, chain);
    if (head == nullptr || head->begin > ceiling) continue;
    if (head->end < frame.floor && FirstReplied(frame, chain) == nullptr) continue;
    frame.heads.push_back(chain);
  }
  // What replied first most likely happened first, and what comes before it on its connection
  // before that; what no reply follows most likely did not happen.
  const auto rank = [&](uint32_t chain) {
    const Operation* replied = FirstReplied(frame, chain);
    return std::tuple(replied == nullptr ? kForever : replied->end, Head(frame, chain)->end, chain);
  };
  std::sort(frame.heads.begin(), frame.heads.end(),
            [&](uint32_t left, uint32_t right) { return rank(left) > rank(right); });
}

bool Search::TryNextHead(Frame& frame) const {
  if (frame.heads.empty()) return false;
  frame.tried = frame.heads.back();
  frame.heads.pop_back();
  const Operation& head = *Head(frame, frame.tried);
  frame.outcomes.clear();
  if (head.end >= frame.floor) frame.outcomes = OutcomesOf(frame, head);
  // What is legal now, leaves the state as it is and began before something that has run already
  // can be moved here from wherever an order has it: there is no need to try another first.
  const bool settled = head.outcome == Operation::Outcome::kReplied && head.begin <= frame.floor &&
                       frame.outcomes.size() == 1 &&
                       frame.outcomes[0].model.Hash() == frame.model.Hash();
  if (settled) frame.heads.clear();
  // What comes behind it on its connection has a reply, whether it ever ran or not.
  if (head.outcome != Operation::Outcome::kReplied && FirstReplied(frame, frame.tried) != nullptr) {
    frame.outcomes.push_back({.model = frame.model, .ran = false});
  }
  return true;
}

std::vector<Search::Effect> Search::OutcomesOf(const Frame& frame,
                                               const Operation& operation) const {
  const bool replied = operation.outcome == Operation::Outcome::kReplied;
  const size_t count = operation.commands.size();
  if (replied && operation.is_transaction && operation.reply.children.size() != count) return {};
  std::vector<Outcome> before(1);
  before[0] = {frame.model, WindowOf(operation, frame.floor, Ceiling(frame), bounds_)};
  for (size_t i = 0; i < count; ++i) {
    const Command& command = operation.commands[i];
    const ReplyValue& reply =
        replied && operation.is_transaction ? operation.reply.children[i] : operation.reply;
    for (const std::string& key : Model::KeysOf(command)) DecideExpiry(key, before);
    std::vector<Outcome> after;
    for (Outcome& outcome : before) {
      if (replied) {
        if (!outcome.model.Accept(command, outcome.now, reply)) continue;
      } else {
        outcome.model.Execute(command, outcome.now);
      }
      after.push_back(std::move(outcome));
    }
    before = std::move(after);
  }
  std::vector<Effect> effects;
  for (Outcome& outcome : before) effects.push_back({.model = std::move(outcome.model)});
  return effects;
}

void Search::DecideExpiry(const std::string& key, std::vector<Outcome>& outcomes) {
  const size_t count = outcomes.size();
  for (size_t i = 0; i < count; ++i) {
    const Model::Entry* entry = outcomes[i].model.Find(key);
    if (entry == nullptr || !entry->deadline) continue;
    const Model::Window deadline = *entry->deadline;
    const Model::Window now = outcomes[i].now;
    const bool may_live = now.earliest < deadline.latest;
    const bool may_be_gone = now.latest >= deadline.earliest;
    if (may_be_gone) {
      Outcome gone = outcomes[i];
      gone.model.Erase(key);
      gone.now.earliest = std::max(gone.now.earliest, deadline.earliest);
      if (may_live) {
        outcomes.push_back(std::move(gone));
      } else {
        outcomes[i] = std::move(gone);
        continue;
      }
    }
    outcomes[i].now.latest = std::min(now.latest, deadline.latest - Millis{1});
  }
}

bool Search::SeenBefore(const Frame& frame) {
  const absl::string_view positions(reinterpret_cast<const char*>(frame.positions.data()),
                                    frame.positions.size() * sizeof(uint32_t));
  const auto [found, is_new] =
      seen_.emplace(std::pair(HashBytes(positions, 0), frame.model.Hash()), frame.floor);
  if (is_new) return false;
  // Whatever goes on from a later floor goes on from an earlier one too.
  if (found->second <= frame.floor) return true;
  found->second = frame.floor;
  return false;
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
