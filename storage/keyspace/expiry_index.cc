#include "storage/keyspace/expiry_index.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

namespace holdfast {
namespace {

template <typename Element>
Element* Reallocate(Element* old, size_t count) {
  auto* grown = static_cast<Element*>(std::realloc(old, count * sizeof(Element)));
  CHECK(grown != nullptr);
  return grown;
}

}  // namespace

ExpiryIndex::ExpiryIndex(ExpiryIndex&& other) noexcept
    : words_(std::exchange(other.words_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

void ExpiryIndex::Insert(Entry* entry, int64_t& bytes) {
  if (size_ == capacity_) Grow(bytes);
  Up(size_++, entry);
}

void ExpiryIndex::Erase(Entry* entry, int64_t& bytes) {
  const uint32_t position = entry->expiry_position();
  CHECK(position < size_ && Get(position) == entry);
  Entry* last = Get(--size_);
  if (last != entry) Replace(position, last);
  Shrink(bytes);
}

void ExpiryIndex::Moved(Entry* entry) {
  CHECK(Get(entry->expiry_position()) == entry);
  Replace(entry->expiry_position(), entry);
}

void ExpiryIndex::Replace(uint32_t position, Entry* replacement) {
  if (position > 0 && replacement->deadline() < Get((position - 1) / kChildren)->deadline()) {
    Up(position, replacement);
  } else {
    Down(position, replacement);
  }
}

void ExpiryIndex::Clear(int64_t& bytes) {
  size_ = 0;
  Reshape(0, bytes);
}

// Moves the hole at `index` towards the root until `entry` fits in.
void ExpiryIndex::Up(uint32_t index, Entry* entry) {
  const Millis deadline = entry->deadline();
  while (index > 0) {
    const uint32_t parent = (index - 1) / kChildren;
    if (Get(parent)->deadline() <= deadline) break;
    Put(index, Get(parent));
    index = parent;
  }
  Put(index, entry);
}

// Moves the hole at `index` towards the leaves until `entry` fits in.
void ExpiryIndex::Down(uint32_t index, Entry* entry) {
  const Millis deadline = entry->deadline();
  for (;;) {
    const uint64_t first_child = uint64_t{index} * kChildren + 1;
    if (first_child >= size_) break;
    const auto end = static_cast<uint32_t>(std::min<uint64_t>(first_child + kChildren, size_));
    auto soonest = static_cast<uint32_t>(first_child);
    for (uint32_t child = soonest; child < end; ++child) __builtin_prefetch(Get(child));
    Millis soonest_deadline = Get(soonest)->deadline();
    for (uint32_t child = soonest + 1; child < end; ++child) {
      const Millis child_deadline = Get(child)->deadline();
      if (child_deadline < soonest_deadline) {
        soonest = child;
        soonest_deadline = child_deadline;
      }
    }
    if (deadline <= soonest_deadline) break;
    Put(index, Get(soonest));
    index = soonest;
  }
  Put(index, entry);
}

void ExpiryIndex::Grow(int64_t& bytes) {
  if (capacity_ >= kChunkWords) {
    Reshape(capacity_ + kChunkWords, bytes);
  } else {
    Reshape(std::min(capacity_ + std::max<uint32_t>(2, capacity_ / 8), kChunkWords), bytes);
  }
}

void ExpiryIndex::Shrink(int64_t& bytes) {
  if (size_ == 0) {
    Reshape(0, bytes);
  } else if (chunked()) {
    if (capacity_ - size_ >= 2 * kChunkWords) Reshape(capacity_ - kChunkWords, bytes);
  } else if (capacity_ > 8 && size_ <= capacity_ / 2) {
    Reshape(size_ + std::max<uint32_t>(2, size_ / 8), bytes);
  }
}

// Small arrays have any capacity up to kChunkWords; beyond it, whole chunks are added and removed.
// The directory's room is the next power of two, so its size needs no field.
void ExpiryIndex::Reshape(uint32_t capacity, int64_t& bytes) {
  const auto directory_room = [](uint32_t words) -> uint32_t {
    return words > kChunkWords ? std::bit_ceil(words / kChunkWords) : 0;
  };
  bytes += (int64_t{capacity} - capacity_) * int64_t{sizeof(Entry*)};
  const uint32_t old_room = directory_room(capacity_);
  const uint32_t room = directory_room(capacity);
  bytes += (int64_t{room} - old_room) * int64_t{sizeof(Entry**)};
  if (old_room == 0 && room == 0) {
    if (capacity == 0) {
      std::free(std::exchange(words_, nullptr));
    } else {
      words_ = Reallocate(static_cast<Entry**>(words_), capacity);
    }
    capacity_ = capacity;
    return;
  }
  if (old_room == 0) {
    auto** only_chunk = static_cast<Entry**>(words_);
    auto*** directory = Reallocate<Entry**>(nullptr, room);
    directory[0] = only_chunk == nullptr ? Reallocate<Entry*>(nullptr, kChunkWords) : only_chunk;
    words_ = directory;
    capacity_ = kChunkWords;
  }
  auto*** directory = static_cast<Entry***>(words_);
  if (capacity > capacity_) {
    if (old_room != 0 && room != old_room) directory = Reallocate(directory, room);
    for (; capacity_ < capacity; capacity_ += kChunkWords) {
      directory[capacity_ / kChunkWords] = Reallocate<Entry*>(nullptr, kChunkWords);
    }
    words_ = directory;
    return;
  }
  while (capacity_ > std::max(capacity, kChunkWords)) {
    capacity_ -= kChunkWords;
    std::free(directory[capacity_ / kChunkWords]);
  }
  if (room != 0) {
    if (room != old_room) words_ = Reallocate(directory, room);
    return;
  }
  words_ = directory[0];
  std::free(directory);
  capacity_ = kChunkWords;
  if (capacity < kChunkWords) {
    // The bytes are already counted; only the last chunk is left to cut.
    if (capacity == 0) {
      std::free(std::exchange(words_, nullptr));
    } else {
      words_ = Reallocate(static_cast<Entry**>(words_), capacity);
    }
    capacity_ = capacity;
  }
}

}  // namespace holdfast
