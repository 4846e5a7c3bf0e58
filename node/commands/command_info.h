// COMMAND (https://redis.io/commands/command/): the command table, as clients ask for it.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "node/command.h"

namespace holdfast {

void CommandCommand(CommandContext& context);
void CommandCountCommand(CommandContext& context);
void CommandDocsCommand(CommandContext& context);
void CommandGetKeysAndFlagsCommand(CommandContext& context);
void CommandGetKeysCommand(CommandContext& context);
void CommandInfoCommand(CommandContext& context);
void CommandListCommand(CommandContext& context);

// The ACL categories of a command without their '@', in the order that Redis lists them.
std::vector<absl::string_view> AclCategories(const CommandSpec& spec);

// One key specification: which keys, and what happens to them.
struct KeySpec {
  int begin = 0;  // index of the first key, or, with by_count, of their number
  bool by_count = false;
  int last = 0;  // behind the first key; -1: to the end
  int step = 1;
  std::vector<absl::string_view> flags;
};
std::vector<KeySpec> KeySpecs(const CommandSpec& spec);

}  // namespace holdfast
