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
};

// Makes it the one who hears, until another is or null. It must outlive that.
void SetWitnessSink(WitnessSink* sink);

}  // namespace holdfast
