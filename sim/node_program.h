// NodeProgram: a node as a program on a simulated machine.
#pragma once

#include <memory>
#include <utility>

#include "node/config/config.h"
#include "node/node.h"
#include "sim/deployment.h"
#include "sim/node_probe.h"

namespace holdfast {

class NodeProgram : public NodeLike {
 public:
  NodeProgram(Runtime& runtime, Config config)
      : NodeProgram(runtime, Node::Options{.config = std::move(config)}) {}
  NodeProgram(Runtime& runtime, Node::Options options)
      : node_(runtime, std::move(options)), probe_(node_) {
    node_.Start([this](absl::Status status) {
      started_ = true;
      status_ = std::move(status);
    });
  }
  bool started() const override { return started_; }
  const absl::Status& status() const override { return status_; }
  const ClusterProbe* probe() const override {
    return started_ && node_.membership() != nullptr ? &probe_ : nullptr;
  }
  Node& node() { return node_; }

 private:
  Node node_;
  NodeProbe probe_;
  bool started_ = false;
  absl::Status status_;
};

// The directives of one node of a deployment.
Config NodeConfig(const Deployment::NodeOptions& options);

// A Deployment::NodeFactory.
std::unique_ptr<NodeLike> MakeNode(Runtime& runtime, const Deployment::NodeOptions& options);

}  // namespace holdfast
