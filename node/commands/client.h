// CLIENT (https://redis.io/commands/client/): connections, the caller's own and others.
#pragma once

#include "node/command.h"

namespace holdfast {

void ClientGetNameCommand(CommandContext& context);
void ClientGetRedirCommand(CommandContext& context);
void ClientIdCommand(CommandContext& context);
void ClientInfoCommand(CommandContext& context);
void ClientKillCommand(CommandContext& context);
void ClientListCommand(CommandContext& context);
void ClientNoEvictCommand(CommandContext& context);
void ClientNoTouchCommand(CommandContext& context);
void ClientPauseCommand(CommandContext& context);
void ClientReplyCommand(CommandContext& context);
void ClientSetInfoCommand(CommandContext& context);
void ClientSetNameCommand(CommandContext& context);
void ClientTrackingCommand(CommandContext& context);
void ClientTrackingInfoCommand(CommandContext& context);
void ClientUnblockCommand(CommandContext& context);
void ClientUnpauseCommand(CommandContext& context);

}  // namespace holdfast
