// Provides the hooks themselves, which are empty elsewhere.
#define HOLDFAST_PLANTED_BUGS
#include "sim/witness_sink.h"

namespace holdfast {
namespace {
WitnessSink* current = nullptr;
}  // namespace

void SetWitnessSink(WitnessSink* sink) { current = sink; }
WitnessSink* CurrentWitnessSink() { return current; }

// What the planted twins of the nodes call.
void WitnessReply(const ReplyWitness& reply) {
  if (current != nullptr) current->OnReply(reply);
}
void WitnessRecord(const RecordWitness& record) {
  if (current != nullptr) current->OnRecord(record);
}
void WitnessCommit(const CommitWitness& commit) {
  if (current != nullptr) current->OnCommit(commit);
}
void WitnessVulnerable(Vulnerable moment) {
  if (current != nullptr) current->OnVulnerable(moment);
}
void WitnessAck(const AckWitness& ack) {
  if (current != nullptr) current->OnAck(ack);
}
void WitnessRelease(const ReleaseWitness& release) {
  if (current != nullptr) current->OnRelease(release);
}
void WitnessSnapshot(const SnapshotWitness& snapshot) {
  if (current != nullptr) current->OnSnapshot(snapshot);
}
void WitnessVote(const VoteWitness& vote) {
  if (current != nullptr) current->OnVote(vote);
}
void WitnessLearned(const ValueWitness& value) {
  if (current != nullptr) current->OnLearned(value);
}
void WitnessProposal(const ProposalWitness& proposal) {
  if (current != nullptr) current->OnProposal(proposal);
}
void WitnessAsking() {
  if (current != nullptr) current->OnAsking();
}
void WitnessBackOff(Nanos pause) {
  if (current != nullptr) current->OnBackOff(pause);
}
void WitnessHalt(absl::string_view reason) {
  if (current != nullptr) current->OnHalt(reason);
}

}  // namespace holdfast
