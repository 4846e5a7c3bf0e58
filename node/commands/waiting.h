// Commands that are not done when their handler returns: what they share.
//
// Such a handler blocks its session, arranges for something to happen later, and the session is
// answered and unblocked then. Inside EXEC nothing can wait, since the replies leave together.
#pragma once

#include "node/command.h"
#include "node/node.h"
#include "node/session.h"
#include "node/worker.h"

namespace holdfast {

// Whether EXEC runs the command: otherwise it would have been queued.
inline bool RunsInTransaction(const CommandContext& context) {
  return context.session.transaction().open;
}

// Whether the command may take its time; otherwise replies that EXEC cannot wait.
inline bool MayWait(CommandContext& context) {
  if (!RunsInTransaction(context)) return true;
  context.Error("ERR this command waits for others, which EXEC cannot");
  return false;
}

// Looks again and again, on the session's worker, until `look` has answered; then the blocked
// session goes on.
template <typename Look>
void LookUntilAnswered(Session& session, Nanos every, Look look) {
  if (look(session)) return session.Unblock();
  Worker& worker = session.worker();
  worker.loop.RunAfter(
      every, [&node = worker.node, worker = worker.index, id = session.info().id, every, look] {
        node.PostToSession(
            worker, id, [every, look](Session& later) { LookUntilAnswered(later, every, look); });
      });
}

// Blocks the session; the returned handler answers it, from any thread.
template <typename Answer>
auto AnswerLater(CommandContext& context, Answer answer) {
  context.session.Block();
  return [&node = context.node, worker = context.worker.index, id = context.session.info().id,
          answer](auto result) {
    node.PostToSession(worker, id, [answer, result = std::move(result)](Session& session) {
      answer(session, result);
      session.Unblock();
    });
  };
}

}  // namespace holdfast
