// Which log, and where in it: what a keyspace or a snapshot of it comes from.
#pragma once

#include <cstdint>

#include "net/base/types.h"

namespace holdfast {

struct LogOrigin {
  uint64_t log_id = 0;  // of the cluster, or of the node that stands alone
  LogPosition position;
};

}  // namespace holdfast
