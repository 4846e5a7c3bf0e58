// The group's window on a configuration.
#pragma once

#include "cluster/core/view.h"

namespace holdfast {

inline GroupView ViewOf(const ClusterConfiguration& configuration) {
  GroupView view{.version = configuration.version, .group = configuration.group};
  for (const NodeDescription& node : configuration.nodes) {
    if (!node.witness) view.data_nodes.push_back(node.id);
  }
  return view;
}

}  // namespace holdfast
