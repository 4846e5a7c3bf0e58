// VoterChangeHeir: who finishes a change of voters whose proposer is gone.
//
//   J is known --3 s--> the primary proposes K ---failed---> after 3 to 6 s again, 6 to 12 s, ...
//              --6 to 9 s--> any other data node does
//
// A change of voters takes two values (cluster/register/voter_rules.h): J names both sets, K the
// new one alone. Whoever proposed J goes on to K. If it ended in between, a majority of both sets
// has to live for ever after, and no other change of voters can begin. K follows from J alone, so
// that anyone may propose it, and two who do propose the same.
//
// 1. Patience is counted from when these two sets were first seen here, whatever else changes.
// 2. One attempt at a time. The next one waits a random time from a range that doubles.
//
// It does not begin changes, and takes no node off the list: that is asked for again.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/core/configuration.h"
#include "net/base/types.h"

namespace holdfast {

class VoterChangeHeir {
 public:
  static constexpr Nanos kPatience = Seconds(3);

  // True: propose the second value now, and call Ended when that has ended in whatever way.
  // `leads`: this node is the primary. `random` is a fresh draw.
  bool Tick(const ClusterConfiguration& known, bool leads, Nanos now, uint64_t random);
  void Ended() { busy_ = false; }

 private:
  std::vector<NodeId> voters_;
  std::vector<NodeId> next_voters_;  // empty: nothing to inherit
  Nanos seen_;
  Nanos turn_;   // of the first attempt, if others than the primary make it
  Nanos again_;  // of the next one
  int attempts_ = 0;
  bool busy_ = false;
};

}  // namespace holdfast
