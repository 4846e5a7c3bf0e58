// ExpiryIndex: the entries with a deadline of one database of one slot, soonest first.
//
// A 4-ary heap of entry addresses by deadline. Each entry keeps its own position in the heap, so
// that it can leave or move in O(log n) from anywhere; the deadline itself is read from the entry.
// The index is exact: no sampling, no rounding of deadlines.
//
//   words  [0] soonest   [1..4] its children   [5..8] children of 1   ...   child j of i: 4i + 1 +
//   j
//
// Small heaps are one array that grows by an eighth; past kChunkWords they are an array of chunks,
// so that growing never copies more than one chunk or a directory of 8 bytes per 4 KiB.
//
// 1. An entry in the index has a deadline, and words[entry.expiry_position()] is that entry.
// 2. No entry's deadline is before its parent's.
//
// The index owns its words, not the entries. It is 16 bytes, all zero when empty.
#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/keyspace/entry.h"

namespace holdfast {

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

  // Each call adds to `bytes` what the index's own memory grew by (or fell by, negative).

  // Takes up an entry that has a deadline and is not in the index.
  void Insert(Entry* entry, int64_t& bytes);
  // Forgets an entry of the index.
  void Erase(Entry* entry, int64_t& bytes);
  // The entry of the index has a new deadline.
  void Moved(Entry* entry);
  // `replacement` takes the place of an entry that was in the index and may be gone already; its
  // deadline may differ. `position` is the old one's.
  void Replace(uint32_t position, Entry* replacement);
  // Forgets all.
  void Clear(int64_t& bytes);

 private:
  static constexpr uint32_t kChunkWords = 512;
  static constexpr uint32_t kChildren = 4;

  bool chunked() const { return capacity_ > kChunkWords; }
  Entry*& Word(uint32_t index) const {
    return chunked() ? static_cast<Entry***>(words_)[index / kChunkWords][index % kChunkWords]
                     : static_cast<Entry**>(words_)[index];
  }
  Entry* Get(uint32_t index) const { return Word(index); }
  void Put(uint32_t index, Entry* entry) {
    Word(index) = entry;
    entry->set_expiry_position(index);
  }
  void Up(uint32_t index, Entry* entry);
  void Down(uint32_t index, Entry* entry);
  void Grow(int64_t& bytes);
  void Shrink(int64_t& bytes);
  void Reshape(uint32_t capacity, int64_t& bytes);

  // Entry*[capacity_], or, when chunked, Entry**[DirectorySize(capacity_)] of chunks.
  void* words_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};
static_assert(sizeof(ExpiryIndex) == 16);

}  // namespace holdfast
