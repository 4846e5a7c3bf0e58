// How the demo tells what came of its rounds.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/kvctl/demo/round.h"

namespace holdfast::kvctl {

struct Summary {
  uint64_t rounds = 0;
  Tally tally;
  Nanos gap;                      // the longest
  uint64_t unequal = 0;           // rounds after which the servers did not hold the same
  uint64_t not_linearizable = 0;  // rounds that no order explains
  void Add(const RoundResult& result);
  bool ok() const {
    return unequal == 0 && not_linearizable == 0 && tally.lost == 0 && tally.stale == 0 &&
           tally.phantom == 0;
  }
};

// Lines of one table, each with its end.
std::string RoundHeader();
std::string RoundLine(const RoundResult& result);
// The last line: "20 rounds: 0 of 191,151 acknowledged writes lost, ...".
std::string SummaryLine(const Summary& summary);

nlohmann::json RoundJson(const RoundResult& result);
nlohmann::json SummaryJson(const Summary& summary);

}  // namespace holdfast::kvctl
