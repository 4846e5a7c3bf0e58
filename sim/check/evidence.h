// Evidence: what the nodes of one run said of their own replies and logs (net/base/witness.h), in
// the order they said it.
#pragma once

#include <vector>

#include "net/base/witness.h"

namespace holdfast {

struct Evidence {
  std::vector<ReplyWitness> replies;
  std::vector<RecordWitness> records;
  std::vector<CommitWitness> commits;
};

}  // namespace holdfast
