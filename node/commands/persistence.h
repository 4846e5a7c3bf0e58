// Commands about what is on the disk (https://redis.io/commands/?group=server).
#pragma once

#include "node/command.h"

namespace holdfast {

void SaveCommand(CommandContext& context);
void BgSaveCommand(CommandContext& context);
void BgRewriteAofCommand(CommandContext& context);
void LastSaveCommand(CommandContext& context);
void WaitAofCommand(CommandContext& context);

}  // namespace holdfast
