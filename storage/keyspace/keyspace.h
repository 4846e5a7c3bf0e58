// Keyspace: everything the node remembers in memory, as 16,384 independently locked slots.
//
//   slot  | lock | database 0: table, expiry index | databases 1..15, made when first used |   64
//   bytes
//
// A key belongs to one slot (storage/types/key_slot.h) and is touched only under that slot's lock.
// Nothing here knows about clients, time or commands: a key whose deadline has passed is still
// found until somebody erases it; who asks decides what it sees.
//
// 1. Calls that take a Key need the lock of key.slot, those that take a Slot need its lock, and
// those
//    marked "world" need that no other thread executes commands. Others may be called at any time.
// 2. An Entry* is good until the next write to the same key; a write returns the new one.
// 3. Exactly the entries with a deadline are in the expiry index, and next_due(slot) is never later
//    than the slot's soonest deadline.
// 4. Databases are numbered as clients see them; SWAPDB exchanges two numbers, not the contents.
// 5. What is expensive to free (a long list, a huge string, a flushed database) waits in a queue
// that
//    ReclaimSome empties in bounded steps.
// 6. While a cut is open (storage/keyspace/cut_keeper.h) everything is kept for it before it
//    changes for the first time. Closed, a cut costs a write one branch.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "net/base/spin_lock.h"
#include "net/base/types.h"
#include "storage/keyspace/block_allocator.h"
#include "storage/keyspace/cut_keeper.h"
#include "storage/keyspace/due_times.h"
#include "storage/keyspace/entry.h"
#include "storage/keyspace/expiry_index.h"
#include "storage/keyspace/table.h"

namespace holdfast {

// A key with what is computed from it once.
struct Key {
  absl::string_view bytes;
  uint64_t hash = 0;
  Slot slot;
};

class Keyspace {
 public:
  // `hash_seed` decides the order of SCAN and of the tables.
  explicit Keyspace(uint64_t hash_seed);
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  uint64_t hash_seed() const { return hash_seed_; }
  Key MakeKey(absl::string_view bytes) const;
  SpinLock& lock(Slot slot) { return slots_[slot.value].lock; }

  // For batches: load the slot, then its table, then (under the lock) the entry, ahead of use.
  void PrefetchSlot(Slot slot) const { __builtin_prefetch(&slots_[slot.value]); }
  void PrefetchTable(DatabaseId database, const Key& key) const;
  void PrefetchEntry(DatabaseId database, const Key& key) const;

  // As PrefetchTable, before a key is put; needs the lock.
  void PrefetchPut(DatabaseId database, const Key& key) const;

  Entry* Find(DatabaseId database, const Key& key) const;
  // Creates the key, or overwrites `old`, which Find returned. The value is copied, except that a
  // list is taken over. Without a deadline the key gets none.
  Entry* Put(DatabaseId database, const Key& key, Entry* old, const Value& value,
             std::optional<Millis> deadline);
  // Gives the key another deadline, or none.
  Entry* SetDeadline(DatabaseId database, const Key& key, Entry* entry,
                     std::optional<Millis> deadline);
  void Erase(DatabaseId database, const Key& key, Entry* entry);

  struct Location {
    DatabaseId database;
    Key key;
    Entry* entry = nullptr;
  };
  // Moves value and deadline of `from` to `to`, whose entry, if any, is overwritten. The two
  // differ.
  Entry* Rename(const Location& from, const Location& to);
  // Copies value and deadline of `from` to `to`, whose entry, if any, is overwritten.
  Entry* Copy(const Location& from, const Location& to);

  // Must be called before the value of an entry in this slot is edited where it lies; ListEdit
  // does.
  void BeforeEdit(Slot slot, const Entry* entry) {
    if (open_cuts_ != 0) [[unlikely]] {
      KeepBeforeEdit(slot, entry);
    }
  }

  // Tells that the list of an entry in this slot grew (or shrank, negative) by so many bytes.
  void AccountValueBytes(Slot slot, int64_t bytes) { stripe(slot).bytes += bytes; }

  // A time at or before the soonest deadline in the slot; nothing if no key has one. Needs no lock.
  std::optional<Millis> next_due(Slot slot) const { return due_times_->Get(slot); }
  // The first slot, from `from` on, in which a key may be due at `now`. Needs no lock; one thread
  // at a time.
  std::optional<Slot> FirstSlotDue(Slot from, Millis now) {
    return due_times_->FirstDue(from, now);
  }
  // Erases keys that are due at `now`, at most `count_max`, soonest first in each database, after
  // showing each to `before_erase`. Returns how many.
  size_t EraseDue(Slot slot, Millis now, size_t count_max,
                  absl::FunctionRef<void(DatabaseId, const Entry&)> before_erase);

  // See Table::Scan; positions are 0 to Table::kPositionEnd.
  uint64_t Scan(DatabaseId database, Slot slot, uint64_t position, size_t count,
                absl::FunctionRef<void(Entry*)> visit) const;
  // The first slot at or after `from` that has keys in some database. Needs no lock.
  std::optional<Slot> NextSlotWithKeys(int from) const;
  // An entry chosen by random bits, or null if the slot has none in this database.
  Entry* Pick(DatabaseId database, Slot slot, uint64_t random) const;
  size_t SlotSize(DatabaseId database, Slot slot) const;

  // Keys in a database, and those of them with a deadline. Need no lock.
  uint64_t Size(DatabaseId database) const;
  uint64_t SizeWithDeadline(DatabaseId database) const;
  // Memory of entries, values, tables and indexes. Needs no lock.
  uint64_t used_bytes() const;
  // Memory that one entry and its value occupy, its shares of table and index included.
  static uint64_t EntryBytes(const Entry& entry);

  // The LSN of the last record that touched the slot; 0 if none has since the log began. Needs the
  // slot's lock.
  Lsn last_lsn(Slot slot) const { return std::max(slots_[slot.value].last_lsn, lsn_floor_); }
  void set_last_lsn(Slot slot, Lsn lsn) { slots_[slot.value].last_lsn = lsn; }
  // World. A record touched every slot.
  void RaiseLsnFloor(Lsn lsn) { lsn_floor_ = lsn; }

  // World.
  void SwapDatabases(DatabaseId one, DatabaseId other);
  // World. Empties a database; the memory comes back through ReclaimSome.
  void Flush(DatabaseId database);

  // Frees what is queued, up to about `budget` entries' or elements' worth. Returns false when
  // there is nothing left to do, or when it has to wait for a congested cut. Any thread that holds
  // no slot lock and keeps the world from being stopped meanwhile.
  bool ReclaimSome(size_t budget);

  // World. Takes the contents of this and the other keyspace for each other, hash seeds and
  // everything; no cut is open in either.
  void Swap(Keyspace& other);
  // Frees everything in steps like ReclaimSome's; for a keyspace that nobody else uses any more.
  // Returns false when it is empty.
  bool DismantleSome(size_t budget);

  // World. Begins a cut at this instant; the keeper must live until CloseCut. Nothing if
  // kCutLanes are open already.
  std::optional<CutMark> OpenCut(CutKeeper& keeper);
  // World. `complete`: KeepNext has gone through to the end.
  struct CloseOptions {
    bool complete = false;
  };
  void CloseCut(CutMark cut, const CloseOptions& options);
  bool CutCongested() const;
  // World. For each physical database, its number as clients see it.
  std::array<DatabaseId, kDatabaseCount> DatabaseNumbers() const;

  // The background's walk through what has not changed since the cut.
  struct CutWalk {
    int slot = 0;
    int physical = 0;
    uint64_t position = 0;
  };
  // Keeps about one unit for this cut, taking its slot's lock. Returns false when all slots are
  // done.
  bool KeepNext(CutMark cut, CutWalk& walk);
  // Whether flushed databases still wait to be kept for this cut: ReclaimSome does that.
  bool KeepsFlushed(CutMark cut) const {
    return cuts_[static_cast<size_t>(cut.lane)].flushed.load(std::memory_order_acquire) > 0;
  }
  // Frees an entry that a keeper took over.
  void FreeKept(Slot slot, Entry* entry);

 private:
  struct SlotDatabase {
    Table table;
    ExpiryIndex expiry;
  };
  struct alignas(64) SlotState {
    SpinLock lock;
    uint32_t key_count;  // over all databases
    SlotDatabase first;
    SlotDatabase* others;  // SlotDatabase[kDatabaseCount - 1]
    Lsn last_lsn;
  };
  // Counters are spread over stripes by slot, so that workers rarely write the same cache line.
  struct alignas(64) Stripe {
    std::atomic<int64_t> bytes{0};
    std::array<std::atomic<int64_t>, kDatabaseCount> keys{};
    std::array<std::atomic<int64_t>, kDatabaseCount> keys_with_deadline{};
  };
  static constexpr int kStripes = 8;
  // Something to free: a list, a string's entry, or a database of a slot.
  struct Garbage {
    Slot slot;
    List* list = nullptr;
    Entry* entry = nullptr;
    std::unique_ptr<SlotDatabase> database;
    // Of a database: the cuts that were open when it was flushed, and how far they have been kept.
    CutMarks cuts{};
    int physical = 0;
    uint64_t kept_position = 0;
  };
  struct Cut {
    CutKeeper* keeper = nullptr;
    uint16_t since_complete = 0;      // cuts since the last one that went through all units
    std::atomic<int64_t> flushed{0};  // flushed databases that wait to be kept
  };

  Stripe& stripe(Slot slot) { return stripes_[slot.value % kStripes]; }
  static int Arena(Slot slot) { return slot.value % BlockAllocator::kArenas; }
  IndexContext MakeIndexContext(Slot slot) { return {.blocks = blocks_, .arena = Arena(slot)}; }
  const SlotDatabase* FindDatabase(Slot slot, int physical) const;
  SlotDatabase& MakeDatabase(Slot slot, int physical);
  Entry* MakeEntry(Slot slot, absl::string_view key, std::optional<Millis> deadline,
                   const Value& value);
  void FreeBlock(Slot slot, Entry* entry);
  void FreeEntry(Slot slot, Entry* entry);
  Entry* Add(int physical, const Key& key, Entry* entry);
  void Remove(int physical, const Key& key, Entry* entry);
  void ReplaceInPlace(SlotDatabase& database, const Key& key, Entry* old, Entry* replacement,
                      int physical);
  void RefreshNextDue(Slot slot);
  void SetSlotHasKeys(Slot slot, bool has_keys);
  void Enqueue(Garbage garbage);

  TableContext MakeTableContext() const { return {.seed = hash_seed_, .marks = cut_marks_}; }
  // Before the unit of `hash` changes.
  void BeforeChange(Slot slot, int physical, uint64_t hash) {
    if (open_cuts_ != 0) [[unlikely]] {
      KeepBeforeChange(slot, physical, hash);
    }
  }
  void KeepBeforeChange(Slot slot, int physical, uint64_t hash);
  void BeforeErase(Slot slot, int physical, uint64_t hash) {
    if (open_cuts_ != 0) [[unlikely]] {
      KeepBeforeErase(slot, physical, hash);
    }
  }
  void KeepBeforeErase(Slot slot, int physical, uint64_t hash);
  void KeepBeforeEdit(Slot slot, const Entry* entry);
  template <typename Visit>
  void ForEachCut(Visit visit);
  void ClearMarks(size_t lane);
  // Offers an entry that no table knows any more to those who may want it.
  bool TakenByKeeper(Slot slot, Entry* entry);
  void QueueFlushed(Slot slot, int physical, SlotDatabase& full);
  bool KeepFlushed(Garbage& garbage, size_t budget);
  void ReclaimDatabase(Garbage garbage, size_t budget);

  uint64_t hash_seed_;
  BlockAllocator blocks_;
  SlotState* slots_;  // [kSlotCount]
  std::unique_ptr<DueTimes> due_times_;
  std::array<std::atomic<uint64_t>, kSlotCount / 64> slots_with_keys_{};
  std::array<Stripe, kStripes> stripes_;
  std::array<uint8_t, kDatabaseCount> physical_;  // of a database as clients number it
  Lsn lsn_floor_;                                 // changes in a stopped world
  std::mutex garbage_mutex_;
  std::vector<Garbage> garbage_;
  // Changed in a stopped world only.
  int open_cuts_ = 0;
  CutMarks cut_marks_{};  // the newest number of each lane
  std::array<Cut, kCutLanes> cuts_;
};

// Keeps the accounting right while a list is edited in place.
class ListEdit {
 public:
  ListEdit(Keyspace& keyspace, Slot slot, Entry* entry);
  ~ListEdit();
  ListEdit(const ListEdit&) = delete;
  ListEdit& operator=(const ListEdit&) = delete;
  List& list() { return list_; }

 private:
  Keyspace& keyspace_;
  const Slot slot_;
  List& list_;
  const size_t bytes_before_;
};

}  // namespace holdfast
