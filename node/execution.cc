#include "node/execution.h"

#include <utility>

#include "cluster/log/replication_log.h"
#include "net/runtime/event_loop.h"
#include "node/ledger.h"
#include "node/node.h"

namespace holdfast {

void Execution::Begin() {
  log_ = node_.log();
  outcome_ = {};
}

void Execution::DependOnSlot(Slot slot) {
  outcome_.depends_on = std::max(outcome_.depends_on, node_.keyspace().last_lsn(slot));
}

void Execution::DependOnTail() {
  outcome_.depends_on = std::max(outcome_.depends_on, log_->tail());
}

// Once for all that a turn of the loop appends: what its clients sent together travels together.
// Replies leave at the end of the turn too, so nobody waits for it.
void Execution::NoteAppended() {
  if (node_.ledger() == nullptr || std::exchange(notice_posted_, true)) return;
  loop_.Post([this] {
    notice_posted_ = false;
    node_.ledger()->NoteAppended();
  });
}

void Execution::Append() {
  const std::optional<Epoch> epoch = node_.leads();
  std::optional<Lsn> lsn;
  if (epoch) {
    lsn = log_->Append(
        {.epoch = *epoch, .log_time = outcome_.log_time, .payload = recorder_.payload()});
  }
  if (lsn) {
    recorder_.slots().Mark(node_.keyspace(), *lsn);
    outcome_.lsn = *lsn;
    NoteAppended();
  } else {
    outcome_.unlogged = true;
  }
  recorder_.Clear();
}

}  // namespace holdfast
