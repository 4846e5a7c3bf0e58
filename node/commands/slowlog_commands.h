// SLOWLOG (https://redis.io/commands/slowlog-get/ and its siblings).
#pragma once

#include "node/command.h"

namespace holdfast {

void SlowlogGetCommand(CommandContext& context);
void SlowlogLenCommand(CommandContext& context);
void SlowlogResetCommand(CommandContext& context);

}  // namespace holdfast
