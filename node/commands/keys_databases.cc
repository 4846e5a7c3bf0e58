// Commands on whole databases. Those that write run in a stopped world.

#include "node/commands/keys.h"
#include "node/commands/keys_access.h"
#include "node/node.h"

namespace holdfast {
namespace {

// ASYNC and SYNC are both obeyed by doing the same: the keys are gone at once, and their memory
// comes back in the background.
bool CheckFlushArguments(CommandContext& context) {
  const size_t count = context.arguments.size();
  if (count == 1) return true;
  if (count == 2 && (context.Is(1, "ASYNC") || context.Is(1, "SYNC"))) return true;
  context.SyntaxError();
  return false;
}

void Flush(CommandContext& context, DatabaseId database) {
  context.CountChanges(context.keyspace.Size(database));
  context.writer.Flush(database);
}

}  // namespace

void DbSizeCommand(CommandContext& context) {
  context.reply.Integer(static_cast<int64_t>(context.keyspace.Size(context.database)));
}

void FlushDbCommand(CommandContext& context) {
  if (!CheckFlushArguments(context)) return;
  Flush(context, context.database);
  context.reply.Ok();
}

void FlushAllCommand(CommandContext& context) {
  if (!CheckFlushArguments(context)) return;
  for (uint8_t database = 0; database < kDatabaseCount; ++database) {
    Flush(context, DatabaseId{database});
  }
  context.reply.Ok();
}

void SwapDbCommand(CommandContext& context) {
  const auto first = IntegerWithin(context, 1, kDatabaseNumbers, "ERR invalid first DB index");
  if (!first) return;
  const auto second = IntegerWithin(context, 2, kDatabaseNumbers, "ERR invalid second DB index");
  if (!second) return;
  const auto one = DatabaseNumbered(context, *first);
  if (!one) return;
  const auto other = DatabaseNumbered(context, *second);
  if (!other) return;
  if (*one != *other) {
    context.writer.SwapDatabases(*one, *other);
    context.CountChanges(1);
  }
  context.reply.Ok();
}

}  // namespace holdfast
