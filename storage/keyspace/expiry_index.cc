#include "storage/keyspace/expiry_index.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

namespace holdfast {
namespace {

// The order of the index. It is total, so that everywhere the same keys are the first n.
bool Sooner(const Entry& one, const Entry& other) {
  const Millis deadline = one.deadline();
  const Millis other_deadline = other.deadline();
  if (deadline != other_deadline) return deadline < other_deadline;
  return one.key() < other.key();
}

}  // namespace

ExpiryIndex::ExpiryIndex(ExpiryIndex&& other) noexcept
    : words_(std::exchange(other.words_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

void ExpiryIndex::Insert(Entry* entry, IndexContext& context) {
  if (size_ == capacity_) Grow(context);
  Up(size_++, entry);
}

void ExpiryIndex::Erase(Entry* entry, IndexContext& context) {
  const uint32_t position = entry->expiry_position();
  CHECK(position < size_ && Get(position) == entry);
  Entry* last = Get(--size_);
  if (last != entry) Replace(position, last);
  Shrink(context);
}

void ExpiryIndex::Moved(Entry* entry) {
  CHECK(Get(entry->expiry_position()) == entry);
  Replace(entry->expiry_position(), entry);
}

void ExpiryIndex::Replace(uint32_t position, Entry* replacement) {
  if (position > 0 && Sooner(*replacement, *Get((position - 1) / kChildren))) {
    Up(position, replacement);
  } else {
    Down(position, replacement);
  }
}

void ExpiryIndex::Clear(IndexContext& context) {
  size_ = 0;
  while (capacity_ > 0) Shrink(context);
}

// Moves the hole at `index` towards the root until `entry` fits in.
void ExpiryIndex::Up(uint32_t index, Entry* entry) {
  while (index > 0) {
    const uint32_t parent = (index - 1) / kChildren;
    if (!Sooner(*entry, *Get(parent))) break;
    Put(index, Get(parent));
    index = parent;
  }
  Put(index, entry);
}

// Moves the hole at `index` towards the leaves until `entry` fits in.
void ExpiryIndex::Down(uint32_t index, Entry* entry) {
  for (;;) {
    const uint64_t first_child = uint64_t{index} * kChildren + 1;
    if (first_child >= size_) break;
    const auto end = static_cast<uint32_t>(std::min<uint64_t>(first_child + kChildren, size_));
    auto soonest = static_cast<uint32_t>(first_child);
    for (uint32_t child = soonest; child < end; ++child) __builtin_prefetch(Get(child));
    for (uint32_t child = soonest + 1; child < end; ++child) {
      if (Sooner(*Get(child), *Get(soonest))) soonest = child;
    }
    if (!Sooner(*Get(soonest), *entry)) break;
    Put(index, Get(soonest));
    index = soonest;
  }
  Put(index, entry);
}

void ExpiryIndex::Grow(IndexContext& context) {
  if (capacity_ < kBlockWords) {
    ResizeFirstBlock(capacity_ + kFirstBlockStep, context);
    return;
  }
  const uint32_t blocks = capacity_ / kBlockWords;
  SetDirectoryRoom(blocks, blocks + 1, context);
  static_cast<Entry***>(words_)[blocks] =
      static_cast<Entry**>(context.blocks.Allocate(context.arena, kBlockWords * sizeof(Entry*)));
  context.bytes += int64_t{kBlockWords} * int64_t{sizeof(Entry*)};
  capacity_ += kBlockWords;
}

// Gives back what is free beyond a little room, so that a key that comes and goes moves no memory.
void ExpiryIndex::Shrink(IndexContext& context) {
  if (!has_directory()) {
    const uint32_t needed = (size_ + kFirstBlockStep - 1) / kFirstBlockStep * kFirstBlockStep;
    if (needed == 0 || needed + kFirstBlockStep < capacity_) ResizeFirstBlock(needed, context);
    return;
  }
  const uint32_t blocks = capacity_ / kBlockWords;
  if (size_ > 0 && capacity_ - size_ < kBlockWords + kBlockWords / 2) return;
  context.blocks.Free(context.arena, static_cast<Entry***>(words_)[blocks - 1],
                      kBlockWords * sizeof(Entry*));
  context.bytes -= int64_t{kBlockWords} * int64_t{sizeof(Entry*)};
  SetDirectoryRoom(blocks, blocks - 1, context);
  capacity_ -= kBlockWords;
}

void ExpiryIndex::ResizeFirstBlock(uint32_t capacity, IndexContext& context) {
  Entry** resized = nullptr;
  if (capacity > 0) {
    resized =
        static_cast<Entry**>(context.blocks.Allocate(context.arena, capacity * sizeof(Entry*)));
    std::copy_n(static_cast<Entry**>(words_), std::min(size_, capacity), resized);
  }
  if (capacity_ > 0) {
    context.blocks.Free(context.arena, words_, capacity_ * sizeof(Entry*));
  }
  context.bytes += (int64_t{capacity} - capacity_) * int64_t{sizeof(Entry*)};
  words_ = resized;
  capacity_ = capacity;
}

// Changes the directory from one made for `old_blocks` to one for `blocks`; a single block has
// none.
void ExpiryIndex::SetDirectoryRoom(uint32_t old_blocks, uint32_t blocks, IndexContext& context) {
  const uint32_t old_room = old_blocks > 1 ? std::bit_ceil(old_blocks) : 0;
  const uint32_t room = blocks > 1 ? std::bit_ceil(blocks) : 0;
  if (room == old_room) return;
  context.bytes += (int64_t{room} - old_room) * int64_t{sizeof(Entry**)};
  if (room == 0) {
    auto* directory = static_cast<Entry***>(words_);
    words_ = directory[0];
    std::free(directory);
    return;
  }
  auto* directory =
      static_cast<Entry***>(std::realloc(old_room == 0 ? nullptr : words_, room * sizeof(Entry**)));
  CHECK(directory != nullptr);
  if (old_room == 0) directory[0] = static_cast<Entry**>(words_);
  words_ = directory;
}

}  // namespace holdfast
