// A node that is not in the registered in-sync set: new, started again, removed or deposed.
//
// It follows a primary if there is one. If there is none because every registered member was
// started again, the members' nodes report what they recovered, and the restart rule decides:
//
//   not all have reported                       WAITING
//   all have, or one whose log is complete      the highest (epoch, LSN) leads with its set alone
//   all have, and none recovered anything       LOST, until an operator chooses a copy
//
// 1. It grants leases and sends acks like a replica, and never promotes itself out of silence.
// 2. It leads by the restart rule no sooner than a grace after its own start, since its earlier
//    incarnation's lease may still run.
// 3. While the configuration names an earlier incarnation of this node, what was recovered is kept
//    as it is; before it is touched, the claim to report it is erased durably.
#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "cluster/core/following.h"

namespace holdfast {

struct Reported {
  Identity from;
  Recovery recovery;
  Nanos at;
  bool operator==(const Reported&) const = default;
  auto Fields() const { return std::tie(from, recovery, at); }
};

struct Learner {
  Following following;
  std::vector<Reported> reports;  // by node; about the version of the view
  Nanos reported;                 // when we last sent ours

  void Tick(Turn& turn);
  void Heard(Turn& turn, Identity from, const Report& report);
  void Recover(Turn& turn, const holdfast::Recover& wanted);

  bool operator==(const Learner&) const = default;
  auto Fields() const { return std::tie(following, reports, reported); }

 private:
  // Whether a primary of this epoch has been heard from within a grace.
  bool HearsPrimary(const Turn& turn) const;
  const Recovery* RecoveryOf(const Turn& turn, Identity member) const;
  void ConsiderLeading(Turn& turn);
};

}  // namespace holdfast
