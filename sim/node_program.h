// NodeProgram: a node as a program on a simulated machine.
#pragma once

#include <utility>

#include "node/config/config.h"
#include "node/node.h"
#include "sim/sim_runtime.h"

namespace holdfast {

class NodeProgram : public SimProgram {
 public:
  NodeProgram(Runtime& runtime, Config config)
      : NodeProgram(runtime, Node::Options{.config = std::move(config)}) {}
  NodeProgram(Runtime& runtime, Node::Options options) : node_(runtime, std::move(options)) {
    node_.Start([this](absl::Status status) {
      started_ = true;
      status_ = std::move(status);
    });
  }
  // Whether Start has reported, and what.
  bool started() const { return started_; }
  const absl::Status& status() const { return status_; }
  Node& node() { return node_; }

 private:
  Node node_;
  bool started_ = false;
  absl::Status status_;
};

}  // namespace holdfast
