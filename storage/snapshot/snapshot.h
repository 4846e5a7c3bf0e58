// Snapshot: the keyspace as it was at one cut, written out while it goes on changing.
//
//   Cut (world)      a number is taken; nothing is read or copied
//   a write           keeps the unit it is about to change, if nobody has     }  both append to the
//   Next, background  keeps the next unit that nobody has                     }  same queue of
//   blocks Next              hands out the queue's first block
//
//   queue   | full block | full block | block being filled | storage/snapshot/stream_format.h large
//   | string: entry, offset | list: shared copy, cursor | ...     values still to be written
//
// A unit's small entries are serialised at once, at most kSnapshotSmallEntryBytesMax each, so that
// a writer never does more than one unit's worth of work. Of a large value only a note is made, in
// constant time; Next writes it out in pieces of at most a block:
//
// - a list is shared (List::Share): from then on whoever changes the live one copies the chunks it
//   changes, and erasing it simply leaves it to the snapshot;
// - a string is read from its entry, under its slot's lock. Erased or overwritten, the entry is
//   handed over. Only an edit in place (APPEND, SETRANGE) copies what has not been written yet.
//
// Flushed databases are kept by Keyspace::ReclaimSome before it frees them; Next helps with that.
//
// What is held for the snapshot (blocks, copies, handed-over values, chunks that a change beside
// them has copied) is bounded: once it is more than Options::held_bytes_max, congested() is true,
// and who executes commands waits before it takes its locks until Next has drained it. Commands
// that are past that point go on, so the bound may be exceeded by what they keep; the snapshot is
// never dropped. Flushed databases are not counted: they are freed no later than without it.
//
// 1. The stream holds exactly the entries of the instant of Cut, each once, with values and
//    deadlines of that instant; expired ones too. Databases have the numbers that they had then.
// 2. Blocks are numbered without gaps, and all have been handed out when Next says kDone.
// 3. Lock order: a slot's lock, then the snapshot's own. The latter is never held while waiting for
//    the former.
//
// It does not know when the cut becomes usable, where the blocks go, or whether anybody waits.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "absl/types/span.h"
#include "net/base/buffer.h"
#include "net/base/limits.h"
#include "storage/keyspace/cut_keeper.h"
#include "storage/keyspace/keyspace.h"
#include "storage/snapshot/block_queue.h"
#include "storage/snapshot/large_value.h"
#include "storage/snapshot/stream_format.h"

namespace holdfast {

class Snapshot final : public CutKeeper {
 public:
  struct Options {
    SnapshotHeader header;  // the hash seed is filled in
    size_t held_bytes_max = limits::kSnapshotHeldBytesMax;
    size_t payload_bytes_max = limits::kSnapshotPayloadBytesMax;
  };
  // World. Null while kCutLanes snapshots are open. The keyspace must outlive the snapshot.
  static std::unique_ptr<Snapshot> Cut(Keyspace& keyspace, const Options& options);
  // World: from then on nothing is kept any more. Must have been called before the end of its life,
  // which then needs no world but time for what is still held.
  void Close();
  ~Snapshot() override;

  enum class Outcome {
    kBlock,  // here is the next block
    kAgain,  // the budget is spent, or another thread has to finish something: call again
    kDone,   // all blocks have been handed out
  };
  struct Pull {
    Outcome outcome = Outcome::kAgain;
    Buffer block;  // kBlock
  };
  // Works through at most about `budget` units (or pieces of large values) until a block is full.
  // One thread at a time, inside a gate that keeps the world from being stopped, holding no slot
  // lock. Not after Close.
  Pull Next(size_t budget);

  const SnapshotHeader& header() const { return header_; }
  // Any thread.
  bool congested() const override { return held_bytes() > held_bytes_max_; }
  size_t held_bytes() const { return held_bytes_.load(std::memory_order_relaxed); }
  uint64_t entries() const { return entries_.load(std::memory_order_relaxed); }

  void Keep(Slot slot, int physical, absl::Span<Entry* const> entries) override;
  void BeforeEdit(const Entry& entry) override;
  bool BeforeFree(Slot slot, Entry* entry) override;

 private:
  Snapshot(Keyspace& keyspace, const Options& options);

  void KeepEntry(Slot slot, DatabaseId database, Entry* entry);
  LargeValue* FindLarge(const Entry& entry);
  bool WriteLarge();
  void Finish();
  void CountHeld();

  Keyspace& keyspace_;
  SnapshotHeader header_;
  const size_t held_bytes_max_;
  std::array<DatabaseId, kDatabaseCount> database_numbers_;
  CutMark cut_;
  bool open_ = false;

  // Of the caller of Next.
  Keyspace::CutWalk walk_;
  bool walked_ = false;
  bool finished_ = false;
  uint32_t next_block_ = 0;

  std::mutex mutex_;
  // Under mutex_:
  BlockQueue blocks_;
  std::deque<std::unique_ptr<LargeValue>> large_;  // in order of writing
  // By the entry of a string or the list itself; never iterated.
  std::unordered_map<const void*, LargeValue*> large_by_object_;
  size_t large_bytes_ = 0;

  std::atomic<size_t> held_bytes_{0};
  std::atomic<uint64_t> entries_{0};
};

}  // namespace holdfast
