// Whether a node is alive, ready, the primary, a good replica: what load balancers and
// orchestrators ask, answered from the same sources as everything else.
#pragma once

#include <optional>
#include <string>

#include "net/base/types.h"

namespace holdfast {

class Node;

struct Health {
  bool good = false;
  std::string text;  // one line
};

// All on any thread.

// It answers reads.
Health Readiness(Node& node);
Health PrimaryHealth(Node& node);
// It answers reads of those who set READONLY, from data no older than `lag_max`.
Health ReplicaHealth(Node& node, std::optional<Millis> lag_max);

}  // namespace holdfast
