// Who is meant, and how far a history goes.
//
// A node keeps its NodeId for as long as it keeps its data directory; an Incarnation is 64 random
// bits, new at each start of the process. Sets, leases and acks name both: a node that was started
// again has lost its memory, and is not the one that gave its word.
#pragma once

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>
#include <tuple>

#include "absl/strings/str_format.h"
#include "net/base/types.h"

namespace holdfast {

struct NodeId {
  uint64_t value = 0;  // 0: nobody
  auto operator<=>(const NodeId&) const = default;
};

struct Incarnation {
  uint64_t value = 0;
  auto operator<=>(const Incarnation&) const = default;
};

struct Identity {
  NodeId node;
  Incarnation incarnation;
  auto operator<=>(const Identity&) const = default;
  auto Fields() const { return std::tie(node, incarnation); }
  // Sixteen hexadecimal digits of the node, a colon, and the incarnation's.
  std::string ToString() const {
    return absl::StrFormat("%016x:%016x", node.value, incarnation.value);
  }
};

inline std::ostream& operator<<(std::ostream& out, Identity identity) {
  return out << identity.ToString();
}

}  // namespace holdfast
