// Script: one run, written down: a seed, what differs from what the seed would draw, and what is
// left of its faults and operations.
//
//   # an acknowledged write is lost
//   profile cluster
//   seed 4711
//   knob clients 2
//   faults listed
//   fault 8001 crash at 3.250000000 node 2 for 0.700000000 when promotion
//   operations listed
//   operation 0 17 SET {t1}0 v0.3 PX 20
//
// Without "faults listed" the seed's own faults happen, without "operations listed" its clients ask
// for what they would ask anyway. An operation is named by its client and its number there; those
// that are not listed are left out, and cost neither draws nor time of the others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/check/history.h"
#include "sim/fault.h"
#include "sim/knobs.h"

namespace holdfast {

struct Script {
  using OperationName = std::pair<uint32_t, uint64_t>;  // client, number

  Profile profile = Profile::kSingle;
  uint64_t seed = 1;
  std::map<std::string, int64_t> knobs;
  std::optional<std::vector<Fault>> faults;
  std::optional<std::map<OperationName, std::vector<Command>>> operations;

  // What the run is made of.
  Knobs AllKnobs() const;
  std::vector<Fault> AllFaults() const;
  std::string ToString() const;
};

absl::StatusOr<Script> ParseScript(absl::string_view text);

}  // namespace holdfast
