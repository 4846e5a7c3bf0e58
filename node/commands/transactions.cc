#include "node/commands/transactions.h"

#include "node/dispatch.h"
#include "node/node.h"
#include "node/session.h"
#include "node/worker.h"

namespace holdfast {

void DiscardTransaction(Session& session) {
  Transaction& transaction = session.transaction();
  transaction.open = false;
  transaction.failed = false;
  transaction.queue.clear();
  session.worker().node.watches().Unwatch(transaction);
  session.ForgetRemoteWatches();
}

void MultiCommand(CommandContext& context) {
  Transaction& transaction = context.session.transaction();
  if (transaction.open) {
    context.Error("ERR MULTI calls can not be nested");
    return;
  }
  transaction.open = true;
  context.reply.Ok();
}

void ExecCommand(CommandContext& context) {
  if (!context.session.transaction().open) {
    context.Error("ERR EXEC without MULTI");
    return;
  }
  ExecuteTransaction(context);
  DiscardTransaction(context.session);
}

void DiscardCommand(CommandContext& context) {
  if (!context.session.transaction().open) {
    context.Error("ERR DISCARD without MULTI");
    return;
  }
  DiscardTransaction(context.session);
  context.reply.Ok();
}

void WatchCommand(CommandContext& context) {
  Transaction& transaction = context.session.transaction();
  if (transaction.open) {
    context.Error("ERR WATCH inside MULTI is not allowed");
    return;
  }
  for (const Key& key : context.keys) {
    // A key that is due goes now, so that its going later does not count as a change.
    context.Find(key);
    context.node.watches().Watch(transaction, context.database, key.bytes);
  }
  context.reply.Ok();
}

void UnwatchCommand(CommandContext& context) {
  context.session.ForgetRemoteWatches();
  context.node.watches().Unwatch(context.session.transaction());
  context.reply.Ok();
}

}  // namespace holdfast
