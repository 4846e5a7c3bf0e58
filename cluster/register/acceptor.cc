#include "cluster/register/acceptor.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "net/base/check.h"
#include "net/base/planted_bug.h"
#include "net/base/status.h"

namespace holdfast {
namespace {

// What a new cluster's voters have accepted from the start. Proposers begin with round 2.
constexpr Ballot kFirstBallot = {.round = 1};

}  // namespace

Acceptor::Acceptor(NodeId self, std::optional<VoterState> recovered)
    : self_(self), state_(std::move(recovered)) {
  if (state_.has_value()) CHECK(state_->node == self_);
}

absl::Status Acceptor::CheckVoter(uint64_t cluster_id) const {
  if (!state_.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("node %016x is no voter, or has forgotten that it is one", self_.value));
  }
  if (state_->cluster_id != cluster_id) {
    return absl::FailedPreconditionError(
        absl::StrFormat("node %016x is a voter of cluster %016x, not of %016x", self_.value,
                        state_->cluster_id, cluster_id));
  }
  return absl::OkStatus();
}

absl::StatusOr<Acceptor::Answer> Acceptor::Step(const PrepareRequest& request) {
  const bool becomes_voter = !state_.has_value() && (request.enrol || BUG("amnesiac-voter-votes"));
  if (becomes_voter) state_ = VoterState{.node = self_, .cluster_id = request.cluster_id};
  RETURN_IF_ERROR(CheckVoter(request.cluster_id));
  if (request.ballot < state_->promised) {
    return Answer{.reply = PrepareReply{.ballot = request.ballot, .promised = state_->promised}};
  }
  const bool changes = request.ballot > state_->promised;
  state_->promised = request.ballot;
  return Answer{.persist = changes && !BUG("promise-not-persisted"),
                .reply = PrepareReply{.ballot = request.ballot,
                                      .promised = state_->promised,
                                      .accepted = state_->accepted,
                                      .value = state_->value}};
}

absl::StatusOr<Acceptor::Answer> Acceptor::Step(const AcceptRequest& request) {
  if (!state_.has_value() && BUG("amnesiac-voter-votes")) {
    state_ = VoterState{.node = self_, .cluster_id = request.cluster_id};
  }
  RETURN_IF_ERROR(CheckVoter(request.cluster_id));
  if (request.ballot < state_->promised) {
    return Answer{.reply = AcceptReply{.ballot = request.ballot, .promised = state_->promised}};
  }
  const bool changes = request.ballot != state_->accepted;
  if (!changes && request.value != state_->value) {
    return absl::InvalidArgumentError(absl::StrFormat("round %d of %s proposes two values",
                                                      request.ballot.round,
                                                      request.ballot.proposer.ToString()));
  }
  state_->promised = request.ballot;
  state_->accepted = request.ballot;
  state_->value = request.value;
  return Answer{.persist = changes && !BUG("accept-not-persisted"),
                .reply = AcceptReply{.ballot = request.ballot, .promised = request.ballot}};
}

absl::Status Acceptor::Bootstrap(const ClusterConfiguration& initial) {
  CHECK(initial.version > 0);
  if (state_.has_value()) {
    return absl::AlreadyExistsError(
        absl::StrFormat("node %016x is a voter of cluster %016x", self_.value, state_->cluster_id));
  }
  state_ = VoterState{.node = self_,
                      .cluster_id = initial.cluster_id,
                      .promised = kFirstBallot,
                      .accepted = kFirstBallot,
                      .value = initial};
  return absl::OkStatus();
}

}  // namespace holdfast
