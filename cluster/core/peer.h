// What a primary knows of one other identity, in its epoch.
#pragma once

#include <cstdint>
#include <tuple>

#include "cluster/core/messages.h"

namespace holdfast {

struct Peer {
  enum class Stage : uint8_t { kApart, kSyncing, kStreaming };

  Identity identity;
  Stage stage = Stage::kApart;
  uint64_t session = 0;  // 0: logs have not been compared in this epoch, no ack counts
  uint64_t attempt = 0;  // the Join it answered
  LogPosition shared;    // where the session began
  Lsn held;
  Lsn applied;
  Lsn on_disk;              // of what it holds
  uint64_t arrivals = 0;    // as it said last
  Nanos granted_until;      // its lease, counted from the sending of the heartbeat it answered
  Nanos answered;           // last answer's arrival
  Nanos healthy_since;      // of the answers without a gap
  Nanos progressed;         // last ack that moved, or word that something is coming in, or nothing
                            // outstanding
  Nanos synced;             // last order of a full sync
  bool in_ack_set = false;  // a learner that commits wait for
  Lsn goal;                 // the tail when it entered the ack set
  bool leaving = false;

  bool operator==(const Peer&) const = default;
  auto Fields() const {
    return std::tie(identity, stage, session, attempt, shared, held, applied, on_disk, arrivals,
                    granted_until, answered, healthy_since, progressed, synced, in_ack_set, goal,
                    leaving);
  }
};

}  // namespace holdfast
