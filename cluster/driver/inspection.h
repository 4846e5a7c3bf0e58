// Inspection: what one node finds when it calls on another one's peer port.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cluster/core/identity.h"
#include "net/runtime/stream.h"

namespace holdfast {

// What a node says of itself.
struct NodeFacts {
  bool empty = false;
  bool witness = false;
  uint64_t cluster_id = 0;  // 0: of no cluster
  std::string version;
  int64_t wall_ms = 0;
};

struct Inspection {
  Address peer;
  absl::Status status;  // why it could not be reached; OK: the rest is good
  Identity identity;
  NodeFacts facts;
  double round_trip_ms = 0;
  double clock_offset_ms = 0;  // its wall clock less ours, to within half a round trip
};

std::string EncodeFacts(const NodeFacts& facts);
absl::StatusOr<NodeFacts> DecodeFacts(absl::string_view bytes);

}  // namespace holdfast
