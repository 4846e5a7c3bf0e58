// A node joins a cluster: what add-node and replace-node share.
#pragma once

#include <string>

#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

// Whether the node is in the configuration already, which makes it the one that is listed. It gets
// a name if it has none; a failure if name or address are another's.
Result<bool> FindListed(const ClusterView& view, NodeDescription* node);

// Whether everybody reaches it, and it is empty and in no cluster. Warnings go to stderr.
Done CheckNewcomer(const Session& session, const ClusterView& view, const NodeDescription& node);

struct Joining {
  NodeDescription node;
  bool voter = false;
};

// Tells the cluster, at the version of `view`.
Done Join(const Session& session, const ClusterView& view, const Joining& joining);

// Waits until the node is in sync, showing how far it is.
Result<ClusterView> AwaitInSync(const Session& session, const std::string& name, Nanos patience);

}  // namespace holdfast::kvctl
