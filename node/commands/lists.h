// Commands on lists (https://redis.io/commands/?group=list).
#pragma once

#include "node/command.h"

namespace holdfast {

void LIndexCommand(CommandContext& context);
void LInsertCommand(CommandContext& context);
void LLenCommand(CommandContext& context);
void LMoveCommand(CommandContext& context);
void LMPopCommand(CommandContext& context);
void LPopCommand(CommandContext& context);
void LPosCommand(CommandContext& context);
void LPushCommand(CommandContext& context);
void LPushXCommand(CommandContext& context);
void LRangeCommand(CommandContext& context);
void LRemCommand(CommandContext& context);
void LSetCommand(CommandContext& context);
void LTrimCommand(CommandContext& context);
void RPopCommand(CommandContext& context);
void RPopLPushCommand(CommandContext& context);
void RPushCommand(CommandContext& context);
void RPushXCommand(CommandContext& context);

}  // namespace holdfast
