// NodeDoors: by which doors clients come to a node, beyond what the configuration lists.
//
// It depends on how the node was started, not on what the voters agreed on; so nodes tell each
// other when they meet, and forget with the process.
//
//   sentinel port 2 | announced client port 2 | announced host name
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace holdfast {

struct NodeDoors {
  uint16_t sentinel_port = 0;  // 0: it has none
  uint16_t client_port = 0;    // 0: the one in the configuration
  std::string hostname;        // may be empty
  bool operator==(const NodeDoors&) const = default;
};

std::string EncodeDoors(const NodeDoors& doors);
absl::StatusOr<NodeDoors> DecodeDoors(absl::string_view bytes);

}  // namespace holdfast
