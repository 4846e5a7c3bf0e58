// Chronicle: what happened to the cluster, as this node saw it.
//
//   status, status, status ...  ->  what is different  ->  events      one log line each, and kept
//                                                      ->  history     one entry per epoch
//
// The driver says again and again what it knows; everything that is worth a line follows from
// comparing two such statuses, so that no rule of the protocol has to think of telling. An event
// has a name that never changes, for those who search logs and write alerts:
//
//   role-changed       from= to=              group-changed     to=led|waiting|lost
//   epoch-began        kind= from= to=        voters-changed    voters=
//   serving-began                             node-listed, node-delisted      node=
//   serving-ended      handed over, deposed   node-reached, node-unreachable  node=
//   lease-lost         and nobody else led    sync-began, sync-ended          node=
//   member-in-sync, member-out-of-sync, member-silent, member-heard           node=
//
// and what others add: commit-timeout, config-set, discarded-data, failover-given-up,
// sync-installed, halted.
//
// 1. The newest limits::kEventsKept events and limits::kEpochsKept epochs are kept, in memory.
// 2. An epoch's `unavailable` counts from the last proof that its predecessor's primary worked (it
//    served, or was heard) to the first one that its own does.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cluster/driver/cluster_status.h"
#include "net/base/types.h"
#include "net/runtime/clock.h"
#include "net/runtime/logger.h"

namespace holdfast {

struct Event {
  absl::string_view name;  // a literal
  std::string detail;      // key=value, separated by blanks
  // The rest is filled in by Add.
  Millis at;  // wall clock
  Epoch epoch;
  Lsn lsn;
};

// How an epoch came about.
enum class EpochKind : uint8_t {
  kFounding,
  kFailover,    // the primary before is out of the set
  kSwitchover,  // it handed over and stayed
  kRecovery,    // a node that was started again leads: nobody was left
};
absl::string_view Word(EpochKind kind);
// The kind of an epoch, from the group before it began and the group with which it did.
EpochKind KindOf(const GroupConfiguration& before, const GroupConfiguration& after);

struct EpochEntry {
  Epoch epoch;
  Millis at;  // wall clock
  EpochKind kind = EpochKind::kFounding;
  std::string from;  // the primary's name; empty if there was none
  std::string to;
  std::string reason;
  std::optional<Millis> unavailable;  // nothing while the new primary has yet to prove itself
};

class Chronicle {
 public:
  // Both must outlive it.
  Chronicle(const Clock& clock, Logger& logger) : clock_(clock), logger_(logger) {}

  // The next status. One thread.
  void Look(const ClusterStatus& status);
  // Any thread, and so are the rest.
  void Add(absl::string_view name, std::string detail);

  // The newest `count` events, oldest first.
  std::vector<Event> Last(size_t count) const;
  // Oldest first.
  std::vector<EpochEntry> History() const;
  // Epochs that began otherwise than by founding, since this node was started.
  uint64_t failovers() const;

 private:
  // When a primary worked for sure.
  struct Proof {
    Epoch epoch;
    Nanos at;
  };
  std::optional<Proof> ProofIn(const ClusterStatus& status) const;
  void LookAtEpoch(const ClusterStatus& status);

  const Clock& clock_;
  Logger& logger_;
  // The looking thread's.
  ClusterStatus before_;
  std::optional<Proof> proof_;    // the newest
  std::optional<Nanos> lost_at_;  // the last proof of the epoch before; nothing: not waited for

  mutable std::mutex mutex_;
  Epoch epoch_;
  Lsn lsn_;
  std::deque<Event> events_;
  std::deque<EpochEntry> history_;
  uint64_t failovers_ = 0;
};

// What became different, without what concerns epochs.
std::vector<Event> Differences(const ClusterStatus& before, const ClusterStatus& after);

// JSON arrays for HOLDFAST EVENTS and HOLDFAST HISTORY; `node` is the name of the node that saw it.
std::string EventsJson(absl::string_view node, const std::vector<Event>& events);
std::string HistoryJson(const std::vector<EpochEntry>& history);

}  // namespace holdfast
