// ServerGroup: three kvnode processes that are one cluster, to be asked through one that does not
// lead.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/support/server_process.h"

namespace holdfast {

class ServerGroup {
 public:
  // Returns once all are in sync and the replica answers what it passes on. The options are of each
  // node.
  static absl::StatusOr<std::unique_ptr<ServerGroup>> Start(const ServerProcess::Options& options);

  ServerProcess& replica() { return *nodes_.back(); }

 private:
  ServerGroup() = default;
  absl::Status Found(const std::vector<int>& peer_ports);

  std::vector<std::unique_ptr<ServerProcess>> nodes_;  // the primary first
};

}  // namespace holdfast
