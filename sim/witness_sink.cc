// Provides the hooks themselves, which are empty elsewhere.
#define HOLDFAST_PLANTED_BUGS
#include "sim/witness_sink.h"

namespace holdfast {
namespace {
WitnessSink* current = nullptr;
}  // namespace

void SetWitnessSink(WitnessSink* sink) { current = sink; }

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

}  // namespace holdfast
