// Commands on strings (https://redis.io/commands/?group=string).
#pragma once

#include "node/command.h"

namespace holdfast {

void AppendCommand(CommandContext& context);
void DecrByCommand(CommandContext& context);
void DecrCommand(CommandContext& context);
void GetCommand(CommandContext& context);
void GetDelCommand(CommandContext& context);
void GetExCommand(CommandContext& context);
void GetRangeCommand(CommandContext& context);
void GetSetCommand(CommandContext& context);
void IncrByCommand(CommandContext& context);
void IncrByFloatCommand(CommandContext& context);
void IncrCommand(CommandContext& context);
void LcsCommand(CommandContext& context);
void MGetCommand(CommandContext& context);
void MSetCommand(CommandContext& context);
void MSetNxCommand(CommandContext& context);
void PSetExCommand(CommandContext& context);
void SetCommand(CommandContext& context);
void SetExCommand(CommandContext& context);
void SetNxCommand(CommandContext& context);
void SetRangeCommand(CommandContext& context);
void StrLenCommand(CommandContext& context);
void SubStrCommand(CommandContext& context);

}  // namespace holdfast
