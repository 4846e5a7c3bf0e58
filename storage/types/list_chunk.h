// ListChunk: a run of list elements in one block of memory, open at both ends.
//
//   block:   size  end  begin  count | spare front | element element ... element | spare back
//             u32  u32   u16    u16                ^begin                        ^end
//
// Elements are packed one after another (packed_element.h). Places inside are named by their
// distance in bytes from the first element: 0 is the first, bytes() is the end. Such a place
// survives growing, which may move the block, but no change to the elements before it.
//
// Popping at the front only moves `begin`, so a queue does not shift its elements down with every
// pop.
//
// 1. A chunk without elements owns no memory.
// 2. A chunk of two or more elements fits in kListChunkBytesMax. A single element may be as large
// as
//    a bulk string.
// 3. The block is given back or cut when more than about half of it lies unused.
//
// A block may have several owners (Share): each reads it as its own, and copies it before a change.
// A block's size is a multiple of 8; the three low bits count the owners beyond the first, who may
// be on different threads.
//
// It decides neither how full a chunk should be nor which encoding a list reports: that is List's.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "storage/types/packed_element.h"

namespace holdfast {

class ListChunk {
 public:
  ListChunk() = default;
  ~ListChunk() { Release(block_); }
  ListChunk(ListChunk&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  ListChunk& operator=(ListChunk&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  // Exactly as large as the element needs.
  static ListChunk Of(const PackedElement& element);
  ListChunk Clone() const;
  // A second owner of the same block, in constant time; a clone where it has too many already.
  ListChunk Share() const;

  size_t count() const { return block_ == nullptr ? 0 : block_->count; }
  size_t bytes() const { return block_ == nullptr ? 0 : block_->end - block_->begin; }
  // What the block takes, header included.
  size_t block_bytes() const { return block_ == nullptr ? 0 : block_->size(); }
  // The packed elements, bytes() of them.
  const char* data() const { return block_ == nullptr ? nullptr : block_->room() + block_->begin; }

  PackedElement At(size_t place) const { return ReadPacked(data() + place); }
  size_t Next(size_t place) const { return place + PackedSizeAt(data() + place); }
  size_t Previous(size_t place) const { return place - PackedSizeBefore(data() + place); }
  // The place of the element number `index`, or bytes() for count(), walked to from the nearer end.
  size_t Seek(size_t index) const;
  // The place between two elements that parts the bytes most evenly; count() >= 2.
  size_t Middle() const;
  size_t CountMatches(const PackedElement& wanted) const;

  // Inserts before `place`. When the block has no room, the new one gets `spare` bytes more than it
  // needs, at the end where the element went in.
  void Insert(size_t place, const PackedElement& element, size_t spare);
  // Overwrites the element at `place`.
  void Replace(size_t place, const PackedElement& element);
  // Removes `element_count` elements from `place` on.
  void Erase(size_t place, size_t element_count);
  // Removes those that equal `wanted`, except the first `skip` of them and at most `limit`; returns
  // how many.
  size_t RemoveMatches(const PackedElement& wanted, size_t skip, size_t limit);
  // Moves the elements from `place` on to a chunk of their own.
  ListChunk SplitOff(size_t place);
  // Takes over copies of the other's elements, behind the own ones.
  void Append(const ListChunk& other);
  // Gives back what is more than an eighth too much.
  void Trim();

 private:
  struct Block {
    std::atomic<uint32_t> size_and_sharers;
    uint32_t end;
    uint16_t begin;
    uint16_t count;

    uint32_t size() const { return size_and_sharers.load(std::memory_order_relaxed) & ~kSharers; }
    // Bytes of room behind this header.
    uint32_t capacity() const { return size() - uint32_t{sizeof(Block)}; }
    char* room() { return reinterpret_cast<char*>(this + 1); }
  };
  static constexpr uint32_t kSharers = 7;

  // A stretch at `place` of `old_bytes` that becomes one of `new_bytes`.
  struct Change {
    size_t place;
    size_t old_bytes;
    size_t new_bytes;
  };

  static Block* Allocate(size_t capacity);
  // Gives up one ownership of a block, or of none.
  static void Release(Block* block);
  // To be called before any change.
  void MakeOwn() {
    if (block_ != nullptr && shared()) Unshare();
  }
  bool shared() const {
    return (block_->size_and_sharers.load(std::memory_order_acquire) & kSharers) != 0;
  }
  void Unshare();
  // Makes the change, leaving the new stretch unwritten, and returns it. Leaves the count alone.
  char* Splice(const Change& change, size_t spare);
  // Splice by moving everything to a new block.
  char* Rebuild(const Change& change, size_t spare);
  void FreeIfEmptyElseTrim();
  void AddToCount(ptrdiff_t difference);

  Block* block_ = nullptr;
};

}  // namespace holdfast
