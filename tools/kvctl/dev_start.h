// From a plan of local processes to a cluster that serves.
#pragma once

#include <string>
#include <vector>

#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/dev_cluster.h"
#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

inline constexpr char kDevDirectoryDefault[] = "holdfast-dev";
inline constexpr int kDevPortDefault = 7001;

struct DevStartOptions {
  std::string name = "dev";
  std::vector<std::string> flags;  // for kvnode
};

// kvnode, which stands beside kvctl.
Result<std::string> NodeBinary();

// Starts what does not run, makes a cluster of it unless it is one, and waits until it serves. The
// session is at its first node then.
Result<ClusterView> StartDevCluster(Session& session, DevCluster& cluster,
                                    const DevStartOptions& options);

}  // namespace holdfast::kvctl
