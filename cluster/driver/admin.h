// ClusterAdmin: what operators change about a cluster, as compare-and-sets of its configuration.
//
//   create        look at every node; found the cluster here, then at each of them; begin epoch 1
//   add node      look at it; list it; if it is to vote, make it a voter, in two rounds
//   remove node   take its vote (in two rounds); take it off the lists
//
// 1. Nothing is changed before everything has been looked at.
// 2. What failed half way can be asked for again: what is there already counts as done.
// 3. Each change is bound to the version that the operator saw.
//
// On the cluster thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/core/configuration.h"
#include "cluster/driver/inspection.h"
#include "cluster/register/config_register.h"
#include "net/peer/connection.h"

namespace holdfast {

class ClusterDriver;

class ClusterAdmin {
 public:
  explicit ClusterAdmin(ClusterDriver& driver) : driver_(driver) {}

  using Inspected = absl::AnyInvocable<void(std::vector<Inspection>)>;
  // One result per address, in their order.
  void Inspect(std::vector<Address> peers, Inspected done);

  struct Founding {
    std::string name;
    std::vector<NodeDescription> nodes;  // without ids; the first is this one
  };
  void Create(Founding founding, StatusHandler done);

  struct Joining {
    NodeDescription node;  // without id
    uint64_t expected_version = 0;
    bool voter = false;
  };
  void AddNode(Joining joining, StatusHandler done);

  struct Leaving {
    std::string name;
    uint64_t expected_version = 0;
    bool force = false;  // also below min-in-sync
  };
  void RemoveNode(const Leaving& leaving, StatusHandler done);

  // The second round of a voter change that is under way, here or where it was left undone.
  void SettleVoters(StatusHandler done);

  // Questions of other nodes' admins.
  absl::Status OnPeerFrame(Identity from, PeerConnection& connection, const Frame& frame);

 private:
  // Why a node may not be removed.
  absl::Status CheckLeaving(const ClusterConfiguration& configuration,
                            const Leaving& leaving) const;
  void Found(const ClusterConfiguration& configuration, StatusHandler done);
  void FoundElsewhere(std::shared_ptr<const ClusterConfiguration> configuration, size_t index,
                      StatusHandler done);
  absl::StatusOr<GroupConfiguration> FirstGroup(const ClusterConfiguration& configuration,
                                                const std::vector<Inspection>& found) const;
  absl::StatusOr<ClusterConfiguration> Draft(const Founding& founding,
                                             const std::vector<Inspection>& inspections);
  // Replaces the known configuration, if it still is at the version, by what `change` makes of it.
  void Change(uint64_t expected_version,
              absl::AnyInvocable<absl::Status(ClusterConfiguration&)> change, StatusHandler done);
  void AddVoter(NodeId id, StatusHandler done);

  ClusterDriver& driver_;
};

}  // namespace holdfast
