// World: one seed's life: a real node, simulated clients, faults, and the judges at the end.
//
//   boot | clients and faults, 10 to 30 s | faults end, clients finish | quiet | audit | judge
//
// Everything is drawn from the seed: the number of workers and clients, hot keys, network, clocks,
// and which classes of fault are on (each with probability one half). The seed fails if
//
// 1. the node refuses to start, breaks the protocol, or leaves a client without an answer after the
//    faults have ended;
// 2. no order of one Redis's commands explains what the clients saw (sim/check/linearizability.h);
// 3. keys whose deadline has passed are still counted once nobody has touched them for a while.
//
// The node runs without persistence: it is not killed once clients have written to it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "net/base/types.h"

namespace holdfast {

struct WorldOptions {
  uint64_t seed = 1;
  // Where every event goes as a line; null: nowhere.
  std::FILE* trace = nullptr;
};

struct WorldResult {
  // Empty, or what went wrong.
  std::string violation;
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  uint64_t operations = 0;
  uint64_t groups = 0;
  uint64_t undecided_groups = 0;
  uint64_t faults = 0;
  Nanos simulated{};
  bool ok() const { return violation.empty(); }
};

WorldResult RunWorld(const WorldOptions& options);

}  // namespace holdfast
