#include "node/commands/slowlog_commands.h"

#include "node/commands/server.h"
#include "node/node.h"

namespace holdfast {
namespace {

constexpr int64_t kDefaultCount = 10;

}  // namespace

void SlowlogGetCommand(CommandContext& context) {
  if (context.arguments.size() > 3) {
    ReplySubcommandArity(context);
    return;
  }
  int64_t count = kDefaultCount;
  if (context.arguments.size() == 3) {
    constexpr absl::string_view kError = "ERR count should be greater than or equal to -1";
    const auto wanted = context.Integer(2, kError);
    if (!wanted) return;
    if (*wanted < -1) {
      context.Error(kError);
      return;
    }
    count = *wanted;
  }
  // -1 asks for all; as an unsigned number it does.
  const auto entries = context.node.slowlog().Newest(static_cast<size_t>(count));
  ReplyWriter& reply = context.reply;
  reply.Array(entries.size());
  for (const SlowlogEntry& entry : entries) {
    reply.Array(6);
    reply.Integer(static_cast<int64_t>(entry.id));
    reply.Integer(entry.unix_seconds);
    reply.Integer(entry.microseconds);
    reply.Array(entry.arguments.size());
    for (const std::string& argument : entry.arguments) reply.Bulk(argument);
    reply.Bulk(entry.client_address);
    reply.Bulk(entry.client_name);
  }
}

void SlowlogLenCommand(CommandContext& context) {
  context.reply.Integer(static_cast<int64_t>(context.node.slowlog().size()));
}

void SlowlogResetCommand(CommandContext& context) {
  context.node.slowlog().Clear();
  context.reply.Ok();
}

}  // namespace holdfast
