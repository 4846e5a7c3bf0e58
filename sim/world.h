// World: one seed's life: real nodes, simulated clients, faults, and the judges at the end.
//
//   boot | clients, faults | heal, quiet check | faults | heal a core | clients finish | quiet |
//   audit | judge
//
// Everything is drawn from the seed or said by a script (sim/script.h): machines, clients, network,
// clocks, and which faults happen when. The life is red if
//
// 1. a node refuses to start, breaks the protocol, or leaves a client without an answer after the
//    faults have ended;
// 2. an invariant breaks (sim/check/invariants.h), the group does not come to rest after healing,
// or
//    its members differ then;
// 3. the log, replayed in the model, gives other replies than the clients saw (sim/check/replay.h);
// 4. no order of one Redis's commands explains what the clients saw (sim/check/linearizability.h);
// 5. keys whose deadline has passed are still counted once nobody has touched them for a while.
//
// A single node is ended only if it keeps a log on its disk.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "net/base/types.h"
#include "sim/script.h"
#include "sim/story.h"

namespace holdfast {

struct WorldOptions {
  Script script;
  // Where every event goes as a line; null: nowhere.
  std::FILE* trace = nullptr;
  // Told what happened; null: nobody is. It has a column for each machine.
  Story* story = nullptr;
  // Whether the result's script lists what happened.
  bool record = false;
};

struct WorldResult {
  // Empty, or what went wrong; its first word or number tells the judge.
  std::string violation;
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  uint64_t operations = 0;
  uint64_t groups = 0;
  uint64_t undecided_groups = 0;
  std::string undecided;  // the furthest that the search came in those
  uint64_t replayed = 0;
  uint64_t faults = 0;
  Nanos simulated{};
  // With WorldOptions::record: the run with all its faults and operations listed.
  Script script;
  bool ok() const { return violation.empty(); }
};

WorldResult RunWorld(const WorldOptions& options);

}  // namespace holdfast
