// Round: traffic, a fault under it, the fault's end, and what came of it.
//
//   traffic  ======================================================= last reads, digests, checker
//   fault              |hit --- until others answer again --- healed|
#pragma once

#include <cstdint>
#include <string>

#include "tools/kvctl/demo/servers.h"
#include "tools/kvctl/demo/traffic.h"

namespace holdfast::kvctl {

enum class Victim { kPrimary, kReplica, kRandom };

struct RoundOptions {
  int number = 1;
  Victim victim = Victim::kPrimary;
  Fault fault = Fault::kKill;
  TrafficOptions traffic;
};

struct RoundResult {
  int number = 0;
  std::string hit;
  bool hit_primary = false;
  Tally tally;
  double operations_per_second = 0;  // before the fault
  Nanos gap;  // longest time without an acknowledged write, from the fault on
  bool digests_equal = false;
  bool linearizable = false;
  uint64_t undecided = 0;
  std::string violation;

  bool ok() const {
    return linearizable && digests_equal && tally.lost == 0 && tally.stale == 0 &&
           tally.phantom == 0;
  }
};

// Leaves the servers healed. The record has everything that clients saw.
Result<RoundResult> RunRound(Servers& servers, const RoundOptions& options, Record& record);

}  // namespace holdfast::kvctl
