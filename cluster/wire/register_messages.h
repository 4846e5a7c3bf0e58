// What proposers and voters of the configuration register say to each other, and what a voter
// keeps.
//
//   proposer                         voter
//   PrepareRequest  (ballot)   --->  promises to refuse what is older
//                              <---  PrepareReply   (the newest value it accepted)
//   AcceptRequest   (value)    --->  accepts, unless it has promised something newer
//                              <---  AcceptReply
//   ChosenNotice    (value)    --->  anybody: this value is chosen
//
// A reply names the ballot it answers. It grants the request if that is also the ballot promised;
// otherwise `promised` is the newer one that stands in the way.
#pragma once

#include <compare>
#include <cstdint>
#include <tuple>
#include <variant>

#include "cluster/core/configuration.h"
#include "cluster/core/identity.h"

namespace holdfast {

// Orders proposals. A proposer uses each round once; a restarted one has forgotten which, and is
// told apart by its incarnation.
struct Ballot {
  uint64_t round = 0;  // 0: none
  Identity proposer;
  auto operator<=>(const Ballot&) const = default;
  auto Fields() const { return std::tie(round, proposer); }
};

// What makes a node a voter, and all that it must not forget.
struct VoterState {
  NodeId node;
  uint64_t cluster_id = 0;
  Ballot promised;
  Ballot accepted;             // at most `promised`
  ClusterConfiguration value;  // accepted in that ballot; version 0 if in none
  bool operator==(const VoterState&) const = default;
};

struct PrepareRequest {
  uint64_t cluster_id = 0;
  Ballot ballot;
  // The receiver becomes a voter of this cluster if it is one of none. Sent only to a node that no
  // configuration known to the proposer has as a voter.
  bool enrol = false;
  bool operator==(const PrepareRequest&) const = default;
};

struct PrepareReply {
  Ballot ballot;
  Ballot promised;
  Ballot accepted;
  ClusterConfiguration value;
  bool granted() const { return promised == ballot; }
  bool operator==(const PrepareReply&) const = default;
};

struct AcceptRequest {
  uint64_t cluster_id = 0;
  Ballot ballot;
  ClusterConfiguration value;
  bool operator==(const AcceptRequest&) const = default;
};

struct AcceptReply {
  Ballot ballot;
  Ballot promised;
  bool granted() const { return promised == ballot; }
  bool operator==(const AcceptReply&) const = default;
};

struct ChosenNotice {
  ClusterConfiguration value;
  bool operator==(const ChosenNotice&) const = default;
};

using RegisterMessage =
    std::variant<PrepareRequest, PrepareReply, AcceptRequest, AcceptReply, ChosenNotice>;

}  // namespace holdfast
