// Replay: the white-box judge: the log, executed again in a model, must give every reply.
//
//   operations --witness--> places in the final log
//   in log order:  model.Execute(command) == reply?
//
// Each operation has a place: a write the LSN of its record, a read behind the newest record that
// it shows. What was executed at a place runs in the model with the log_time it saw, so there is
// nothing to search for and deadlines are exact. Time and memory are linear, apart from sorting.
//
// 1. Acknowledged writes are in the final log; a definite refusal is not; each other write is there
//    at most once.
// 2. A reply shows only what the final log holds.
// 3. Places agree with real time on every hash tag: what ended before another began stands before
//    it; and log_time never falls there (sim/check/real_time.h).
// 4. What changes nothing in the log changes nothing.
// 5. A snapshot that was cut at a place holds what the model holds there
//    (sim/check/snapshot_check.h).
// 6. Reads on a replica show an older prefix, and never an older one than the read before them on
//    the same connection.
#pragma once

#include <cstdint>
#include <string>

#include "sim/check/evidence.h"
#include "sim/check/history.h"

namespace holdfast {

struct ReplayResult {
  // Empty, or the first contradiction.
  std::string violation;
  uint64_t replayed = 0;  // operations executed in the model
  Lsn committed;
  bool ok() const { return violation.empty(); }
};

// The history's operations are matched with the evidence by connection and ordinal; operations of
// which the model knows nothing are left out.
ReplayResult CheckReplay(const History& history, const Evidence& evidence);

}  // namespace holdfast
