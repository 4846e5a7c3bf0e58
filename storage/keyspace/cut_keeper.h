// CutKeeper: somebody who wants the keyspace as it was at one instant, the cut, while it changes.
//
// The keyspace tells it, under the slot's lock, before something changes that has not changed since
// the cut. What is told are units, the segments of tables (at most 511 entries), each once per cut:
//
//   cut        a number of the keyspace's; nothing is read or copied
//   write      unit not kept yet?  keep it, mark it with the cut's number, then change it
//   walk       unit not kept yet?  keep it, mark it
//   unit       | marks: lane 0, lane 1 | ... |      one mark for each cut that may be open at a
//   time
//
// So whoever comes first, the writer or the walker, hands the unit over as it was at the cut, and
// the other one finds the mark. A keeper copies what is small at once; of a large string it may
// note the entry only, and is told again before that entry's bytes change or are freed.
//
// 1. A unit that is made later carries the marks of what it was made from, or those of the cuts
//    that are open: it then holds nothing from before them.
// 2. Marks are compared for equality only. A lane's number comes round after 65,535 cuts, so before
//    so many have been taken without one complete walk, all marks of the lane are cleared.
#pragma once

#include <array>
#include <cstdint>

#include "absl/types/span.h"
#include "net/base/types.h"
#include "storage/keyspace/entry.h"

namespace holdfast {

// Cuts that may be open at a time: one for a peer, one for a file.
inline constexpr int kCutLanes = 2;

// For each lane the number of the last cut that something was kept for; 0 is none.
using CutMarks = std::array<uint16_t, kCutLanes>;

// One cut.
struct CutMark {
  int lane = 0;
  uint16_t number = 0;
};

class CutKeeper {
 public:
  virtual ~CutKeeper() = default;

  // A unit as it was at the cut. What SWAPDB exchanges are numbers: a physical database stays.
  virtual void Keep(Slot slot, int physical, absl::Span<Entry* const> entries) = 0;
  // The string of this entry, or the list it holds, is about to be edited where it lies.
  virtual void BeforeEdit(const Entry& entry) = 0;
  // No table knows the entry any more. True if the keeper takes it over, and gives it back with
  // Keyspace::FreeKept some time; entries with lists are not taken.
  virtual bool BeforeFree(Slot slot, Entry* entry) = 0;
  // Whether it holds as much as it may: writers had better wait before they make it keep more.
  virtual bool congested() const = 0;
};

}  // namespace holdfast
