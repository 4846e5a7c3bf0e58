#include "storage/types/list_chunk.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "net/base/check.h"
#include "net/base/limits.h"

namespace holdfast {
namespace {

// An allocator hands out multiples of this anyway.
constexpr size_t kBlockUnit = 8;

void Move(char* to, const char* from, size_t size) {
  if (size > 0) std::memmove(to, from, size);
}

}  // namespace

ListChunk::Block* ListChunk::Allocate(size_t capacity) {
  const size_t total = (sizeof(Block) + capacity + kBlockUnit - 1) / kBlockUnit * kBlockUnit;
  CHECK_LE(total, size_t{std::numeric_limits<uint32_t>::max()});
  static_assert(kBlockUnit == kSharers + 1);
  void* memory = std::malloc(total);
  CHECK(memory != nullptr);
  return new (memory) Block{static_cast<uint32_t>(total), 0, 0, 0};
}

void ListChunk::Release(Block* block) {
  if (block == nullptr) return;
  if ((block->size_and_sharers.load(std::memory_order_acquire) & kSharers) != 0) {
    // It may be that the last other owner leaves just now: then the block is ours after all.
    const uint32_t before = block->size_and_sharers.fetch_sub(1, std::memory_order_acq_rel);
    if ((before & kSharers) != 0) return;
  }
  std::free(block);
}

ListChunk ListChunk::Of(const PackedElement& element) {
  ListChunk chunk;
  chunk.Insert(0, element, 0);
  return chunk;
}

ListChunk ListChunk::Clone() const {
  ListChunk copy;
  copy.Append(*this);
  return copy;
}

ListChunk ListChunk::Share() const {
  ListChunk other;
  if (block_ == nullptr) return other;
  uint32_t known = block_->size_and_sharers.load(std::memory_order_relaxed);
  do {
    if ((known & kSharers) == kSharers) return Clone();
  } while (
      !block_->size_and_sharers.compare_exchange_weak(known, known + 1, std::memory_order_relaxed));
  other.block_ = block_;
  return other;
}

void ListChunk::Unshare() {
  ListChunk own = Clone();
  std::swap(block_, own.block_);
}

size_t ListChunk::Seek(size_t index) const {
  CHECK_LE(index, count());
  size_t place = 0;
  if (index <= count() / 2) {
    for (size_t i = 0; i < index; ++i) place = Next(place);
  } else {
    place = bytes();
    for (size_t i = count(); i > index; --i) place = Previous(place);
  }
  return place;
}

size_t ListChunk::Middle() const {
  CHECK_GE(count(), 2u);
  size_t place = Next(0);
  while (place < bytes() / 2) place = Next(place);
  return place == bytes() ? Previous(place) : place;
}

size_t ListChunk::CountMatches(const PackedElement& wanted) const {
  size_t matches = 0;
  for (size_t place = 0; place < bytes(); place = Next(place)) {
    if (At(place) == wanted) ++matches;
  }
  return matches;
}

void ListChunk::Insert(size_t place, const PackedElement& element, size_t spare) {
  MakeOwn();
  const size_t size = PackedSize(element);
  WritePacked(element, Splice({.place = place, .old_bytes = 0, .new_bytes = size}, spare));
  AddToCount(1);
}

void ListChunk::Replace(size_t place, const PackedElement& element) {
  MakeOwn();
  const size_t old_size = PackedSizeAt(data() + place);
  const size_t new_size = PackedSize(element);
  WritePacked(element, Splice({.place = place, .old_bytes = old_size, .new_bytes = new_size}, 0));
  FreeIfEmptyElseTrim();
}

void ListChunk::Erase(size_t place, size_t element_count) {
  MakeOwn();
  CHECK_LE(element_count, count());
  size_t end = place;
  if (element_count == count()) {
    end = bytes();
  } else {
    for (size_t i = 0; i < element_count; ++i) end = Next(end);
  }
  CHECK_LE(end, bytes());
  Splice({.place = place, .old_bytes = end - place, .new_bytes = 0}, 0);
  AddToCount(-static_cast<ptrdiff_t>(element_count));
  FreeIfEmptyElseTrim();
}

size_t ListChunk::RemoveMatches(const PackedElement& wanted, size_t skip, size_t limit) {
  // Others' blocks are not copied for nothing.
  if (block_ != nullptr && shared() && CountMatches(wanted) <= skip) return 0;
  MakeOwn();
  // One pass that slides the survivors together, however many matches there are.
  size_t removed = 0;
  size_t kept_end = 0;
  char* const start = block_ == nullptr ? nullptr : block_->room() + block_->begin;
  for (size_t place = 0, next = 0; place < bytes(); place = next) {
    next = Next(place);
    if (removed < limit && At(place) == wanted) {
      if (skip == 0) {
        ++removed;
        continue;
      }
      --skip;
    }
    if (kept_end != place) Move(start + kept_end, start + place, next - place);
    kept_end += next - place;
  }
  if (removed == 0) return 0;
  block_->end = static_cast<uint32_t>(block_->begin + kept_end);
  AddToCount(-static_cast<ptrdiff_t>(removed));
  FreeIfEmptyElseTrim();
  return removed;
}

ListChunk ListChunk::SplitOff(size_t place) {
  MakeOwn();
  ListChunk tail;
  const size_t size = bytes() - place;
  if (size == 0) return tail;
  tail.block_ = Allocate(size);
  std::memcpy(tail.block_->room(), data() + place, size);
  tail.block_->end = static_cast<uint32_t>(size);
  size_t moved = 0;
  for (size_t at = 0; at < size; at = tail.Next(at)) ++moved;
  tail.AddToCount(static_cast<ptrdiff_t>(moved));
  block_->end -= static_cast<uint32_t>(size);
  AddToCount(-static_cast<ptrdiff_t>(moved));
  FreeIfEmptyElseTrim();
  return tail;
}

void ListChunk::Append(const ListChunk& other) {
  if (other.count() == 0) return;
  MakeOwn();
  const Change change{.place = bytes(), .old_bytes = 0, .new_bytes = other.bytes()};
  std::memcpy(Splice(change, 0), other.data(), other.bytes());
  AddToCount(static_cast<ptrdiff_t>(other.count()));
}

void ListChunk::Trim() {
  if (block_ == nullptr || shared()) return;
  if (block_->capacity() <= bytes() + bytes() / 8 + kBlockUnit) return;
  Rebuild({.place = bytes(), .old_bytes = 0, .new_bytes = 0}, 0);
}

char* ListChunk::Splice(const Change& change, size_t spare) {
  if (block_ == nullptr) return Rebuild(change, spare);
  char* const at = block_->room() + block_->begin + change.place;
  const size_t before = change.place;
  const size_t behind = bytes() - change.place - change.old_bytes;
  if (change.new_bytes <= change.old_bytes) {
    const size_t less = change.old_bytes - change.new_bytes;
    // Close the hole from the side where less has to move; only a small begin can be remembered.
    if (before < behind && block_->begin + less <= std::numeric_limits<uint16_t>::max()) {
      Move(at + less - before, at - before, before);
      block_->begin = static_cast<uint16_t>(block_->begin + less);
      return at + less;
    }
    Move(at + change.new_bytes, at + change.old_bytes, behind);
    block_->end -= static_cast<uint32_t>(less);
    return at;
  }
  const size_t more = change.new_bytes - change.old_bytes;
  const bool front_has_room = block_->begin >= more;
  const bool back_has_room = block_->capacity() - block_->end >= more;
  if (front_has_room && (before <= behind || !back_has_room)) {
    Move(at - before - more, at - before, before);
    block_->begin = static_cast<uint16_t>(block_->begin - more);
    return at - more;
  }
  if (back_has_room) {
    Move(at + change.new_bytes, at + change.old_bytes, behind);
    block_->end += static_cast<uint32_t>(more);
    return at;
  }
  return Rebuild(change, spare);
}

char* ListChunk::Rebuild(const Change& change, size_t spare) {
  const size_t old_size = bytes();
  const size_t behind = old_size - change.place - change.old_bytes;
  const size_t size = change.place + change.new_bytes + behind;
  const bool at_front = change.place == 0 && behind > 0;
  spare =
      size >= limits::kListChunkBytesMax ? 0 : std::min(spare, limits::kListChunkBytesMax - size);
  Block* const block = Allocate(size + spare);
  // At the front the rounded-up rest is of use as well.
  block->begin =
      static_cast<uint16_t>(at_front && spare > 0 && block->capacity() <= limits::kListChunkBytesMax
                                ? block->capacity() - size
                                : 0);
  block->end = static_cast<uint32_t>(block->begin + size);
  char* const start = block->room() + block->begin;
  if (block_ != nullptr) {
    block->count = block_->count;
    Move(start, data(), change.place);
    Move(start + change.place + change.new_bytes, data() + change.place + change.old_bytes, behind);
  }
  Release(block_);
  block_ = block;
  return start + change.place;
}

void ListChunk::FreeIfEmptyElseTrim() {
  if (block_->count == 0) {
    Release(block_);
    block_ = nullptr;
  } else if (block_->capacity() > 2 * (bytes() + bytes() / 8 + kBlockUnit)) {
    Rebuild({.place = bytes(), .old_bytes = 0, .new_bytes = 0}, bytes() / 8);
  }
}

void ListChunk::AddToCount(ptrdiff_t difference) {
  block_->count = static_cast<uint16_t>(block_->count + difference);
  CHECK(block_->count <= 1 || bytes() <= limits::kListChunkBytesMax);
}

}  // namespace holdfast
