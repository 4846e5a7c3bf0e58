// A group as INFO, ROLE and operators see it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cluster/core/view.h"
#include "net/base/types.h"

namespace holdfast {

enum class GroupRole : uint8_t { kLearner, kReplica, kPrimary };
// Whether the group can go on by itself, as far as this node knows.
enum class GroupCondition : uint8_t {
  kUnknown,  // no configuration yet
  kLed,      // there is a primary, or a member that will become one
  kWaiting,  // members have yet to report what they recovered
  kLost,     // every in-sync copy is gone
};

// How many more nodes may fail, whichever they are, before an acknowledged write is at risk or
// writes stop.
struct FaultTolerance {
  int in_sync = 0;  // members that hold every acknowledged write and take part
  int min_in_sync = 1;
  int live_voters = 0;
  int voters = 0;

  // Never negative.
  int Survives() const {
    const int majority = voters / 2 + 1;
    return std::max(0, std::min(in_sync - std::max(1, min_in_sync), live_voters - majority));
  }
};

struct PeerReport {
  Identity identity;
  bool in_sync = false;
  bool attached = false;  // its log has been compared with ours, or it loads a snapshot
  bool syncing = false;
  bool silent = false;
  uint64_t session = 0;
  Lsn held;
  Lsn synced;
  Nanos lease_left;
};

struct GroupReport {
  GroupRole role = GroupRole::kLearner;
  GroupCondition condition = GroupCondition::kUnknown;
  std::string reason;  // why it waits or is lost, which change is open; one line, may be empty
  uint64_t version = 0;
  Epoch epoch;
  Identity primary;
  IdentitySet in_sync;
  Lsn tail;
  Lsn commit;
  Lsn acknowledgeable;
  Lsn applied;
  bool attached = false;                       // a follower that takes records
  bool syncing = false;                        // a learner that loads a snapshot
  uint64_t session = 0;                        // a follower's; 0: it is in none
  bool change_open = false;                    // in flight or of unknown outcome
  std::optional<GroupConfiguration> proposed;  // then
  bool handing_over = false;      // a switchover is under way, and can still be given up
  bool released = false;          // then not any more
  Nanos lease_left;               // of a primary
  Nanos since_heard;              // of a follower: since the last heartbeat
  std::vector<PeerReport> peers;  // of a primary
};

}  // namespace holdfast
