// All schedules with few departures from the ordinary course, fewest first; or random ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/cluster/explorer/world.h"

namespace holdfast::explorer {

struct SearchLimits {
  int departures = 2;
  uint64_t states = 1'000'000;
  double seconds = 1e9;
};

struct SearchResult {
  uint64_t states = 0;  // different ones of the last complete or begun round
  uint64_t steps = 0;
  int departures_complete = -1;  // every schedule with up to so many has been seen
  std::string violation;
  std::vector<Choice> trace;  // leads to it
};

// Exhaustive within the limits; stops at the first violation, which has the fewest departures.
SearchResult Search(const Bounds& bounds, const SearchLimits& limits);

// `walks` random schedules, each departing about `departures` times.
SearchResult Wander(const Bounds& bounds, uint64_t seed, uint64_t walks, int departures);

// Drops departures without which the violation still happens.
std::vector<Choice> Shrink(const Bounds& bounds, std::vector<Choice> trace);

// What happens along a trace, a line a step.
std::string Tell(const Bounds& bounds, const std::vector<Choice>& trace);

}  // namespace holdfast::explorer
