#include "storage/keyspace/block_allocator.h"

#include <cstdlib>
#include <vector>

#include "net/base/check.h"
#include "net/base/spin_lock.h"

namespace holdfast {
namespace {

constexpr size_t kSlabBytes = 16 * 1024;
constexpr size_t kChunkBytes = 256 * 1024;
constexpr int kSlabsPerChunk = kChunkBytes / kSlabBytes;
constexpr size_t kClassBytes = 8;
constexpr int kClasses = BlockAllocator::kSlabBlockMax / kClassBytes + 1;

#ifdef HOLDFAST_SANITIZED
constexpr bool kUseSlabs = false;
#else
constexpr bool kUseSlabs = true;
#endif

struct Chunk;

// At the start of every slab. Offsets count from the slab's start; 0 means none.
struct Slab {
  Slab* next = nullptr;  // in the arena's list of slabs of this class that have room
  Slab* previous = nullptr;
  Chunk* chunk = nullptr;
  uint16_t free_block = 0;
  uint16_t untouched = 0;  // first block that was never handed out
  uint16_t used = 0;
  uint16_t block_bytes = 0;
};
static_assert(sizeof(Slab) == 32);

struct Chunk {
  char* memory = nullptr;
  uint32_t free_slabs = (1u << kSlabsPerChunk) - 1;  // one bit each
  size_t index = 0;                                  // in Arena::chunks
  size_t roomy_index = 0;                            // in Arena::roomy, if free_slabs != 0
};

char* At(Slab* slab, uint16_t offset) { return reinterpret_cast<char*>(slab) + offset; }

size_t RoundToClass(size_t size) { return (size + kClassBytes - 1) & ~(kClassBytes - 1); }

bool HasRoom(const Slab& slab) {
  return slab.free_block != 0 || slab.untouched + slab.block_bytes <= int{kSlabBytes};
}

}  // namespace

struct alignas(64) BlockAllocator::Arena {
  SpinLock lock;
  std::array<Slab*, kClasses> with_room = {};
  std::vector<std::unique_ptr<Chunk>> chunks;
  std::vector<Chunk*> roomy;  // chunks with a free slab

  void Link(Slab* slab, int size_class) {
    slab->previous = nullptr;
    slab->next = with_room[size_class];
    if (slab->next != nullptr) slab->next->previous = slab;
    with_room[size_class] = slab;
  }
  void Unlink(Slab* slab, int size_class) {
    if (slab->next != nullptr) slab->next->previous = slab->previous;
    if (slab->previous != nullptr) {
      slab->previous->next = slab->next;
    } else {
      with_room[size_class] = slab->next;
    }
  }

  Slab* NewSlab(size_t block_bytes) {
    if (roomy.empty()) AddChunk();
    Chunk* chunk = roomy.back();
    const int index = __builtin_ctz(chunk->free_slabs);
    chunk->free_slabs &= chunk->free_slabs - 1;
    if (chunk->free_slabs == 0) roomy.pop_back();
    auto* slab = new (chunk->memory + index * kSlabBytes) Slab;
    slab->chunk = chunk;
    slab->untouched = sizeof(Slab);
    slab->block_bytes = static_cast<uint16_t>(block_bytes);
    return slab;
  }

  void AddChunk() {
    auto chunk = std::make_unique<Chunk>();
    chunk->memory = static_cast<char*>(std::aligned_alloc(kChunkBytes, kChunkBytes));
    CHECK(chunk->memory != nullptr);
    chunk->index = chunks.size();
    chunk->roomy_index = roomy.size();
    roomy.push_back(chunk.get());
    chunks.push_back(std::move(chunk));
  }

  void ReturnSlab(Slab* slab) {
    Chunk* chunk = slab->chunk;
    if (chunk->free_slabs == 0) {
      chunk->roomy_index = roomy.size();
      roomy.push_back(chunk);
    }
    const auto index = (reinterpret_cast<char*>(slab) - chunk->memory) / kSlabBytes;
    chunk->free_slabs |= 1u << index;
    if (chunk->free_slabs != (1u << kSlabsPerChunk) - 1) return;
    roomy.back()->roomy_index = chunk->roomy_index;
    roomy[chunk->roomy_index] = roomy.back();
    roomy.pop_back();
    std::free(chunk->memory);
    const size_t hole = chunk->index;
    if (hole + 1 != chunks.size()) {
      std::swap(chunks[hole], chunks.back());
      chunks[hole]->index = hole;
    }
    chunks.pop_back();
  }
};

BlockAllocator::BlockAllocator() {
  for (auto& arena : arenas_) arena = std::make_unique<Arena>();
}

BlockAllocator::~BlockAllocator() {
  for (auto& arena : arenas_) {
    for (auto& chunk : arena->chunks) std::free(chunk->memory);
  }
}

void* BlockAllocator::Allocate(int arena_index, size_t size) {
  if (!kUseSlabs || size > kSlabBlockMax) {
    void* block = std::malloc(BlockBytes(size));
    CHECK(block != nullptr);
    return block;
  }
  const size_t block_bytes = RoundToClass(size);
  const int size_class = static_cast<int>(block_bytes / kClassBytes);
  Arena& arena = *arenas_[arena_index];
  SpinLockHolder hold(arena.lock);
  Slab* slab = arena.with_room[size_class];
  if (slab == nullptr) {
    slab = arena.NewSlab(block_bytes);
    arena.Link(slab, size_class);
  }
  char* block;
  if (slab->free_block != 0) {
    block = At(slab, slab->free_block);
    slab->free_block = *reinterpret_cast<uint16_t*>(block);
  } else {
    block = At(slab, slab->untouched);
    slab->untouched = static_cast<uint16_t>(slab->untouched + block_bytes);
  }
  ++slab->used;
  if (!HasRoom(*slab)) arena.Unlink(slab, size_class);
  return block;
}

void BlockAllocator::Free(int arena_index, void* block, size_t size) {
  if (!kUseSlabs || size > kSlabBlockMax) {
    std::free(block);
    return;
  }
  const size_t block_bytes = RoundToClass(size);
  const int size_class = static_cast<int>(block_bytes / kClassBytes);
  Arena& arena = *arenas_[arena_index];
  SpinLockHolder hold(arena.lock);
  auto* slab = reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) & ~(kSlabBytes - 1));
  CHECK_EQ(slab->block_bytes, block_bytes);
  const bool was_full = !HasRoom(*slab);
  *static_cast<uint16_t*>(block) = slab->free_block;
  slab->free_block =
      static_cast<uint16_t>(static_cast<char*>(block) - reinterpret_cast<char*>(slab));
  if (--slab->used == 0) {
    if (!was_full) arena.Unlink(slab, size_class);
    arena.ReturnSlab(slab);
  } else if (was_full) {
    arena.Link(slab, size_class);
  }
}

size_t BlockAllocator::BlockBytes(size_t size) {
  // Above the slabs malloc rounds to a class an eighth apart at most; 16 bytes is its finest step.
  return size <= kSlabBlockMax ? RoundToClass(size) : (size + 15) & ~size_t{15};
}

}  // namespace holdfast
