// The black-box checker: could one Redis, executing one operation at a time, have given these
// replies?
//
// It looks for an order of the operations that agrees with real time (what ended before another
// began comes first), with the order on each connection, and with every reply, by the search of
// Wing and Gong with Lowe's memory of states that were already seen to lead nowhere. Keys that
// never meet in a command are checked apart.
//
//   connection 1   | SET a 1 -> OK |          | GET a -> 2 |
//   connection 2        |  SET a 2 -> ?  (no reply: takes effect before `end`, or never)
//
// Deadlines. Log_time is known within bounds, so a deadline set by a command is an interval, and at
// each command on such a key there may be two branches:
//
// 1. Alive, if some log_time possible at the command is before the deadline's latest value.
// 2. Expired, if some possible log_time has reached its earliest value. The key is then erased:
// what was
//    seen as gone does not come back.
// 3. A command runs no earlier than everything ordered before it began, and no later than anything
// not
//    yet ordered replied; log_time is bounded accordingly. A read that begins after the deadline
//    must therefore be nil.
// 4. A reply with a remaining time or a deadline narrows the interval (sim/model.h).
//
// The work per group of keys is bounded; a group that exceeds it counts as undecided, not as wrong.
#pragma once

#include <cstdint>
#include <string>

#include "net/base/limits.h"
#include "sim/check/history.h"
#include "sim/check/log_time_bounds.h"

namespace holdfast {

struct LinearizabilityResult {
  // Empty, or what no order explains: the operations at the furthest point any order reached.
  std::string violation;
  uint64_t groups = 0;
  uint64_t undecided_groups = 0;
  std::string undecided;  // where the search was in those
  uint64_t states = 0;    // visited
  bool ok() const { return violation.empty(); }
};

struct LinearizabilityOptions {
  uint64_t states_per_group_max = limits::kCheckerStatesMax;
};

LinearizabilityResult CheckLinearizability(const History& history, const LogTimeBounds& bounds,
                                           const LinearizabilityOptions& options = {});

}  // namespace holdfast
