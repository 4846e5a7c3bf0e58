// The planted bugs: mistakes that the simulator can switch on by name
// (net/base/planted_bug.h), each with what an oracle should see of it.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sim/knobs.h"

namespace holdfast {

struct PlantedBug {
  absl::string_view name;
  absl::string_view mistake;
  // Where it is to be seen.
  Profile profile = Profile::kCluster;
  // It needs what the simulated nodes do not do yet (a log that outlives its process), or a moment
  // that seeds rarely meet, or something else stands before it (a frame's checksum before a
  // record's): the stories of tests/scenarios or a unit test see it, and the hunt passes it over.
  bool told = false;
};

absl::Span<const PlantedBug> PlantedBugs();
// Switches one on for the rest of the process; false if there is no such bug.
bool PlantBug(absl::string_view name);

}  // namespace holdfast
