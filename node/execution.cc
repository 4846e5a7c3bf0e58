#include "node/execution.h"

#include "cluster/log/replication_log.h"
#include "node/node.h"

namespace holdfast {

EffectRecorder* Execution::recorder() { return node_.log() == nullptr ? nullptr : &recorder_; }

void Execution::DependOn(Slot slot) {
  outcome_.depends_on = std::max(outcome_.depends_on, node_.keyspace().last_lsn(slot));
}

void Execution::DependOnAll() {
  if (node_.log() != nullptr) {
    outcome_.depends_on = std::max(outcome_.depends_on, node_.log()->tail());
  }
}

void Execution::LogEffects() {
  if (recorder_.empty()) return;
  Append();
  recorder_.Clear();
}

void Execution::Append() {
  const std::optional<Epoch> epoch = node_.leads();
  std::optional<Lsn> lsn;
  if (epoch) {
    lsn = node_.log()->Append(
        {.epoch = *epoch, .log_time = outcome_.log_time, .payload = recorder_.payload()});
  }
  if (!lsn) {
    outcome_.unlogged = true;
    return;
  }
  recorder_.slots().Mark(node_.keyspace(), *lsn);
  outcome_.lsn = *lsn;
}

}  // namespace holdfast
