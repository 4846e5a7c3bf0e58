// ServingState: what a node's workers know of its group, without asking the cluster thread.
//
// The cluster thread writes, everybody reads. A worker looks after it has received a request and
// inside its gate: if the lease was good then, nobody else could have changed anything by then.
#pragma once

#include <atomic>
#include <cstdint>

#include "net/base/types.h"

namespace holdfast {

enum class ServingRole : uint8_t {
  kOutside,   // of no cluster yet, or a witness
  kFollower,  // somebody else leads, or nobody
  kLeading,   // executes requests while the lease lasts
  kDraining,  // hands over: requests wait unexecuted
};

struct alignas(64) ServingState {
  std::atomic<ServingRole> role{ServingRole::kOutside};
  // The epoch as far as it is known here.
  std::atomic<uint64_t> epoch{0};
  // Monotonic nanoseconds until which a leading node may answer reads.
  std::atomic<int64_t> serve_until{0};
  // False: fewer members in sync than min-in-sync, writes are refused.
  std::atomic<bool> may_write{false};
  // Held writes up to here may be acknowledged, and held reads shown. Moves only while leading.
  std::atomic<uint64_t> acknowledgeable{0};
  // On the disks of all members in sync up to here.
  std::atomic<uint64_t> durable{0};
  // Highest token up to which reads are confirmed without a clock.
  std::atomic<uint64_t> confirmed{0};
  // Of a follower: the primary's log_time whose records are all applied, and when the primary was
  // last heard (monotonic nanoseconds); 0: not yet in this life.
  std::atomic<int64_t> read_time_ms{0};
  std::atomic<int64_t> heard_at{0};
  // Who does not lead passes clients' requests on to the primary; false while there is no cluster.
  std::atomic<bool> passes_on{false};
  // The group waits or is lost: nobody will lead before somebody else has come or decided.
  std::atomic<bool> stuck{false};
  // Of a follower: all that it has executed is committed. Not so while it is being filled, leads,
  // is about to lead, or has led and may have to give up what it executed.
  std::atomic<bool> readable{false};
};

}  // namespace holdfast
