#include "cluster/register/register_witness.h"

#include <variant>

#include "cluster/wire/configuration_codec.h"
#include "net/base/witness.h"

namespace holdfast {
namespace {

// FNV-1a: only ever compared with itself.
uint64_t DigestOf(const ClusterConfiguration& configuration) {
  uint64_t digest = 0xcbf29ce484222325u;
  for (char byte : EncodeConfiguration(configuration)) {
    digest = (digest ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  }
  return digest;
}

BallotWitness ToWitness(const Ballot& ballot) {
  return {.round = ballot.round,
          .node = ballot.proposer.node.value,
          .incarnation = ballot.proposer.incarnation.value};
}

ValueWitness ToWitness(const ClusterConfiguration& configuration) {
  ValueWitness value{.version = configuration.version};
  if (value.version == 0) return value;
  value.digest = DigestOf(configuration);
  for (NodeId voter : configuration.voters) value.voters.push_back(voter.value);
  for (NodeId voter : configuration.next_voters) value.next_voters.push_back(voter.value);
  return value;
}

}  // namespace

void TellRecovered(NodeId self, const std::optional<VoterState>& state) {
  if constexpr (!kWitnessed) return;
  VoteWitness vote{.kind = VoteWitness::Kind::kRecovered, .voter = self.value};
  if (state.has_value()) {
    vote.ballot = ToWitness(state->accepted);
    vote.promised = ToWitness(state->promised);
    vote.value = ToWitness(state->value);
  }
  WitnessVote(vote);
}

void TellAccepted(const VoterState& state, const RegisterMessage& answer) {
  if constexpr (!kWitnessed) return;
  const auto* accepted = std::get_if<AcceptReply>(&answer);
  if (accepted == nullptr || !accepted->granted()) return;
  WitnessVote({.kind = VoteWitness::Kind::kAccepted,
               .voter = state.node.value,
               .ballot = ToWitness(state.accepted),
               .value = ToWitness(state.value)});
}

void TellAnswered(NodeId voter, const RegisterMessage& answer, bool enrolled) {
  if constexpr (!kWitnessed) return;
  if (const auto* promise = std::get_if<PrepareReply>(&answer)) {
    if (!promise->granted()) return;
    WitnessVote({.kind = VoteWitness::Kind::kPromise,
                 .voter = voter.value,
                 .ballot = ToWitness(promise->ballot),
                 .enrolled = enrolled});
    WitnessVulnerable(Vulnerable::kPromise);
  } else if (const auto* accepted = std::get_if<AcceptReply>(&answer)) {
    if (!accepted->granted()) return;
    WitnessVote({.kind = VoteWitness::Kind::kVote,
                 .voter = voter.value,
                 .ballot = ToWitness(accepted->ballot)});
    WitnessVulnerable(Vulnerable::kVote);
  }
}

void TellLearned(const ClusterConfiguration& chosen) {
  if constexpr (!kWitnessed) return;
  WitnessLearned(ToWitness(chosen));
  if (!chosen.next_voters.empty()) WitnessVulnerable(Vulnerable::kVoters);
}

void TellAsking() { WitnessAsking(); }

void TellBackOff(Nanos pause) { WitnessBackOff(pause); }

}  // namespace holdfast
