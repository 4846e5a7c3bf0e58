// Does this kernel do what net/uring relies on? Tried out on a pair of sockets rather than
// concluded from version numbers, because back-ports and sandboxes make those unreliable.
#pragma once

#include "absl/status/status.h"

namespace holdfast {

// OK, or what is missing. Takes well under a millisecond.
absl::Status CheckKernel();

}  // namespace holdfast
