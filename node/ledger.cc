#include "node/ledger.h"

#include "net/runtime/event_loop.h"
#include "node/node.h"
#include "node/worker.h"

namespace holdfast {

void Ledger::NoteHolding(Worker& worker, const HoldNeeds& needs, const Visible& seen) {
  worker.holds_replies.store(true);
  if (needs.token != 0 || needs.fsync) Need(needs);
  // What was committed between the look and this note would wake nobody.
  if (visible() != seen) PostRelease(worker);
}

void Ledger::RepliesMayGo() {
  for (auto& worker : node_.workers()) {
    if (worker->holds_replies.load()) PostRelease(*worker);
  }
}

void Ledger::PostRelease(Worker& worker) {
  if (worker.release_posted.exchange(true)) return;
  worker.loop.Post([this, &worker] {
    worker.release_posted.store(false);
    GateHolder gate(node_.gate(), worker.index);
    worker.ReleaseHeld(visible());
  });
}

}  // namespace holdfast
