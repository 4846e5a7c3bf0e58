// Making a cluster of nodes that are in none.
#pragma once

#include <string>
#include <vector>

#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

struct CreateOptions {
  std::string name;
  // The first one is told to create the cluster, and is its first primary.
  std::vector<NodeDescription> nodes;
  bool ask = true;  // for consent
};

// Looks at all pairs first; nothing is changed unless all is well. Nodes that are this cluster
// already are left as they are. Nothing is returned after a dry run.
Result<std::optional<ClusterView>> Create(Session& session, const CreateOptions& options);

// "shop is up: primary n1, ...", and what to do next.
std::string CreatedText(const ClusterView& view);

}  // namespace holdfast::kvctl
