// DevCluster: node processes of one cluster on this machine, kept in one directory.
//
//   DIR/dev.json         addresses, processes, flags   written after each start
//   DIR/secret           cluster-secret                readable by its owner only
//   DIR/n1 DIR/n2 ...    a node's own directory, with its output in kvnode.log
//
// 1. Only processes that were started here are ever signalled (see dev_process.h).
// 2. The secret travels in the environment, which only the owner can read, not in the arguments.
// 3. Nodes listen on 127.0.0.1, or where their place says, unless further flags say otherwise.
// 4. A node that is started again gets the flags of the last start that had any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/core/configuration.h"
#include "tools/kvctl/dev_process.h"
#include "tools/kvctl/failure.h"

namespace holdfast::kvctl {

struct DevNode {
  NodeDescription description;
  DevProcess process;
  std::vector<std::string> prefix;  // what its command is put behind
};

// Where a node is to run.
struct DevPlace {
  std::string host = "127.0.0.1";
  std::vector<std::string> prefix;
};

class DevCluster {
 public:
  // What the directory says; no nodes if there is none.
  static Result<DevCluster> Load(const std::string& directory);

  const std::vector<DevNode>& nodes() const { return nodes_; }
  const std::string& directory() const { return directory_; }
  std::vector<NodeDescription> Descriptions() const;

  // Names n1, n2 ...; client ports from `base_port` on. Only while there are no nodes.
  void Plan(const std::vector<DevPlace>& places, uint16_t base_port);
  // Starts what does not run. `flags` go to the nodes last; without any those of the last start do.
  Done StartAll(const std::string& binary, const std::vector<std::string>& flags);
  // A failure if a node's process has ended; it shows the end of its log.
  Done CheckAlive() const;
  // Asks the processes to end and waits; kills those that do not. Returns how many ran.
  Result<int> StopAll();
  // The nodes' directories and our own files; what else is in the directory stays.
  void Erase() const;

 private:
  explicit DevCluster(std::string directory) : directory_(std::move(directory)) {}

  std::string DirectoryOf(const DevNode& node) const;
  Result<std::string> Secret() const;
  Done Start(const std::string& binary, const std::string& secret, DevNode* node);
  Done Save() const;

  std::string directory_;
  std::vector<DevNode> nodes_;
  std::vector<std::string> flags_;
};

}  // namespace holdfast::kvctl
