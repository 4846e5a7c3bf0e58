// What a node's voter and proposer tell whoever judges the register (net/base/witness.h). Elsewhere
// than in the simulator's build these leave no code.
#pragma once

#include <optional>

#include "cluster/wire/register_messages.h"
#include "net/base/types.h"

namespace holdfast {

// The node begins with this on its disk, or without a vote.
void TellRecovered(NodeId self, const std::optional<VoterState>& state);
// The voter, now in this state, is about to give this answer.
void TellAccepted(const VoterState& state, const RegisterMessage& answer);
// The answer leaves. `enrolled`: the question made this node a voter.
void TellAnswered(NodeId voter, const RegisterMessage& answer, bool enrolled);
void TellLearned(const ClusterConfiguration& chosen);
void TellAsking();
void TellBackOff(Nanos pause);

}  // namespace holdfast
