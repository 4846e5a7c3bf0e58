// Commands about the connection they arrive on (https://redis.io/commands/?group=connection),
// CLIENT aside.
#pragma once

#include "absl/strings/string_view.h"
#include "node/command.h"

namespace holdfast {

void AuthCommand(CommandContext& context);
void EchoCommand(CommandContext& context);
void HelloCommand(CommandContext& context);
void PingCommand(CommandContext& context);
void QuitCommand(CommandContext& context);
void ResetCommand(CommandContext& context);
void SelectCommand(CommandContext& context);

// What clients may call themselves and their libraries: printable ASCII without blanks, so that a
// line of CLIENT LIST can be taken apart again. The empty text is one, too.
bool IsClientAttribute(absl::string_view text);

}  // namespace holdfast
