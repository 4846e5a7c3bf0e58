// Commands that are not done when their handler returns: what they share.
//
// Such a handler blocks its session, arranges for something to happen later, and the session is
// answered and unblocked then. Inside EXEC nothing can wait, since the replies leave together.
#pragma once

#include "node/command.h"
#include "node/session.h"

namespace holdfast {

// Whether EXEC runs the command: otherwise it would have been queued.
inline bool RunsInTransaction(const CommandContext& context) {
  return context.session.transaction().open;
}

}  // namespace holdfast
