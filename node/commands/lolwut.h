// LOLWUT (https://redis.io/commands/lolwut/).
#pragma once

#include "node/command.h"

namespace holdfast {

void LolwutCommand(CommandContext& context);

}  // namespace holdfast
