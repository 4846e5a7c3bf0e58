// Evidence: what the nodes of one run said of their own replies and logs (net/base/witness.h), in
// the order they said it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "net/base/witness.h"
#include "sim/model.h"

namespace holdfast {

// All that a node held when it had a snapshot of the log up to `cut`.
struct LoadedSnapshot {
  int node = 0;
  Epoch epoch;  // of the record at the cut
  Lsn cut;
  std::map<std::string, Model::Entry> entries;
};

struct Evidence {
  std::vector<ReplyWitness> replies;
  std::vector<RecordWitness> records;
  std::vector<CommitWitness> commits;
  std::vector<LoadedSnapshot> snapshots;
};

}  // namespace holdfast
