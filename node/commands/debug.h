// DEBUG: what tests and the curious ask for (https://redis.io/commands/debug/).
#pragma once

#include "node/command.h"

namespace holdfast {

void DebugCommand(CommandContext& context);

}  // namespace holdfast
