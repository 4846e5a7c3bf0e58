// A List does what a std::deque of strings does, in both encodings, for limits so tight that every
// few elements make a chunk, and while the limits change.

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

using Model = std::deque<std::string>;

enum class Action {
  kPush,
  kPop,
  kSet,
  kInsert,
  kErase,
  kEraseRange,
  kRemoveMatches,
  kClone,
};

struct Step {
  Action action;
  size_t position;  // taken modulo what exists
  size_t length;
  bool other_way;
  std::vector<std::string> values;
};

// Few distinct values, so that removals match; integers and texts of all head sizes among them.
rc::Gen<std::string> AnyValue() {
  return rc::gen::weightedOneOf<std::string>(
      {{6, rc::gen::element<std::string>("a", "b", "", "1", "-1", "200", "007", "70000")},
       {3, rc::gen::arbitrary<std::string>()},
       {2, rc::gen::map(rc::gen::inRange<int64_t>(INT64_MIN, INT64_MAX),
                        [](int64_t value) { return std::to_string(value); })},
       {1, rc::gen::map(rc::gen::inRange<size_t>(0, 6000),
                        [](size_t size) { return std::string(size, 'z'); })}});
}

rc::Gen<Step> AnyStep() {
  return rc::gen::build<Step>(
      rc::gen::set(
          &Step::action,
          rc::gen::map(rc::gen::weightedElement<int>(
                           {{8, 0}, {4, 1}, {3, 2}, {6, 3}, {2, 4}, {1, 5}, {1, 6}, {1, 7}}),
                       [](int number) { return static_cast<Action>(number); })),
      rc::gen::set(&Step::position, rc::gen::inRange<size_t>(0, 10'000)),
      rc::gen::set(&Step::length, rc::gen::inRange<size_t>(0, 40)),
      rc::gen::set(&Step::other_way, rc::gen::arbitrary<bool>()),
      rc::gen::set(&Step::values,
                   rc::gen::resize(12, rc::gen::container<std::vector<std::string>>(AnyValue()))));
}

rc::Gen<ListLimits> AnyLimits() {
  return rc::gen::map(rc::gen::element<int64_t>(1, 2, 3, 5, 8, 64, -1, -2, -5),
                      [](int64_t directive) { return ListLimits::FromDirective(directive); });
}

size_t RemoveFromModel(Model& model, const std::string& value, int64_t count) {
  if (count < 0) std::reverse(model.begin(), model.end());
  const size_t limit = count == 0 ? model.size() : static_cast<size_t>(std::abs(count));
  size_t removed = 0;
  std::erase_if(model, [&](const std::string& element) {
    if (element != value || removed == limit) return false;
    ++removed;
    return true;
  });
  if (count < 0) std::reverse(model.begin(), model.end());
  return removed;
}

// Applies a step to both.
class Pair {
 public:
  void Apply(const Step& step, const ListLimits& limits) {
    const std::string value = step.values.empty() ? "" : step.values.front();
    const size_t position = model_.empty() ? 0 : step.position % model_.size();
    if (step.action == Action::kPush) return Push(step, limits);
    if (step.action == Action::kClone) return static_cast<void>(list_ = list_.Clone());
    if (step.action == Action::kEraseRange) return EraseRange(step, limits);
    if (model_.empty()) return;
    switch (step.action) {
      case Action::kPop:
        return Pop(step, limits);
      case Action::kSet:
        list_.Set(position, value, limits);
        model_[position] = value;
        return;
      case Action::kInsert:
        return Insert(position, step.other_way, value, limits);
      case Action::kErase: {
        const auto next = list_.Erase(list_.CursorAt(position), limits);
        model_.erase(model_.begin() + static_cast<ptrdiff_t>(position));
        RC_ASSERT(next.Valid() == (position < model_.size()));
        if (next.Valid()) RC_ASSERT(next.Get().ToString() == model_[position]);
        return;
      }
      default: {
        const std::string wanted = model_[position];
        const int64_t count = static_cast<int64_t>(step.length) - 20;
        const int64_t few = step.other_way ? count : count / 8;
        RC_ASSERT(list_.RemoveMatches(wanted, few, limits) == RemoveFromModel(model_, wanted, few));
      }
    }
  }

  void Compare() const {
    list_.CheckInvariants();
    RC_ASSERT(list_.Size() == model_.size());
    RC_ASSERT(!model_.empty() || list_.MemoryBytes() == 0 || list_.Encoding() == "quicklist");
    auto forward = list_.CursorAt(0);
    for (const std::string& value : model_) {
      RC_ASSERT(forward.Valid());
      RC_ASSERT(forward.Get().ToString() == value);
      forward.Next();
    }
    RC_ASSERT(!forward.Valid());
    if (model_.empty()) return;
    auto backward = list_.CursorAt(model_.size() - 1);
    for (auto value = model_.rbegin(); value != model_.rend(); ++value) {
      RC_ASSERT(backward.Valid());
      RC_ASSERT(backward.Get().ToString() == *value);
      backward.Previous();
    }
    RC_ASSERT(!backward.Valid());
  }

  void CompareAt(size_t position) const {
    if (model_.empty()) return;
    position %= model_.size();
    RC_ASSERT(list_.At(position).ToString() == model_[position]);
  }

  // An eighth of slack, and half a block for those that just shrank.
  void CheckDensity() const {
    size_t text_bytes = 0;
    for (const std::string& value : model_) text_bytes += value.size() + 15;
    const size_t chunks_max = model_.size();
    RC_ASSERT(list_.MemoryBytes() <= 3 * text_bytes + 100 * chunks_max + 300);
  }

 private:
  void Push(const Step& step, const ListLimits& limits) {
    const std::vector<absl::string_view> views(step.values.begin(), step.values.end());
    list_.Push(step.other_way ? ListEnd::kFront : ListEnd::kBack, views, limits);
    for (const std::string& value : step.values) {
      step.other_way ? model_.push_front(value) : model_.push_back(value);
    }
  }

  void Pop(const Step& step, const ListLimits& limits) {
    const ListEnd end = step.other_way ? ListEnd::kFront : ListEnd::kBack;
    for (size_t i = 0; i <= step.length / 4 && !model_.empty(); ++i) {
      const std::string expected = step.other_way ? model_.front() : model_.back();
      RC_ASSERT(list_.Pop(end, limits) == expected);
      step.other_way ? model_.pop_front() : model_.pop_back();
    }
  }

  void Insert(size_t position, bool behind, const std::string& value, const ListLimits& limits) {
    list_.Insert(list_.CursorAt(position), behind ? ListSide::kAfter : ListSide::kBefore, value,
                 limits);
    model_.insert(model_.begin() + static_cast<ptrdiff_t>(position + (behind ? 1 : 0)), value);
  }

  void EraseRange(const Step& step, const ListLimits& limits) {
    const size_t first = step.position % (model_.size() + 1);
    const size_t count = std::min(step.length, model_.size() - first);
    const List whole = list_.EraseRange(first, count, limits);
    whole.CheckInvariants();
    RC_ASSERT(whole.Size() <= count);
    const auto begin = model_.begin() + static_cast<ptrdiff_t>(first);
    model_.erase(begin, begin + static_cast<ptrdiff_t>(count));
  }

  List list_;
  Model model_;
};

RC_GTEST_PROP(ListProperty, BehavesLikeADequeOfStrings, ()) {
  const ListLimits limits = *AnyLimits();
  const auto steps = *rc::gen::scale(2.0, rc::gen::container<std::vector<Step>>(AnyStep()));
  Pair pair;
  for (const Step& step : steps) {
    pair.Apply(step, limits);
    pair.CompareAt(step.length);
    pair.Compare();
  }
  pair.CheckDensity();
}

RC_GTEST_PROP(ListProperty, BehavesLikeADequeWhileLimitsChange, ()) {
  const auto steps = *rc::gen::container<std::vector<Step>>(AnyStep());
  Pair pair;
  for (const Step& step : steps) {
    pair.Apply(step, *AnyLimits());
    pair.Compare();
  }
}

// Enough chunks for several segments of the directory.
RC_GTEST_PROP(ListProperty, BehavesLikeADequeWithManySegments, ()) {
  const ListLimits limits = ListLimits::FromDirective(2);
  Pair pair;
  std::vector<std::string> numbers;
  for (int i = 0; i < 1500; ++i) numbers.push_back(std::to_string(i % 50));
  pair.Apply(
      {.action = Action::kPush, .position = 0, .length = 0, .other_way = false, .values = numbers},
      limits);
  pair.Apply(
      {.action = Action::kPush, .position = 0, .length = 0, .other_way = true, .values = numbers},
      limits);
  const auto steps = *rc::gen::container<std::vector<Step>>(AnyStep());
  for (Step step : steps) {
    if (step.action == Action::kEraseRange) step.length *= 20;
    pair.Apply(step, limits);
    pair.CompareAt(step.position);
  }
  pair.Compare();
}

RC_GTEST_PROP(ListProperty, ShrinksToPackedOnlyWithinHalfTheLimit,
              (uint8_t pushed, uint8_t popped)) {
  const ListLimits limits = ListLimits::FromDirective(*rc::gen::inRange(1, 40));
  List list;
  for (int i = 0; i < pushed; ++i) list.Push(ListEnd::kBack, "v", limits);
  RC_ASSERT((list.Encoding() == "listpack") == (pushed <= *limits.elements));
  for (int i = 0; i < popped && list.Size() > 0; ++i) list.Drop(ListEnd::kBack, limits);
  if (list.Size() == 0) return;
  const bool stayed = pushed <= *limits.elements;
  RC_ASSERT((list.Encoding() == "listpack") == (stayed || 2 * list.Size() <= *limits.elements));
}

}  // namespace
}  // namespace holdfast
