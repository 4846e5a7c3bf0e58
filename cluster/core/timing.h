// The group's time-outs and the one relation among them on which safety rests.
//
//   primary  sends |====================== lease ======================|  must not answer any more
//   member           hears |================== grace ====================....|  may promote itself
//
// 1. A lease is counted from the moment the heartbeat was sent, a grace from the moment it was
//    heard, which is never earlier. With grace >= lease x 1.02 two clocks whose rates differ by
//    1 % agree that the lease ended first. The 20 ms are for comfort.
// 2. suspect < grace: a primary removes a member that it cannot hear before that member, hearing
//    nothing either, gives up on the primary. Without this a node that cannot receive would depose
//    a healthy primary again and again.
#pragma once

#include "cluster/core/identity.h"
#include "net/base/planted_bug.h"
#include "net/base/types.h"

namespace holdfast {

struct Timing {
  Nanos heartbeat = Milliseconds(100);
  Nanos suspect = Milliseconds(300);
  Nanos lease = Milliseconds(1'000);
  Nanos grace = Milliseconds(1'040);
  Nanos stagger = Milliseconds(100);  // between the promotions of two members
  // Random back-off is drawn from [0, back_off).
  Nanos back_off = Milliseconds(100);

  static constexpr Nanos GraceFor(Nanos lease) {
    return {lease.value + lease.value / 50 + Milliseconds(20).value};
  }
  bool IsSound() const { return heartbeat < suspect && suspect < grace && lease < grace; }
  // How long a member that moves no acks, or a learner on probation, is watched.
  constexpr Nanos Patience() const { return {3 * suspect.value}; }
  Nanos Grace() const { return BUG("grace-shorter-than-lease") ? Nanos{lease.value / 2} : grace; }
};

struct GroupOptions {
  Timing timing;
  // How many identities must hold a write before it is acknowledged. 0: two in a cluster of three
  // or more data nodes, else one.
  int min_in_sync = 0;
};

}  // namespace holdfast
