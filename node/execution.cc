#include "node/execution.h"

#include "cluster/log/replication_log.h"
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
  } else {
    outcome_.unlogged = true;
  }
  recorder_.Clear();
}

}  // namespace holdfast
