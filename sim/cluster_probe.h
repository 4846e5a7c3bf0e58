// ClusterProbe: what the judges of a run may ask a running node about its place in the cluster.
//
// The program that runs a node in the simulator implements it on the node's driver. Asking changes
// nothing, costs no virtual time, and happens between the node's events.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/core/configuration.h"
#include "net/base/types.h"
#include "sim/model.h"

namespace holdfast {

// What a primary believes of another identity.
struct PeerView {
  Identity identity;
  uint64_t session = 0;  // 0: none, and no acknowledgement counts
  Lsn held;
  // By the primary's clock: when the last heartbeat that was answered had been sent, and until when
  // the lease lasts that it has granted with that; 0: it has none.
  Nanos answered_sent{};
  Nanos granted_until{};
};

struct NodeView {
  enum class Role : uint8_t {
    kNone,     // starting, or not part of a cluster
    kWitness,  // votes, holds no data
    kWaiting,  // restarted; the group has yet to hear from others
    kLearner,
    kReplica,
    kPrimary,
    kLost,  // refuses: every in-sync copy is gone
  };
  Role role = Role::kNone;
  Identity identity;
  Epoch epoch;
  // Until when, by its own monotonic clock, it may answer; a moment in the past: it may not.
  Nanos may_serve_until{};
  // Of its grant to the primary: until when, by its own monotonic clock, it will not campaign; 0:
  // not known.
  Nanos grace_until{};

  // The configuration it knows.
  uint64_t configuration_version = 0;
  std::vector<NodeId> voters;
  std::vector<NodeId> next_voters;  // while they are being changed
  std::vector<Identity> in_sync;
  int64_t data_nodes = 0;  // that are listed
  // Its own proposal whose outcome is not certain: the epoch (0: there is none) and the set.
  Epoch proposed_epoch;
  std::vector<Identity> proposed_in_sync;
  std::vector<PeerView> peers;  // of a primary
  uint64_t session = 0;         // of a follower, with its primary; 0: none

  Lsn commit;
  Lsn applied;
  LogPosition tail;
  Millis log_time;  // 0: not known
  // Of a finished snapshot cut or received here: where it was cut. 0: none.
  Lsn snapshot_at;

  // What must go back to nothing when a cluster is at rest.
  uint64_t held_replies = 0;
  uint64_t backlog_records = 0;
  uint64_t open_changes = 0;
  uint64_t open_snapshots = 0;
  uint64_t stray_clients = 0;  // sessions of clients that no node passes on any more
};

class ClusterProbe {
 public:
  virtual ~ClusterProbe() = default;
  virtual NodeView View() const = 0;
  // The record at the LSN, if it is still in the backlog or is the tail.
  virtual std::optional<LogPosition> PositionAt(Lsn lsn) const = 0;
  // What this node believes about the group, for people; one line.
  virtual std::string Describe() const = 0;
  // Digest of the applied keyspace; expensive.
  virtual uint64_t Digest() const = 0;
  // Every key of the first database, with its value and deadline; more expensive still.
  virtual std::map<std::string, Model::Entry> Contents() const = 0;
};

// One running member, and what its own clock says.
struct NodeSample {
  int node = 0;
  const ClusterProbe* probe = nullptr;
  NodeView view;
  Nanos monotonic{};
};

}  // namespace holdfast
