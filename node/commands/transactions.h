// MULTI, EXEC, DISCARD, WATCH, UNWATCH (https://redis.io/docs/interact/transactions).
#pragma once

#include "node/command.h"

namespace holdfast {

void MultiCommand(CommandContext& context);
void ExecCommand(CommandContext& context);
void DiscardCommand(CommandContext& context);
void WatchCommand(CommandContext& context);
void UnwatchCommand(CommandContext& context);

// Forgets the session's queue and what it watches.
void DiscardTransaction(Session& session);

}  // namespace holdfast
