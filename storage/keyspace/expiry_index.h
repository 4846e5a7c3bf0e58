// ExpiryIndex: the entries with a deadline of one database of one slot, soonest first.
//
// A 4-ary heap of entry addresses by deadline, and by key among equal ones. Each entry keeps its
// own position in the heap, so that it can leave or move in O(log n) from anywhere; the deadline
// itself is read from the entry. The index is exact: no sampling, no rounding of deadlines.
//
//   words  [0] soonest   [1..4] its children   [5..8] children of 1   ...   child j of i: 4i + 1 +
//   j
//
// The words stand in blocks of 16 from the slabs, under a directory once there are two; a first
// block grows by two words at a time. So a heap is dense at every size, what it gives back fits the
// next one that grows, and growing copies nothing but the directory, half a byte per entry.
//
// 1. An entry in the index has a deadline, and words[entry.expiry_position()] is that entry.
// 2. No entry is due before its parent. Since the order is total, equal contents are equally first.
//
// The index owns its words, not the entries. It is 16 bytes, all zero when empty.
#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/keyspace/block_allocator.h"
#include "storage/keyspace/entry.h"

namespace holdfast {

// What an index needs from its owner, and tells it.
struct IndexContext {
  BlockAllocator& blocks;
  // The arena for this index's blocks, always the same one.
  int arena = 0;
  // Grows and falls with the index's own memory.
  int64_t bytes = 0;
};

class ExpiryIndex {
 public:
  ExpiryIndex() = default;
  ~ExpiryIndex() { CHECK(size_ == 0); }
  ExpiryIndex(ExpiryIndex&& other) noexcept;
  ExpiryIndex(const ExpiryIndex&) = delete;
  ExpiryIndex& operator=(const ExpiryIndex&) = delete;

  size_t size() const { return size_; }
  // The entry that is due first; the index is not empty.
  Entry* first() const { return Get(0); }

  // Takes up an entry that has a deadline and is not in the index.
  void Insert(Entry* entry, IndexContext& context);
  // Forgets an entry of the index.
  void Erase(Entry* entry, IndexContext& context);
  // The entry of the index has a new deadline.
  void Moved(Entry* entry);
  // `replacement` takes the place of an entry that was in the index and may be gone already; its
  // deadline may differ. `position` is the old one's.
  void Replace(uint32_t position, Entry* replacement);
  // Forgets all.
  void Clear(IndexContext& context);

 private:
  static constexpr uint32_t kBlockWords = BlockAllocator::kSlabBlockMax / sizeof(Entry*);
  static constexpr uint32_t kFirstBlockStep = 2;
  static constexpr uint32_t kChildren = 4;

  bool has_directory() const { return capacity_ > kBlockWords; }
  Entry*& Word(uint32_t index) const {
    return has_directory() ? static_cast<Entry***>(words_)[index / kBlockWords][index % kBlockWords]
                           : static_cast<Entry**>(words_)[index];
  }
  Entry* Get(uint32_t index) const { return Word(index); }
  void Put(uint32_t index, Entry* entry) {
    Word(index) = entry;
    entry->set_expiry_position(index);
  }
  void Up(uint32_t index, Entry* entry);
  void Down(uint32_t index, Entry* entry);
  void Grow(IndexContext& context);
  void Shrink(IndexContext& context);
  void ResizeFirstBlock(uint32_t capacity, IndexContext& context);
  void SetDirectoryRoom(uint32_t old_blocks, uint32_t blocks, IndexContext& context);

  // Entry*[capacity_] while that is one block; then Entry**[] of whole blocks, with room for the
  // next power of two of them.
  void* words_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};
static_assert(sizeof(ExpiryIndex) == 16);

}  // namespace holdfast
