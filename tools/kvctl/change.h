// Telling a node to change something, and what its answer means.
//
//   +OK                        done
//   -REFUSED why               7: the node will not, whatever is repeated
//   -CONFLICT why              8: the configuration is no longer the plan's
//   -TRYAGAIN why              1: not now
//   no answer after the asking 1: nobody knows; the status will tell
#pragma once

#include <string>
#include <vector>

#include "tools/kvctl/session.h"

namespace holdfast::kvctl {

struct Change {
  std::string what;  // "the switchover to n2"
  Endpoint to;
  std::vector<std::string> words;
};

// Waits for the node's word; a failure if it is not OK.
Done Carry(const Session& session, const Change& change);

// Pure: what `answer` means.
Done OutcomeOf(const Change& change, const Answer& answer);

}  // namespace holdfast::kvctl
