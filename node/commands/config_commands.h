// CONFIG (https://redis.io/commands/config-get/ and its siblings).
#pragma once

#include "node/command.h"

namespace holdfast {

void ConfigGetCommand(CommandContext& context);
void ConfigResetStatCommand(CommandContext& context);
void ConfigRewriteCommand(CommandContext& context);
void ConfigSetCommand(CommandContext& context);

}  // namespace holdfast
