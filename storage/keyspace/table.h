// Table: the entries of one database of one slot, found by key.
//
// A table is a set of segments; a segment is a sorted array with gaps. Its words hold an entry's
// address (48 bits) under a tag (16 bits of the key's hash). The tag times the home range gives a
// word's home, and linear probing keeps all words sorted by tag, so that hits and misses both end
// after a look at one or two cache lines, without reading any entry but the right one (a wrong one
// in about 1 of 150 lookups).
//
//   root ---> segment | header | w . w w w . w w . . w w w . w 0 |      up to 511 words, 4 KiB
//
// Growing copies a segment's words to one a size larger; the tags alone tell where they go. When a
// segment is at its largest it splits in two by the next bit of the hash, and a directory of
// 2^depth pointers (extendible hashing: Fagin et al., 1979) finds the segment by the hash's first
// bits. So no operation touches more than one or two segments, plus, when the directory doubles, 8
// bytes for every few hundred keys: the cost of growth never depends on the table's size in a way
// that shows.
//
// 1. In a segment, words ascend by tag, no word is before its home, and no gap lies between a word
//    and its home. The last word is always empty.
// 2. A segment of depth d holds the keys whose hash starts with its d bits; the tag is the 16 bits
// of
//    the hash after those.
// 3. Every key has one fixed position in hash order, whatever grows, shrinks, splits or merges. A
// scan
//    that returns everything from one position to the next therefore returns every key that was
//    there throughout, exactly once unless a merge coarsened the tags meanwhile.
// 4. A segment is the unit of a point-in-time cut (storage/keyspace/cut_keeper.h): its header
//    carries the marks, and before the first change after a cut the owner calls Keep.
//
// The table owns its segments, not the entries. It is 16 bytes, all zero when empty.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/keyspace/cut_keeper.h"
#include "storage/keyspace/entry.h"

namespace holdfast {

// What a table needs from its owner, and tells it.
struct TableContext {
  // The seed that every hash given to the table was made with.
  uint64_t seed = 0;
  // Of the first segment of a table that was empty: the newest cuts.
  CutMarks marks{};
  // Grows and falls with the memory of segments and directories.
  int64_t bytes = 0;
};

class Table {
 public:
  // Positions in hash order are the first kPositionBits of a key's hash.
  static constexpr int kPositionBits = 48;
  static constexpr uint64_t kPositionEnd = uint64_t{1} << kPositionBits;

  Table() = default;
  ~Table() { CHECK(root_ == 0); }
  Table(Table&& other) noexcept;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  size_t size() const { return size_; }

  // The entry with this key, or null. `hash` is HashKey(key, seed).
  Entry* Find(uint64_t hash, absl::string_view key) const;
  // Adds an entry whose key is not in the table.
  void Insert(uint64_t hash, Entry* entry, TableContext& context);
  // `entry` is in the table.
  void Erase(uint64_t hash, const Entry* entry, TableContext& context);
  void Replace(uint64_t hash, const Entry* entry, Entry* replacement);

  // Calls `visit` for entries from `position` on in hash order, until at least `count` were visited
  // or the end is reached. Returns the position to go on from, kPositionEnd at the end. `visit`
  // must not change the table.
  uint64_t Scan(uint64_t position, size_t count, absl::FunctionRef<void(Entry*)> visit) const;

  // Gives `keep` the entries of a unit, unless it carries the cut's mark already, and marks it.
  using KeepFunction = absl::FunctionRef<void(absl::Span<Entry* const>)>;
  // The unit that a change of `hash` touches.
  void Keep(uint64_t hash, CutMark cut, KeepFunction keep);
  // The unit, or two of them, that Erase of an entry with `hash` touches.
  void KeepBeforeErase(uint64_t hash, CutMark cut, KeepFunction keep);
  // The unit at `position` in hash order. Returns the position of the next one, or kPositionEnd.
  uint64_t KeepNext(uint64_t position, CutMark cut, KeepFunction keep);
  // Takes the marks of a lane away. Time proportional to the table.
  void ClearMarks(int lane);

  // An entry chosen by 64 random bits, roughly evenly; the table is not empty.
  Entry* Pick(uint64_t random) const;

  // Starts to load what Find will read; safe beside a writer on another thread.
  void Prefetch(uint64_t hash) const;
  // Starts to load what Insert will read and write; not beside a writer.
  void PrefetchInsert(uint64_t hash) const {
    Prefetch(hash);
    // The header of the only segment there is in most tables.
    if (depth_ == 0) __builtin_prefetch(reinterpret_cast<const void*>(root_ << 16 >> 16), 1);
  }
  // The entry that Find would compare first, or null: for prefetching it.
  const Entry* Candidate(uint64_t hash) const;

  // Takes the table apart: frees segments worth about `budget` entries, after giving each entry to
  // `release`. Returns true when nothing is left; until then nothing but ReleaseSome may be called.
  bool ReleaseSome(size_t budget, TableContext& context, absl::FunctionRef<void(Entry*)> release);

 private:
  struct Segment;
  struct Directory;
  struct Place;

  static constexpr int kTagBits = 16;

  // What a new segment does not get from its words.
  struct SegmentTraits {
    int depth = 0;
    CutMarks marks{};
  };
  static Segment* MakeSegment(absl::Span<const uint64_t> words, uint8_t size_class,
                              const SegmentTraits& traits, TableContext& context);
  static void FreeSegment(Segment* segment, TableContext& context);

  Directory* directory() const;
  Place Locate(uint64_t hash) const;
  void SetRoot(uint64_t hash, int segment_depth, uint64_t root);
  uint64_t* FindWord(uint64_t hash, const Entry* entry, Place* place) const;
  void Resize(uint64_t hash, uint8_t size_class, TableContext& context);
  void Split(uint64_t hash, TableContext& context);
  void DoubleDirectory(TableContext& context);
  void ShrinkAfterErase(uint64_t hash, TableContext& context);
  bool MergeWithBuddy(uint64_t hash, TableContext& context);
  // The segment that Erase may merge with that of `hash`, or null.
  Segment* Buddy(uint64_t hash, uint32_t count_max) const;
  static void KeepSegment(Segment& segment, CutMark cut, KeepFunction keep);
  void HalveDirectoryWhilePossible(TableContext& context);

  // A pointer under 16 bits: the home range of the segment it points to. With depth_ > 0 root_
  // points to the directory, whose elements have that form.
  uint64_t root_ = 0;
  uint32_t size_ = 0;
  uint32_t depth_ = 0;
};
static_assert(sizeof(Table) == 16);

}  // namespace holdfast
