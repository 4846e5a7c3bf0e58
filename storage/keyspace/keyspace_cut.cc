// What a keyspace does for those who want it as it was at an instant.

#include <limits>
#include <mutex>
#include <utility>

#include "net/base/planted_bug.h"
#include "storage/keyspace/hash.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast {

std::optional<CutMark> Keyspace::OpenCut(CutKeeper& keeper) {
  for (size_t lane = 0; lane < kCutLanes; ++lane) {
    Cut& cut = cuts_[lane];
    if (cut.keeper != nullptr) continue;
    if (cut.since_complete == std::numeric_limits<uint16_t>::max() - 1) ClearMarks(lane);
    ++cut.since_complete;
    if (++cut_marks_[lane] == 0) ++cut_marks_[lane];
    cut.keeper = &keeper;
    cut.flushed = 0;
    ++open_cuts_;
    return CutMark{.lane = static_cast<int>(lane), .number = cut_marks_[lane]};
  }
  return std::nullopt;
}

void Keyspace::CloseCut(CutMark mark, const CloseOptions& options) {
  Cut& cut = cuts_[static_cast<size_t>(mark.lane)];
  CHECK(cut.keeper != nullptr);
  CHECK(cut_marks_[static_cast<size_t>(mark.lane)] == mark.number);
  if (options.complete) cut.since_complete = 0;
  cut.keeper = nullptr;
  --open_cuts_;
}

// So many cuts in a row were given up that the numbers are about to come round.
void Keyspace::ClearMarks(size_t lane) {
  for (int i = 0; i < kSlotCount; ++i) {
    for (int physical = 0; physical < kDatabaseCount; ++physical) {
      const Slot slot{static_cast<uint16_t>(i)};
      if (FindDatabase(slot, physical) == nullptr) break;
      MakeDatabase(slot, physical).table.ClearMarks(static_cast<int>(lane));
    }
  }
  cuts_[lane].since_complete = 0;
}

bool Keyspace::CutCongested() const {
  for (const Cut& cut : cuts_) {
    if (cut.keeper != nullptr && cut.keeper->congested()) return true;
  }
  return false;
}

std::array<DatabaseId, kDatabaseCount> Keyspace::DatabaseNumbers() const {
  std::array<DatabaseId, kDatabaseCount> numbers;
  for (uint8_t number = 0; number < kDatabaseCount; ++number) {
    numbers[physical_[number]] = DatabaseId{number};
  }
  return numbers;
}

template <typename Visit>
void Keyspace::ForEachCut(Visit visit) {
  for (size_t lane = 0; lane < kCutLanes; ++lane) {
    if (cuts_[lane].keeper == nullptr) continue;
    visit(*cuts_[lane].keeper, CutMark{.lane = static_cast<int>(lane), .number = cut_marks_[lane]});
  }
}

void Keyspace::KeepBeforeChange(Slot slot, int physical, uint64_t hash) {
  if (BUG("fuzzy-snapshot")) return;
  Table& table = MakeDatabase(slot, physical).table;
  ForEachCut([&](CutKeeper& keeper, CutMark mark) {
    table.Keep(hash, mark,
               [&](absl::Span<Entry* const> unit) { keeper.Keep(slot, physical, unit); });
  });
}

void Keyspace::KeepBeforeErase(Slot slot, int physical, uint64_t hash) {
  if (BUG("fuzzy-snapshot")) return;
  Table& table = MakeDatabase(slot, physical).table;
  ForEachCut([&](CutKeeper& keeper, CutMark mark) {
    table.KeepBeforeErase(
        hash, mark, [&](absl::Span<Entry* const> unit) { keeper.Keep(slot, physical, unit); });
  });
}

void Keyspace::KeepBeforeEdit(Slot slot, const Entry* entry) {
  // Who edits in place knows the entry but need not know its database.
  const uint64_t hash = HashKey(entry->key(), hash_seed_);
  for (int physical = 0; physical < kDatabaseCount; ++physical) {
    const SlotDatabase* database = FindDatabase(slot, physical);
    if (database == nullptr) break;
    if (database->table.Find(hash, entry->key()) != entry) continue;
    KeepBeforeChange(slot, physical, hash);
    break;
  }
  ForEachCut([&](CutKeeper& keeper, CutMark) { keeper.BeforeEdit(*entry); });
}

bool Keyspace::TakenByKeeper(Slot slot, Entry* entry) {
  if (entry->type() == ValueType::kList) {
    // Nobody takes it, but all who share the list have to know that its address means nothing now.
    ForEachCut([&](CutKeeper& keeper, CutMark) { keeper.BeforeFree(slot, entry); });
    return false;
  }
  // One may have the entry itself; another makes a copy of what it needs, and does so first, since
  // an entry that was taken may be gone at once.
  CutKeeper* taker = nullptr;
  ForEachCut([&](CutKeeper& keeper, CutMark) {
    if (taker != nullptr) taker->BeforeEdit(*entry);
    taker = &keeper;
  });
  return taker->BeforeFree(slot, entry);
}

void Keyspace::FreeKept(Slot slot, Entry* entry) {
  stripe(slot).bytes -= static_cast<int64_t>(BlockAllocator::BlockBytes(entry->BlockSize()));
  FreeBlock(slot, entry);
}

bool Keyspace::KeepNext(CutMark mark, CutWalk& walk) {
  const auto next = walk.slot < kSlotCount ? NextSlotWithKeys(walk.slot) : std::nullopt;
  if (!next) return false;
  if (next->value != walk.slot) walk = {.slot = next->value};
  const bool missed = BUG("snapshot-misses-slot") && next->value % 8 == 5;
  SpinLockHolder hold(lock(*next));
  if (missed || FindDatabase(*next, walk.physical) == nullptr) {
    walk = {.slot = walk.slot + 1};
    return true;
  }
  CutKeeper& keeper = *cuts_[static_cast<size_t>(mark.lane)].keeper;
  walk.position = MakeDatabase(*next, walk.physical)
                      .table.KeepNext(walk.position, mark, [&](absl::Span<Entry* const> unit) {
                        keeper.Keep(*next, walk.physical, unit);
                      });
  if (walk.position == Table::kPositionEnd) {
    walk.position = 0;
    if (++walk.physical == kDatabaseCount) walk = {.slot = walk.slot + 1};
  }
  return true;
}

// Puts a flushed database in the queue of what is to be freed, for the open cuts to see before.
void Keyspace::QueueFlushed(Slot slot, int physical, SlotDatabase& full) {
  Garbage garbage = {.slot = slot,
                     .database = std::make_unique<SlotDatabase>(std::move(full)),
                     .physical = physical};
  if (!BUG("fuzzy-snapshot")) {
    ForEachCut([&](CutKeeper&, CutMark mark) {
      garbage.cuts[static_cast<size_t>(mark.lane)] = mark.number;
      ++cuts_[static_cast<size_t>(mark.lane)].flushed;
    });
  }
  Enqueue(std::move(garbage));
}

// Keeps about `budget` entries of a flushed database; true when nobody waits for more of it.
bool Keyspace::KeepFlushed(Garbage& garbage, size_t budget) {
  size_t kept = 0;
  ForEachCut([&](CutKeeper& keeper, CutMark mark) {
    const auto lane = static_cast<size_t>(mark.lane);
    if (garbage.cuts[lane] != mark.number) return;
    while (garbage.kept_position != Table::kPositionEnd && kept < budget) {
      garbage.kept_position = garbage.database->table.KeepNext(
          garbage.kept_position, mark, [&](absl::Span<Entry* const> unit) {
            keeper.Keep(garbage.slot, garbage.physical, unit);
            kept += unit.size();
          });
    }
    if (garbage.kept_position != Table::kPositionEnd) return;
    // Done for this cut; the next one starts from the front.
    garbage.kept_position = 0;
    garbage.cuts[lane] = 0;
    cuts_[lane].flushed.fetch_sub(1, std::memory_order_release);
  });
  bool done = true;
  ForEachCut([&](CutKeeper&, CutMark mark) {
    if (garbage.cuts[static_cast<size_t>(mark.lane)] == mark.number) done = false;
  });
  return done;
}

}  // namespace holdfast
