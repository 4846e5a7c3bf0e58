// Where two logs part.
//
// Two members compare their logs by epochs rather than record by record. One epoch has one primary,
// so records of equal (epoch, LSN) are the same record, and so is everything before them. A member
// therefore sends a ladder: its last position of each epoch, from its tail down to what it applied.
//
//   member   1 1 1 1|2 2 2        ladder  (2,7) (1,4)
//   primary  1 1 1 1|2|3 3        epoch 2 ends here at (2,5), which is on the member's ladder
//                      ^          between (1,4) and (2,7): they part after (2,5)
//
// 1. The answer is exact: cutting back any further would, for a moment, forget records that the
//    member has acknowledged.
// 2. Each side verifies the hash of the common point in its own log.
// 3. What nobody can compare (the primary has trimmed it) is not shared.
#pragma once

#include <optional>
#include <vector>

#include "cluster/core/identity.h"

namespace holdfast {

// The positions of one node's own log: records kept, applied or only buffered.
class LogView {
 public:
  virtual ~LogView() = default;
  // The position just before the first record kept: {0, 0, 0} or where a snapshot was cut.
  virtual LogPosition Base() const = 0;
  virtual LogPosition Tail() const = 0;
  // Base().lsn <= lsn <= Tail().lsn, else none.
  virtual std::optional<LogPosition> PositionAt(Lsn lsn) const = 0;
};

// Highest position first; the last rung is what was applied, at most limits::kLadderRungsMax + 1.
using Ladder = std::vector<LogPosition>;

// From Tail() down to `applied`; the topmost limits::kLadderRungsMax epochs if there are more.
Ladder BuildLadder(const LogView& log, Lsn applied);

// The last position that `log` shares with the log the ladder describes, or none.
std::optional<LogPosition> FindShared(const LogView& log, const Ladder& ladder);

}  // namespace holdfast
