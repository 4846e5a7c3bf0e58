#include "tests/cluster/explorer/search.h"

#include <chrono>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "net/base/random.h"

namespace holdfast::explorer {
namespace {

using Clock = std::chrono::steady_clock;

class Round {
 public:
  Round(const SearchLimits& limits, Clock::time_point begin) : limits_(limits), begin_(begin) {}

  // Follows the ordinary course from here, and departs from it wherever some departures are left.
  bool Explore(World world, int departures) {
    const size_t depth = trace.size();
    while (true) {
      if (!world.violation().empty()) {
        violation = world.violation();
        return true;
      }
      auto [place, is_new] = seen_.try_emplace(world.Digest(), departures);
      if (!is_new) {
        if (place->second >= departures) break;
        place->second = departures;
      }
      if (seen_.size() > limits_.states || IsLate()) {
        cut_short = true;
        break;
      }
      if (departures > 0) {
        for (Choice choice : world.Choices()) {
          World next = world;
          next.Take(choice);
          ++steps;
          trace.push_back(choice);
          if (Explore(std::move(next), departures - 1)) return true;
          trace.pop_back();
          if (cut_short) break;
        }
      }
      ++steps;
      trace.push_back({});
      if (cut_short || !world.Take({})) break;
    }
    trace.resize(depth);
    return false;
  }

  uint64_t states() const { return seen_.size(); }

  uint64_t steps = 0;
  bool cut_short = false;
  std::string violation;
  std::vector<Choice> trace;

 private:
  bool IsLate() const {
    if (steps % 1024 != 0) return false;
    return std::chrono::duration<double>(Clock::now() - begin_).count() > limits_.seconds;
  }

  const SearchLimits& limits_;
  Clock::time_point begin_;
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, int> seen_;
};

// The violation a trace leads to, possibly after going on to the end.
std::string Outcome(const Bounds& bounds, const std::vector<Choice>& trace) {
  World world(bounds);
  for (Choice choice : trace) {
    if (!world.violation().empty()) break;
    world.Take(choice);
  }
  while (world.violation().empty() && world.Take({})) {
  }
  return world.violation();
}

}  // namespace

SearchResult Search(const Bounds& bounds, const SearchLimits& limits) {
  SearchResult result;
  const auto begin = Clock::now();
  for (int departures = 0; departures <= limits.departures; ++departures) {
    Round round(limits, begin);
    const bool found = round.Explore(World(bounds), departures);
    result.states = round.states();
    result.steps += round.steps;
    if (found) {
      result.violation = round.violation;
      result.trace = round.trace;
      break;
    }
    if (round.cut_short) break;
    result.departures_complete = departures;
  }
  return result;
}

SearchResult Wander(const Bounds& bounds, uint64_t seed, uint64_t walks, int departures) {
  SearchResult result;
  const World start(bounds);
  // A run takes about this many steps, over which the departures are spread.
  const int steps_expected = bounds.ticks * 14;
  for (uint64_t walk = 0; walk < walks; ++walk) {
    Prng random(seed + walk);
    World world = start;
    std::vector<Choice> trace;
    bool goes_on = true;
    while (goes_on && world.violation().empty()) {
      Choice choice;
      const uint64_t odds = world.IsAtTick() ? 8 : 1;
      if (random.Below(static_cast<uint64_t>(steps_expected)) <
          odds * static_cast<uint64_t>(departures) / 2) {
        const std::vector<Choice> choices = world.Choices();
        if (!choices.empty()) choice = choices[random.Below(choices.size())];
      }
      trace.push_back(choice);
      goes_on = world.Take(choice);
      ++result.steps;
    }
    if (!world.violation().empty()) {
      result.violation = world.violation();
      result.trace = std::move(trace);
      result.states = walk + 1;
      return result;
    }
  }
  result.states = walks;
  return result;
}

std::vector<Choice> Shrink(const Bounds& bounds, std::vector<Choice> trace) {
  for (size_t at = trace.size(); at-- > 0;) {
    if (trace[at].kind == Choice::Kind::kGoOn) continue;
    std::vector<Choice> shorter = trace;
    shorter.erase(shorter.begin() + static_cast<int64_t>(at));
    if (!Outcome(bounds, shorter).empty()) trace = std::move(shorter);
  }
  return trace;
}

std::string Tell(const Bounds& bounds, const std::vector<Choice>& trace) {
  World world(bounds);
  world.Narrate();
  std::string story;
  for (size_t at = 0; world.violation().empty(); ++at) {
    const bool goes_on = world.Take(at < trace.size() ? trace[at] : Choice{});
    absl::StrAppend(&story, world.happened(), "\n");
    if (!goes_on) break;
  }
  absl::StrAppend(&story, "=> ", world.violation().empty() ? "nothing" : world.violation(), "\n");
  return story;
}

}  // namespace holdfast::explorer
