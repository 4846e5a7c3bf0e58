#include "cluster/register/proposer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/base/planted_bug.h"

namespace holdfast {
namespace {

void AddOnce(NodeId node, std::vector<NodeId>& nodes) {
  if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
}

bool Holds(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

// Built in place: moved, the message would make g++ 12 suspect the kinds that it is not.
template <typename Message>
void Send(NodeId to, const Message& message, Proposer::Output& output) {
  Proposer::Envelope& envelope = output.messages.emplace_back();
  envelope.to = to;
  envelope.message.emplace<Message>(message);
}

}  // namespace

Proposer::Output Proposer::Read(const ClusterConfiguration& known, Moment moment) {
  return Start({.known = known}, moment);
}

Proposer::Output Proposer::CompareAndSet(const ClusterConfiguration& known, uint64_t expected,
                                         ClusterConfiguration value, Moment moment) {
  return Start({.known = known, .expected = expected, .proposal = std::move(value)}, moment);
}

Proposer::Output Proposer::Start(Operation operation, Moment moment) {
  CHECK(!busy());
  operation_ = std::move(operation);
  operation_.deadline = moment.now + options_.operation_timeout;
  Output output;
  if (operation_.known.version == 0) {
    End({.outcome = RegisterOutcome::kUnavailable, .reason = "no voters are known"}, output);
    return output;
  }
  if (operation_.proposal.has_value() && operation_.proposal->version != operation_.expected + 1) {
    End({.outcome = RegisterOutcome::kRefused,
         .reason = absl::StrFormat("version %d was to follow version %d",
                                   operation_.proposal->version, operation_.expected)},
        output);
    return output;
  }
  StartRound(VoterRules(operation_.known), moment, output);
  return output;
}

void Proposer::StartRound(VoterRules rules, Moment moment, Output& output) {
  phase_ = Phase::kPreparing;
  ++newest_round_;
  round_ = {.ballot = {.round = newest_round_, .proposer = self_}, .rules = std::move(rules)};
  wake_at_ = std::min(moment.now + Doubled(options_.phase_timeout), operation_.deadline);
  Ask(round_.rules.Everyone(), output);
}

void Proposer::Ask(const std::vector<NodeId>& nodes, Output& output) {
  for (NodeId node : nodes) {
    if (Holds(round_.asked, node)) continue;
    round_.asked.push_back(node);
    Send(node,
         PrepareRequest{.cluster_id = operation_.known.cluster_id,
                        .ballot = round_.ballot,
                        .enrol = !round_.rules.Includes(node)},
         output);
  }
}

Proposer::Output Proposer::Step(NodeId from, const PrepareReply& reply, Moment moment) {
  Output output;
  newest_round_ = std::max(newest_round_, reply.promised.round);
  const bool expected =
      phase_ == Phase::kPreparing && reply.ballot == round_.ballot && Holds(round_.asked, from);
  if (!expected) return output;
  if (!reply.granted()) {
    OnRefused(from, moment, output);
    return output;
  }
  AddOnce(from, round_.granted);
  if (reply.accepted > operation_.newest) {
    operation_.newest = reply.accepted;
    operation_.found = reply.value;
  }
  ConsiderPromises(moment, output);
  return output;
}

void Proposer::ConsiderPromises(Moment moment, Output& output) {
  if (!round_.rules.IsQuorum(round_.granted)) return;
  const ClusterConfiguration& found = operation_.found;
  if (found.version == 0) {
    // Voters who have never accepted anything cannot be those of a cluster that exists.
    BackOff(moment, output);
    return;
  }
  if (VoterRules(found) != round_.rules) {
    StartRound(VoterRules(found), moment, output);
    return;
  }
  if (!operation_.proposal.has_value() && BUG("one-round-register-read-trusted")) {
    End({.outcome = RegisterOutcome::kChosen, .current = found}, output);
    return;
  }
  std::optional<ClusterConfiguration> candidate = Candidate(output);
  if (!candidate.has_value()) return;
  round_.candidate_rules = VoterRules(*candidate);
  Ask(round_.candidate_rules.Everyone(), output);
  if (!round_.candidate_rules.IsQuorum(round_.granted)) return;
  // A newcomer is enrolled by this round or never: later ones take it for a voter, and a voter that
  // has no such file has lost its disk.
  for (NodeId node : round_.candidate_rules.Everyone()) {
    const bool enrolled = round_.rules.Includes(node) || Holds(round_.granted, node);
    if (!enrolled && !BUG("voter-change-without-its-newcomer")) return;
  }
  StartAccepting(*std::move(candidate), moment, output);
}

std::optional<ClusterConfiguration> Proposer::Candidate(Output& output) {
  const ClusterConfiguration& found = operation_.found;
  if (!operation_.proposal.has_value()) return found;
  const ClusterConfiguration& proposal = *operation_.proposal;
  if (found == proposal) return found;
  if (found.version != operation_.expected && !BUG("stale-cas-accepted")) return found;
  if (absl::Status status = CheckSuccessor(found, proposal);
      !status.ok() && !BUG("stale-cas-accepted")) {
    // Somebody may hold the proposal already: then only a full round says what became of it.
    if (operation_.sent) return found;
    End({.outcome = RegisterOutcome::kRefused, .reason = std::string(status.message())}, output);
    return std::nullopt;
  }
  // A joint value that was only found may never be chosen, and then the old voters alone still
  // choose. It is written back first; the new voters are proposed in the round after that.
  const bool leaves_joint = round_.rules.joint() && VoterRules(proposal) != round_.rules;
  if (leaves_joint && operation_.joint_chosen != found.version &&
      !BUG("new-voters-before-joint-chosen")) {
    return found;
  }
  return proposal;
}

void Proposer::StartAccepting(ClusterConfiguration candidate, Moment moment, Output& output) {
  phase_ = Phase::kAccepting;
  wake_at_ = std::min(moment.now + Doubled(options_.phase_timeout), operation_.deadline);
  round_.candidate = std::move(candidate);
  round_.granted.clear();
  round_.refused.clear();
  if (operation_.proposal.has_value() && round_.candidate == *operation_.proposal) {
    operation_.sent = true;
  }
  // Those asked are the voters of what was found and of what follows it.
  const AcceptRequest request = {.cluster_id = operation_.known.cluster_id,
                                 .ballot = round_.ballot,
                                 .value = round_.candidate};
  for (NodeId node : round_.asked) Send(node, request, output);
}

Proposer::Output Proposer::Step(NodeId from, const AcceptReply& reply, Moment moment) {
  Output output;
  newest_round_ = std::max(newest_round_, reply.promised.round);
  const bool expected =
      phase_ == Phase::kAccepting && reply.ballot == round_.ballot && Holds(round_.asked, from);
  if (!expected) return output;
  if (!reply.granted()) {
    OnRefused(from, moment, output);
    return output;
  }
  AddOnce(from, round_.granted);
  if (round_.rules.IsQuorum(round_.granted) && round_.candidate_rules.IsQuorum(round_.granted)) {
    OnChosen(moment, output);
  }
  return output;
}

void Proposer::OnChosen(Moment moment, Output& output) {
  const ClusterConfiguration& chosen = round_.candidate;
  if (!operation_.proposal.has_value() || chosen == *operation_.proposal) {
    End({.outcome = RegisterOutcome::kChosen, .current = chosen}, output);
    return;
  }
  const bool joint_first = round_.candidate_rules.joint() &&
                           chosen.version == operation_.expected &&
                           CheckSuccessor(chosen, *operation_.proposal).ok();
  if (joint_first) {
    operation_.joint_chosen = chosen.version;
    StartRound(round_.candidate_rules, moment, output);
    return;
  }
  // A version has one value: another one in the proposal's place means that it never was there.
  // Above it, what was sent may have been chosen and replaced since.
  const bool passed = operation_.sent && chosen.version > operation_.expected + 1;
  End({.outcome = passed ? RegisterOutcome::kSuperseded : RegisterOutcome::kConflict,
       .current = chosen,
       .reason = absl::StrFormat("version %d was expected and %d found", operation_.expected,
                                 chosen.version)},
      output);
}

void Proposer::OnRefused(NodeId from, Moment moment, Output& output) {
  AddOnce(from, round_.refused);
  const bool possible =
      round_.rules.IsQuorumWithout(round_.refused) &&
      (round_.candidate_rules.empty() || round_.candidate_rules.IsQuorumWithout(round_.refused));
  if (!possible) BackOff(moment, output);
}

void Proposer::BackOff(Moment moment, Output& output) {
  phase_ = Phase::kBackingOff;
  const Nanos range = BackOffRange();
  ++operation_.attempts;
  ++vain_rounds_;
  Nanos pause = {static_cast<int64_t>(moment.random % static_cast<uint64_t>(range.value))};
  if (BUG("duelling-promotions-without-back-off")) pause = {};
  wake_at_ = std::min(moment.now + pause, operation_.deadline);
  if (moment.now >= operation_.deadline) EndWithoutValue(output);
}

Proposer::Output Proposer::Tick(Moment moment) {
  Output output;
  if (!busy() || moment.now < wake_at_) return output;
  if (moment.now >= operation_.deadline) {
    EndWithoutValue(output);
  } else if (phase_ == Phase::kBackingOff) {
    const bool found = operation_.found.version > 0;
    StartRound(VoterRules(found ? operation_.found : operation_.known), moment, output);
  } else {
    BackOff(moment, output);
  }
  return output;
}

void Proposer::EndWithoutValue(Output& output) {
  if (operation_.sent) {
    open_ = true;
    End({.outcome = RegisterOutcome::kUnknown,
         .reason = "no majority of the voters answered in time; it may still take effect"},
        output);
    return;
  }
  End({.outcome = RegisterOutcome::kUnavailable,
       .reason = "no majority of the voters answered in time"},
      output);
}

void Proposer::End(RegisterResult result, Output& output) {
  phase_ = Phase::kIdle;
  if (result.current.version > 0) {
    output.settled = std::exchange(open_, false);
    vain_rounds_ = 0;
  }
  output.result = std::move(result);
}

Nanos Proposer::BackOffRange() const {
  Nanos range = options_.back_off;
  for (int i = 0; i < vain_rounds_ && range < options_.operation_timeout; ++i) range.value *= 2;
  return std::min(range, options_.operation_timeout);
}

Nanos Proposer::Doubled(Nanos base) const {
  return {base.value << std::min(operation_.attempts, limits::kRegisterDoublingsMax)};
}

}  // namespace holdfast
