// ListDirectory: the chunks of a long list, in order, found by element index.
//
//   segments   [ 51,200 elements | 128 chunks ] [ 48,117 | 120 ] [ 20,400 | 51 ]
//                    |
//                    chunk chunk chunk ...
//
// Two levels keep both costs low: an index is found by adding up segments and then the chunks of
// one segment, each from the nearer end; a chunk put in the middle moves at most one segment's
// pointers. Ten million elements of 20 bytes are some 30,000 chunks in 250 segments.
//
// A directory can be shared (Share): the copy has the same segments, and these the same chunks,
// until one of the two changes a segment or a chunk and copies it first. So a second directory of a
// gigabyte costs a thousand pointers, and a change beside it one segment's pointers and one chunk.
//
// 1. No chunk and no segment is empty.
// 2. A segment's element count, and the directory's element and byte counts, are the sums of what
// is
//    below them: chunks are therefore changed through Edit only.
// 3. A Place stays valid until chunks are added or removed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "storage/types/list_chunk.h"

namespace holdfast {

// Up to kListSegmentChunksMax chunks with one or more owners, possibly on different threads.
class SharedChunks {
 public:
  SharedChunks() : block_(new Block) {}
  ~SharedChunks() { Release(); }
  SharedChunks(SharedChunks&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedChunks& operator=(SharedChunks&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  SharedChunks Share() const;

  const std::vector<ListChunk>& Read() const { return block_->chunks; }
  // For changing them; a copy that shares the chunks if there are other owners.
  std::vector<ListChunk>& Own() {
    if (block_->owners.load(std::memory_order_acquire) > 1) Unshare();
    return block_->chunks;
  }
  static constexpr size_t MemoryBytes() { return sizeof(Block); }

 private:
  struct Block {
    std::atomic<uint32_t> owners{1};
    std::vector<ListChunk> chunks;
  };
  explicit SharedChunks(Block* block) : block_(block) {}
  void Release();
  void Unshare();

  Block* block_;
};

class ListDirectory {
 public:
  // One chunk.
  struct Place {
    size_t segment = 0;
    size_t slot = 0;
    bool operator==(const Place&) const = default;
  };
  // One element: the chunk and the element's number in it.
  struct Position {
    Place place;
    size_t index_in_chunk = 0;
  };

  // The same contents; time and memory as for the segments, not the chunks.
  ListDirectory Share() const;

  size_t size() const { return size_; }
  size_t chunk_count() const { return chunk_count_; }
  // What chunks and directory take, this object included.
  size_t MemoryBytes() const {
    return sizeof(*this) + chunk_bytes_ + chunk_count_ * sizeof(ListChunk) +
           segments_.size() * (sizeof(Segment) + SharedChunks::MemoryBytes());
  }

  const ListChunk& At(Place place) const {
    return segments_[place.segment].chunks.Read()[place.slot];
  }
  // The directory has chunks.
  Place First() const { return {}; }
  Place Last() const { return {segments_.size() - 1, segments_.back().chunks.Read().size() - 1}; }
  std::optional<Place> Next(Place place) const;
  std::optional<Place> Previous(Place place) const;
  // index < size().
  Position Find(size_t index) const;

  // Changes one chunk and returns what `change(ListChunk&)` returns. A chunk that ends up empty
  // must be removed next.
  template <typename ChangeFunction>
  auto Edit(Place place, ChangeFunction change);

  // Both return the place of the new chunk.
  Place InsertBefore(Place place, ListChunk chunk);
  Place InsertAfter(Place place, ListChunk chunk);
  void PushFront(ListChunk chunk);
  void PushBack(ListChunk chunk);
  // Returns the chunk, and the place of the one after it where there is one.
  std::pair<ListChunk, std::optional<Place>> Remove(Place place);
  // Takes out all chunks from `first` to `last`, both included.
  ListDirectory Cut(Place first, Place last);

  // Aborts unless the invariants hold. Looks at every chunk.
  void CheckInvariants() const;

 private:
  struct Segment {
    size_t elements = 0;
    SharedChunks chunks;
  };

  Place InsertAt(Place place, ListChunk chunk);
  void Added(const ListChunk& chunk);
  // Moves chunks [from, to) of a segment to the end of `target`, and their sums with them.
  void MoveChunks(size_t segment, size_t from, size_t to, ListDirectory& target);
  void MoveSegments(size_t from, size_t to, ListDirectory& target);

  std::deque<Segment> segments_;
  size_t size_ = 0;
  size_t chunk_count_ = 0;
  size_t chunk_bytes_ = 0;
};

template <typename ChangeFunction>
auto ListDirectory::Edit(Place place, ChangeFunction change) {
  // Settles the sums when the change is done, whatever it returns.
  struct Settle {
    ListDirectory& directory;
    Segment& segment;
    ListChunk& chunk;
    size_t count = chunk.count();
    size_t bytes = chunk.block_bytes();
    ~Settle() {
      segment.elements += chunk.count() - count;
      directory.size_ += chunk.count() - count;
      directory.chunk_bytes_ += chunk.block_bytes() - bytes;
    }
  };
  Segment& segment = segments_[place.segment];
  Settle settle{.directory = *this, .segment = segment, .chunk = segment.chunks.Own()[place.slot]};
  return change(settle.chunk);
}

}  // namespace holdfast
