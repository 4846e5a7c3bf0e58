// Invariants: what must hold of the nodes of a group at every moment of a run, whatever fails.
//
// The judges look at all nodes together, between two events (Sample), and listen to what primaries
// and clients say (OnCommit, OnAnswer). What was once seen of a log position, a version of the
// configuration or an epoch is remembered, so that nodes that contradict each other an hour apart
// are caught too. The numbers are those of the list of invariants:
//
//    1  at most one node can serve
//    2  one chain of epochs and configurations
//    3  who is registered in sync holds what is committed; what a primary counts is true
//    4  equal LSN, equal history
//    5  a new primary holds all that was committed
//    6  no reply before its commit
//    7  replicas apply what is committed; equal states at equal LSNs
//    9  members in sync are who is registered
//   11  log_time never falls
//   14  the register is one chain, and its voters stand by their word
//   15  leases end before graces
//   17  nothing is left over at rest
//
// What of 1 and 3 is about a primary's beliefs is in sim/check/reign_rules.h, and 14 in
// sim/check/register_chain.h.
// 8 is judged by sim/check/snapshot_check.h, as the log is replayed.
// 10, 12, 13, 16 and 18 are about replies and are judged by sim/check/replay.h and the clients.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "net/base/witness.h"
#include "sim/check/history.h"
#include "sim/check/violation.h"
#include "sim/cluster_probe.h"

namespace holdfast {

class Invariants {
 public:
  struct Options {
    // Primaries ask before they answer instead of holding leases.
    bool confirm_reads = false;
    // All memory may be lost at once: what is committed and not on disks yet may be undone.
    bool disks_promise = false;
  };
  explicit Invariants(const Options& options) : options_(options) {}

  // Everything up to here is on the disks of all who count.
  void NoteDurable(Lsn lsn) { durable_ = std::max(durable_, lsn); }

  // Empty, or the first thing that was wrong.
  const std::string& violation() const { return violation_.text(); }
  // Where others may tell what is wrong.
  Violation& verdict() { return violation_; }

  // All nodes that run, between two events.
  void Sample(const std::vector<NodeSample>& nodes);
  // As Sample, and the keyspaces of equal LSNs are compared; expensive.
  void SampleDigests(const std::vector<NodeSample>& nodes);
  // The group is at rest: faults have healed and nobody asks for anything.
  void SampleAtRest(const std::vector<NodeSample>& nodes);
  // A primary says that everything up to the LSN is committed; `nodes` are all that run.
  void OnCommit(const CommitWitness& commit, const std::vector<NodeSample>& nodes);
  // A client has the reply, which shows the log up to this LSN.
  void OnAnswer(const Operation& operation, Lsn shown);

  // A request was executed and has become so many records.
  void OnExecuted(const ReplyWitness& reply, int records);

  Lsn committed() const { return committed_; }

 private:
  // What a node said last in this incarnation.
  struct Memory {
    Incarnation incarnation;
    NodeView::Role role = NodeView::Role::kNone;
    // It led and has not begun anew since: what it executed may go beyond what is committed.
    bool has_led = false;
    Epoch epoch;
    uint64_t version = 0;
    Lsn commit;
    Lsn applied;
    Millis log_time;
  };
  struct Agreed {
    Epoch epoch;
    std::vector<Identity> in_sync;
  };

  void Violate(int number, std::string what) { violation_.Add(number, std::move(what)); }
  void CheckRegistered(const std::vector<NodeSample>& nodes);
  void CheckServing(const std::vector<NodeSample>& nodes);
  void CheckChain(const NodeSample& node);
  void CheckMembers(const NodeSample& primary, const std::vector<NodeSample>& nodes);
  void CheckBacklog(const NodeSample& primary, const std::vector<NodeSample>& nodes);
  void CheckLog(const NodeSample& node);
  void CheckMemory(const NodeSample& node);
  void NoteConfiguration(const NodeView& view);
  void NotePosition(int node, const LogPosition& position);

  const Options options_;
  Lsn durable_;
  Violation violation_;
  std::map<int, Memory> memories_;
  std::map<Epoch, Identity> primaries_;
  std::map<uint64_t, Agreed> versions_;
  std::map<std::pair<Epoch, Lsn>, uint64_t> histories_;  // hash of a record's history
  std::map<Lsn, LogPosition> committed_positions_;       // as some node had them
  std::map<Lsn, uint64_t> digests_;                      // of the keyspace, where it was committed
  std::map<Epoch, Lsn> commits_;                         // newest said by the epoch's primary
  Lsn committed_;
};

}  // namespace holdfast
