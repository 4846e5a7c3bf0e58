// SnapshotDesk: cuts snapshots of the node's keyspace and hands their blocks to whoever asked.
//
//   Add -> cut (world stopped) -> OnCut -> block, block ... as long as the sink has room -> OnEnd
//
// 1. A cut shows what the log is up to one record: on a node that executes requests the last one
//    appended, on one that follows the last one applied.
// 2. The keyspace is not replaced under an open snapshot: DropAll comes first.
//
// Everything happens on the background loop, inside its gate where the keyspace is touched.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "net/runtime/event_loop.h"
#include "storage/snapshot/snapshot.h"
#include "storage/snapshot/snapshot_sink.h"

namespace holdfast {

class Node;

struct SnapshotOrder {
  uint64_t generation = 0;
  size_t payload_bytes_max = 0;
  // Not to be cut while another node leads.
  bool of_leader = false;
};

class SnapshotDesk {
 public:
  SnapshotDesk(Node& node, EventLoop& background) : node_(node), background_(background) {}
  ~SnapshotDesk();
  SnapshotDesk(const SnapshotDesk&) = delete;
  SnapshotDesk& operator=(const SnapshotDesk&) = delete;

  void Add(const SnapshotOrder& order, std::shared_ptr<SnapshotSink> sink);
  // Inside the gate.
  void DropAll(const absl::Status& why);
  // Snapshots that are being handed out, or wait to be cut.
  size_t size() const { return open_.size(); }

 private:
  struct Open {
    SnapshotOrder order;
    std::unique_ptr<Snapshot> snapshot;  // once it is cut
    std::shared_ptr<SnapshotSink> sink;
  };

  void Cut(Open& open);
  std::optional<absl::Status> PumpOne(Open& open, bool& idle);
  void Pump();

  Node& node_;
  EventLoop& background_;
  std::deque<Open> open_;
  bool pumping_ = false;
};

}  // namespace holdfast
