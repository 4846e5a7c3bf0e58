#include "cluster/core/log_view.h"

#include <algorithm>

#include "net/base/limits.h"
#include "net/base/planted_bug.h"

namespace holdfast {
namespace {

// The last position at or below `high` whose epoch is at most `epoch`. Epochs never fall along a
// log, and the base's own is the least.
LogPosition LastOfEpoch(const LogView& log, Epoch epoch, Lsn high) {
  Lsn low = log.Base().lsn;
  while (low < high) {
    const Lsn middle{low.value + (high.value - low.value + 1) / 2};
    if (log.PositionAt(middle)->epoch <= epoch) {
      low = middle;
    } else {
      high = Lsn{middle.value - 1};
    }
  }
  return *log.PositionAt(low);
}

}  // namespace

Ladder BuildLadder(const LogView& log, Lsn applied) {
  Ladder ladder;
  LogPosition rung = log.Tail();
  const Lsn lowest = std::clamp(applied, log.Base().lsn, rung.lsn);
  while (rung.lsn > lowest) {
    // Too many epochs to tell them all: whoever shares none of these shares nothing, since a gap in
    // the ladder would hide where the logs part.
    if (ladder.size() == limits::kLadderRungsMax) return ladder;
    ladder.push_back(rung);
    if (rung.epoch.value == 0) break;
    rung = LastOfEpoch(log, Epoch{rung.epoch.value - 1}, rung.lsn);
  }
  // The foot: the epoch may go on below what was applied, but there is nothing to cut there.
  ladder.push_back(*log.PositionAt(lowest));
  return ladder;
}

std::optional<LogPosition> FindShared(const LogView& log, const Ladder& ladder) {
  if (BUG("partial-resync-by-offset-without-epoch") && !ladder.empty()) {
    return log.PositionAt(std::min(ladder.front().lsn, log.Tail().lsn));
  }
  const Lsn base = log.Base().lsn;
  for (size_t index = 0; index < ladder.size(); ++index) {
    const LogPosition& rung = ladder[index];
    if (rung.lsn < base) return std::nullopt;
    if (log.PositionAt(rung.lsn) == rung) return rung;
    // Does our part of the rung's epoch end between it and the rung below? Then both logs hold that
    // record, and part after it.
    const LogPosition ours = LastOfEpoch(log, rung.epoch, std::min(rung.lsn, log.Tail().lsn));
    const bool above_next = index + 1 < ladder.size() && ours.lsn > ladder[index + 1].lsn;
    if (ours.epoch == rung.epoch && above_next) return ours;
  }
  return std::nullopt;
}

}  // namespace holdfast
