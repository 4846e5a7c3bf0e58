// Waiting for the cluster to be in some state.
#pragma once

#include <functional>
#include <string>

#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

struct Awaited {
  std::string what;  // "n4 is in sync"
  std::function<bool(const ClusterView&)> holds;
  std::function<void(const ClusterView&)> show;  // after each look; may be empty
  Nanos patience;
  std::string goes_on;  // what continues without us when the user leaves; may be empty
};

// Looks again and again. A node that cannot be reached yet is waited for; being told that the
// command line is wrong is not. A failure when patience ends (exit 6, with the state), or when
// interrupted (130).
Result<ClusterView> Await(const Session& session, const Awaited& awaited);

}  // namespace holdfast::kvctl
