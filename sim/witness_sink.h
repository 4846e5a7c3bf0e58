// WitnessSink: who hears what the nodes say of themselves (net/base/witness.h). The current event's
// actor (Kernel::running) is the one who speaks.
#pragma once

#include "net/base/witness.h"

namespace holdfast {

class WitnessSink {
 public:
  virtual ~WitnessSink() = default;
  virtual void OnReply(const ReplyWitness& reply) = 0;
  virtual void OnRecord(const RecordWitness& record) = 0;
  virtual void OnCommit(const CommitWitness& commit) = 0;
  virtual void OnVulnerable(Vulnerable moment) = 0;
  virtual void OnAck(const AckWitness& ack) = 0;
  virtual void OnRelease(const ReleaseWitness& release) = 0;
  virtual void OnSnapshot(const SnapshotWitness& snapshot) = 0;
  virtual void OnVote(const VoteWitness& vote) = 0;
  virtual void OnLearned(const ValueWitness& value) = 0;
  virtual void OnProposal(const ProposalWitness& proposal) = 0;
  virtual void OnAsking() = 0;
  virtual void OnBackOff(Nanos pause) = 0;
  virtual void OnHalt(absl::string_view reason) = 0;
};

// Makes it the one who hears, until another is or null. It must outlive that.
void SetWitnessSink(WitnessSink* sink);
// Null: nobody hears.
WitnessSink* CurrentWitnessSink();

}  // namespace holdfast
