#include "sim/check/search.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "net/base/random.h"
#include "sim/hash.h"

namespace holdfast {
namespace {

// A bad choice early in an order may take longer to be found out than there is time for.
constexpr uint64_t kAttempts = 4;
// More keys than that share objects.
constexpr uint64_t kObjectsMax = 64;

Model::Window WindowOf(const Operation& operation, Nanos floor, Nanos ceiling,
                       const LogTimeBounds& bounds) {
  const Nanos begin = std::max(floor, operation.begin);
  return bounds.Between(begin, std::max(begin, std::min(ceiling, operation.end)));
}

}  // namespace

Search::Search(std::vector<std::vector<const Operation*>> chains, const LogTimeBounds& bounds)
    : chains_(std::move(chains)), bounds_(bounds), sightings_(chains_) {
  for (const std::vector<const Operation*>& chain : chains_) {
    std::vector<uint32_t>& from = replied_from_.emplace_back(chain.size() + 1);
    from[chain.size()] = static_cast<uint32_t>(chain.size());
    for (size_t place = chain.size(); place-- > 0;) {
      const bool replied = chain[place]->outcome == Operation::Outcome::kReplied;
      from[place] = replied ? static_cast<uint32_t>(place) : from[place + 1];
    }
  }
  NumberObjects();
}

void Search::NumberObjects() {
  for (const std::vector<const Operation*>& chain : chains_) {
    for (const Operation* operation : chain) {
      for (const Command& command : operation->commands) {
        for (const std::string& key : Model::KeysOf(command)) {
          numbers_.emplace(key, numbers_.size() % kObjectsMax);
        }
      }
    }
  }
  object_count_ = std::clamp<uint64_t>(numbers_.size(), 1, kObjectsMax);
  for (const std::vector<const Operation*>& chain : chains_) {
    std::vector<uint64_t>& objects = objects_.emplace_back();
    for (const Operation* operation : chain) objects.push_back(ObjectsOf(*operation));
  }
}

uint64_t Search::ObjectsOf(const Operation& operation) const {
  uint64_t objects = 0;
  for (const Command& command : operation.commands) {
    if (Model::IsOfAllKeys(command)) return UINT64_MAX >> (kObjectsMax - object_count_);
    for (const std::string& key : Model::KeysOf(command)) {
      objects |= uint64_t{1} << numbers_.at(key);
    }
  }
  return objects;
}

Search::Verdict Search::Run(uint64_t states_max) {
  Verdict verdict = Verdict::kUndecided;
  for (attempt_ = 0; attempt_ < kAttempts && verdict == Verdict::kUndecided; ++attempt_) {
    seen_.clear();
    verdict = Attempt(states_ + states_max / kAttempts);
  }
  return verdict;
}

Search::Verdict Search::Attempt(uint64_t states_max) {
  std::vector<Frame> stack(1);
  stack[0].positions.resize(chains_.size());
  stack[0].floors.resize(object_count_);
  if (Done(stack[0])) return Verdict::kLegal;
  ListMoves(stack[0]);
  while (!stack.empty()) {
    Frame& frame = stack.back();
    if (frame.outcomes.empty() && !TryNextMove(frame)) {
      NoteDeadEnd(std::move(frame));
      stack.pop_back();
      continue;
    }
    if (frame.outcomes.empty()) continue;
    Model model = std::move(frame.outcomes.back());
    frame.outcomes.pop_back();
    std::optional<Frame> next = Advance(frame, std::move(model));
    if (!next) continue;
    if (Done(*next)) return Verdict::kLegal;
    if (++states_ > states_max) return Verdict::kUndecided;
    ListMoves(*next);
    stack.push_back(*std::move(next));
  }
  return Verdict::kIllegal;
}

std::optional<Search::Frame> Search::Advance(const Frame& frame, Model model) {
  const Move& move = frame.tried;
  const uint64_t objects = ObjectsAt(move);
  Frame next{.positions = frame.positions,
             .model = std::move(model),
             .floors = frame.floors,
             .loose = frame.loose};
  if (!TakeIn(frame, next.loose)) return std::nullopt;
  const Nanos floor = std::max(Floor(frame, objects), At(move).begin);
  for (uint64_t object = 0; object < object_count_; ++object) {
    if ((objects >> object & 1) != 0) next.floors[object] = floor;
  }
  next.positions[move.chain] = move.place + 1;
  if (SeenBefore(next)) return std::nullopt;
  std::vector<std::string> at_stake = Sightings::AtStake(At(move), frame.model);
  for (uint32_t place = frame.positions[move.chain]; place < move.place; ++place) {
    for (std::string& text : Sightings::AtStake(At({move.chain, place}), {})) {
      at_stake.push_back(std::move(text));
    }
  }
  if (sightings_.StayPossible(at_stake, next.positions, next.model)) return next;
  NoteDeadEnd(std::move(next));
  return std::nullopt;
}

bool Search::TakeIn(const Frame& frame, std::vector<Loose>& loose) const {
  const Move& move = frame.tried;
  const uint64_t objects = ObjectsAt(move);
  std::erase_if(loose, [&](const Loose& before) {
    return (before.objects & objects) != 0 || before.chain == move.chain;
  });
  const Operation& operation = At(move);
  const bool replies_first =
      operation.outcome == Operation::Outcome::kReplied && operation.end == Ceiling(frame);
  if (replies_first) return loose.empty();
  // What is taken at once stands where it need not, and matters to nothing.
  if (frame.is_settled) return true;
  loose.push_back({.objects = objects, .chain = move.chain});
  std::sort(loose.begin(), loose.end());
  return true;
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

Nanos Search::Floor(const Frame& frame, uint64_t objects) {
  Nanos floor{};
  for (uint64_t object = 0; object < frame.floors.size(); ++object) {
    if ((objects >> object & 1) != 0) floor = std::max(floor, frame.floors[object]);
  }
  return floor;
}

uint64_t Search::ObjectsBefore(const Frame& frame, uint32_t chain, Nanos moment) const {
  uint64_t objects = 0;
  const std::vector<const Operation*>& operations = chains_[chain];
  for (size_t place = frame.positions[chain]; place < operations.size(); ++place) {
    if (operations[place]->begin > moment) break;
    objects |= objects_[chain][place];
  }
  return objects;
}

uint32_t Search::MovesEnd(const Frame& frame, uint32_t chain, Nanos ceiling) const {
  const std::vector<const Operation*>& operations = chains_[chain];
  const auto size = static_cast<uint32_t>(operations.size());
  const uint32_t position = frame.positions[chain];
  uint32_t end = std::min(size, replied_from_[chain][position] + 1);
  while (end > position && operations[end - 1]->begin > ceiling) --end;
  return end;
}

uint64_t Search::ObjectsNext(const Frame& frame, uint32_t chain, Nanos moment) const {
  uint64_t objects = 0;
  const uint32_t end = MovesEnd(frame, chain, moment);
  for (uint32_t place = frame.positions[chain]; place < end; ++place) {
    objects |= objects_[chain][place];
  }
  return objects;
}

std::vector<bool> Search::ChainsThatMatter(const Frame& frame, Nanos ceiling) const {
  std::vector<bool> matter(chains_.size());
  std::vector<uint64_t> objects;
  uint64_t next = 0;
  for (uint32_t chain = 0; chain < chains_.size(); ++chain) {
    objects.push_back(ObjectsBefore(frame, chain, ceiling));
    const Operation* replied = FirstReplied(frame, chain);
    if (next != 0 || replied == nullptr || replied->end != ceiling) continue;
    matter[chain] = true;
    next = ObjectsNext(frame, chain, ceiling);
  }
  for (bool grows = true; grows;) {
    grows = false;
    for (uint32_t chain = 0; chain < chains_.size(); ++chain) {
      if (matter[chain] || (objects[chain] & next) == 0) continue;
      matter[chain] = grows = true;
      next |= ObjectsNext(frame, chain, ceiling);
    }
  }
  return matter;
}

void Search::ListMoves(Frame& frame) const {
  const Nanos ceiling = Ceiling(frame);
  const std::vector<bool> matters = ChainsThatMatter(frame, ceiling);
  for (uint32_t chain = 0; chain < chains_.size(); ++chain) {
    if (!matters[chain]) continue;
    const uint32_t end = MovesEnd(frame, chain, ceiling);
    for (uint32_t place = frame.positions[chain]; place < end; ++place) {
      const Move move{.chain = chain, .place = place};
      if (At(move).end >= Floor(frame, ObjectsAt(move))) frame.moves.push_back(move);
    }
  }
  // What replied first most likely happened first; what has no reply most likely never did. If that
  // was no good guess, any other may be a better one.
  const auto rank = [&](const Move& move) {
    const bool replied = At(move).outcome == Operation::Outcome::kReplied;
    const Operation* first = FirstReplied(frame, move.chain);
    const uint64_t lot =
        attempt_ == 0 ? 0 : MixBits(MixBits(attempt_ + move.chain) + move.place + states_);
    return std::tuple(!replied, lot, first == nullptr ? kForever : first->end, move.chain,
                      move.place);
  };
  std::sort(frame.moves.begin(), frame.moves.end(),
            [&](const Move& left, const Move& right) { return rank(left) > rank(right); });
}

bool Search::TryNextMove(Frame& frame) const {
  if (frame.moves.empty()) return false;
  frame.tried = frame.moves.back();
  frame.moves.pop_back();
  const Operation& operation = At(frame.tried);
  const uint64_t objects = ObjectsAt(frame.tried);
  const bool replied = operation.outcome == Operation::Outcome::kReplied;
  frame.outcomes = OutcomesOf(frame, operation);
  const auto changes_nothing = [&frame](const Model& model) {
    return model.Hash() == frame.model.Hash();
  };
  if (!replied) {
    std::erase_if(frame.outcomes, changes_nothing);
    return true;
  }
  // What is legal now, leaves the state as it is and began before something that has run already
  // can be moved here from wherever an order has it: there is no need to try another first.
  bool raises = false;
  for (uint64_t object = 0; object < object_count_; ++object) {
    raises |= (objects >> object & 1) != 0 && frame.floors[object] < operation.begin;
  }
  const bool leaves_none_out = frame.positions[frame.tried.chain] == frame.tried.place;
  frame.is_settled = leaves_none_out && !raises && frame.outcomes.size() == 1 &&
                     changes_nothing(frame.outcomes[0]);
  if (frame.is_settled) frame.moves.clear();
  return true;
}

std::vector<Model> Search::OutcomesOf(const Frame& frame, const Operation& operation) const {
  const bool replied = operation.outcome == Operation::Outcome::kReplied;
  const size_t count = operation.commands.size();
  if (replied && operation.is_transaction && operation.reply.children.size() != count) return {};
  std::vector<Outcome> before(1);
  const Nanos floor = Floor(frame, ObjectsOf(operation));
  before[0] = {frame.model, WindowOf(operation, floor, Ceiling(frame), bounds_)};
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
  std::vector<Model> models;
  for (Outcome& outcome : before) models.push_back(std::move(outcome.model));
  return models;
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
  uint64_t where = HashBytes(positions, 0);
  for (const Loose& loose : frame.loose) where = MixBits(where + loose.objects) + loose.chain;
  const auto [found, is_new] = seen_.emplace(std::pair(where, frame.model.Hash()), frame.floors);
  if (is_new) return false;
  // Whatever goes on from later floors goes on from earlier ones too.
  const auto no_later = [](const std::vector<Nanos>& left, const std::vector<Nanos>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), std::less_equal<>());
  };
  if (no_later(found->second, frame.floors)) return true;
  if (no_later(frame.floors, found->second)) found->second = frame.floors;
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
  if (frame.positions.empty()) return text;
  absl::StrAppend(&text, "state there:\n", frame.model.ToString());
  const Nanos ceiling = Ceiling(frame);
  absl::StrAppend(&text, "candidates to be next:\n");
  for (uint32_t chain = 0; chain < chains_.size(); ++chain) {
    const uint32_t end = MovesEnd(frame, chain, ceiling);
    for (uint32_t place = frame.positions[chain]; place < end; ++place) {
      const Operation& operation = At({chain, place});
      const Nanos floor = Floor(frame, objects_[chain][place]);
      if (operation.end < floor) continue;
      const Model::Window now = WindowOf(operation, floor, ceiling, bounds_);
      absl::StrAppend(&text, "  ", operation.ToString(), "  (log_time ", now.earliest.value, "..",
                      now.latest.value, ")\n");
    }
  }
  return text;
}

}  // namespace holdfast
