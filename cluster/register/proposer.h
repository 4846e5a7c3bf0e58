// Proposer: one operation on the register, from question to outcome.
//
//          start                 quorum promised                 quorum accepted
//   idle ---------> preparing ---------------------> accepting -------------------> idle, outcome
//                    ^   |  \                          |
//                    |   |   other voters found:       | refused or too slow
//                    |   |   again, asking them        |
//                    |   +-----------------------------+--> backing off --+
//                    +----------------------------------------------------+
//
// A round prepares a ballot and then has a value accepted in it: the newest value found, written
// back as it is (Read, or a comparison that failed), or the one that replaces it.
//
// 1. Every outcome that shows a value rests on a full round: what a prepare alone finds may not be
//    chosen yet, and may never be.
// 2. The newest value found says who the voters are. If they are not those that were asked, the
//    round is void and another starts with them.
// 3. A value is accepted by a quorum of the value it follows and by a quorum of its own. Voters
// that
//    it adds are asked for their promise first, so that a set which cannot answer is not adopted.
// 4. The new voters alone are proposed only on top of a joint value that this operation itself saw
//    chosen.
// 5. Once an own value was sent to be accepted, an operation that ends without a full round has the
//    outcome kUnknown, and open() holds until a full round ends.
// 6. A ballot is used once: rounds rise above every round seen, and the identity tells proposers
// and
//    their incarnations apart.
//
// Proposers can interrupt each other for ever. One that was refused waits a random time, from a
// range that doubles with each round in a row that came to nothing, up to the time of an operation,
// and from one operation to the next: where a round takes long and many propose, one operation is
// too short to find out how long.
//
// It does no I/O: time and randomness come with every input, messages and results are returned.
// Messages may be lost, repeated and reordered. What it does not do: guess, cache, or read without
// writing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "cluster/register/config_register.h"
#include "cluster/register/voter_rules.h"
#include "cluster/wire/register_messages.h"
#include "net/base/types.h"

namespace holdfast {

struct ProposerOptions {
  // How long a phase of the first attempt waits for its quorum; doubles with each attempt.
  Nanos phase_timeout = Milliseconds(200);
  // The first range that the time between two attempts is drawn from; doubles too.
  Nanos back_off = Milliseconds(20);
  Nanos operation_timeout = Seconds(3);
};

class Proposer {
 public:
  // What comes with every input.
  struct Moment {
    Nanos now;        // monotonic
    uint64_t random;  // fresh for each input
  };
  struct Envelope {
    NodeId to;
    RegisterMessage message;
  };
  struct Output {
    std::vector<Envelope> messages;
    // The operation has ended.
    std::optional<RegisterResult> result;
    // Operations of unknown outcome are settled by the value in `result`.
    bool settled = false;
  };

  Proposer(Identity self, const ProposerOptions& options) : self_(self), options_(options) {}

  // Start an operation; busy() is false. `known` is the newest configuration this node has learned:
  // its voters are asked first. A version of 0 ends the operation with kUnavailable.
  Output Read(const ClusterConfiguration& known, Moment moment);
  Output CompareAndSet(const ClusterConfiguration& known, uint64_t expected,
                       ClusterConfiguration value, Moment moment);

  Output Step(NodeId from, const PrepareReply& reply, Moment moment);
  Output Step(NodeId from, const AcceptReply& reply, Moment moment);
  // Does what is due; call at wake_at() or whenever convenient.
  Output Tick(Moment moment);

  bool busy() const { return phase_ != Phase::kIdle; }
  // When Tick has something to do; only while busy.
  Nanos wake_at() const { return wake_at_; }
  bool accepting() const { return phase_ == Phase::kAccepting; }
  bool backing_off() const { return phase_ == Phase::kBackingOff; }
  // Of the round under way, and the newest that a value found by this operation was accepted in.
  const Ballot& ballot() const { return round_.ballot; }
  const Ballot& newest() const { return operation_.newest; }
  // Whether an operation that ended may still take effect.
  bool open() const { return open_; }
  // All that decides what it does next, times apart.
  auto Fields() const { return std::tie(phase_, operation_, round_, newest_round_, open_); }

 private:
  enum class Phase : uint8_t { kIdle, kPreparing, kAccepting, kBackingOff };

  struct Operation {
    ClusterConfiguration known;
    uint64_t expected = 0;
    std::optional<ClusterConfiguration> proposal;  // none: a read
    Nanos deadline;
    int attempts = 0;
    bool sent = false;  // the proposal may have been accepted by somebody
    // The version of a joint value that a round of this operation saw chosen.
    uint64_t joint_chosen = 0;
    // The newest ballot that any promise came with, and its value.
    Ballot newest;
    ClusterConfiguration found;

    auto Fields() const {
      return std::tie(known, expected, proposal, sent, joint_chosen, newest, found);
    }
  };
  struct Round {
    Ballot ballot;
    VoterRules rules;  // those asked for their promise
    std::vector<NodeId> asked;
    std::vector<NodeId> granted;  // of the current phase
    std::vector<NodeId> refused;
    ClusterConfiguration candidate;  // while accepting
    VoterRules candidate_rules;

    auto Fields() const { return std::tie(ballot, asked, granted, refused, candidate); }
  };

  Output Start(Operation operation, Moment moment);
  void StartRound(VoterRules rules, Moment moment, Output& output);
  void Ask(const std::vector<NodeId>& nodes, Output& output);
  // Goes on to accepting if enough has been promised.
  void ConsiderPromises(Moment moment, Output& output);
  // What may be accepted on top of what was found; nothing if the operation ended instead.
  std::optional<ClusterConfiguration> Candidate(Output& output);
  void StartAccepting(ClusterConfiguration candidate, Moment moment, Output& output);
  void OnChosen(Moment moment, Output& output);
  void OnRefused(NodeId from, Moment moment, Output& output);
  void BackOff(Moment moment, Output& output);
  void End(RegisterResult result, Output& output);
  void EndWithoutValue(Output& output);
  Nanos Doubled(Nanos base) const;
  Nanos BackOffRange() const;

  Identity self_;
  ProposerOptions options_;
  Phase phase_ = Phase::kIdle;
  Operation operation_;
  Round round_;
  uint64_t newest_round_ = 1;  // of any ballot seen; the first value stands in round 1
  int vain_rounds_ = 0;        // in a row
  bool open_ = false;
  Nanos wake_at_{};
};

}  // namespace holdfast
