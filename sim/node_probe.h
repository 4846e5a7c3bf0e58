// NodeProbe: what the judges ask of a running node, answered from its driver.
#pragma once

#include "node/node.h"
#include "sim/cluster_probe.h"

namespace holdfast {

class NodeProbe final : public ClusterProbe {
 public:
  explicit NodeProbe(Node& node) : node_(node) {}
  NodeView View() const override;
  std::optional<LogPosition> PositionAt(Lsn lsn) const override;
  std::string Describe() const override;
  uint64_t Digest() const override;
  std::map<std::string, Model::Entry> Contents() const override;

 private:
  Node& node_;
};

}  // namespace holdfast
