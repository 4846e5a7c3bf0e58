// Commands on keys, whatever their values are (https://redis.io/commands/?group=generic), on whole
// databases, and OBJECT and MEMORY, which tell how values are kept; DUMP and RESTORE, by
// which they travel.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "node/command.h"

namespace holdfast {

void CopyCommand(CommandContext& context);
void DelCommand(CommandContext& context);
void ExistsCommand(CommandContext& context);
void MoveCommand(CommandContext& context);
void RenameCommand(CommandContext& context);
void RenameNxCommand(CommandContext& context);
void TouchCommand(CommandContext& context);
void TypeCommand(CommandContext& context);
void UnlinkCommand(CommandContext& context);

void ExpireAtCommand(CommandContext& context);
void ExpireCommand(CommandContext& context);
void ExpireTimeCommand(CommandContext& context);
void PersistCommand(CommandContext& context);
void PExpireAtCommand(CommandContext& context);
void PExpireCommand(CommandContext& context);
void PExpireTimeCommand(CommandContext& context);
void PTtlCommand(CommandContext& context);
void TtlCommand(CommandContext& context);

void DbSizeCommand(CommandContext& context);
void FlushAllCommand(CommandContext& context);
void FlushDbCommand(CommandContext& context);
void SwapDbCommand(CommandContext& context);

void ObjectEncodingCommand(CommandContext& context);
void ObjectFreqCommand(CommandContext& context);
void ObjectHelpCommand(CommandContext& context);
void ObjectIdleTimeCommand(CommandContext& context);
void ObjectRefCountCommand(CommandContext& context);

void DumpCommand(CommandContext& context);
void RestoreCommand(CommandContext& context);

void MemoryDoctorCommand(CommandContext& context);
void MemoryHelpCommand(CommandContext& context);
void MemoryMallocStatsCommand(CommandContext& context);
void MemoryPurgeCommand(CommandContext& context);
void MemoryStatsCommand(CommandContext& context);
void MemoryUsageCommand(CommandContext& context);

// "string", "list": as TYPE and SCAN's TYPE name them.
std::string TypeName(const Entry& entry);
// "int", "embstr", "raw", "listpack", "quicklist": as OBJECT ENCODING names them.
absl::string_view EncodingName(const Entry& entry);

}  // namespace holdfast
