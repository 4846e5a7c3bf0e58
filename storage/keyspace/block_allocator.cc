#include "storage/keyspace/block_allocator.h"

#include <sys/mman.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "net/base/check.h"
#include "net/base/spin_lock.h"

namespace holdfast {
namespace {

constexpr size_t kSlabBytes = 16 * 1024;
constexpr size_t kChunkBytes = 1024 * 1024;
constexpr int kSlabsPerChunk = kChunkBytes / kSlabBytes;
constexpr size_t kClassBytes = 8;
constexpr int kClasses = BlockAllocator::kSlabBlockMax / kClassBytes + 1;

#ifdef HOLDFAST_SANITIZED
constexpr bool kUseSlabs = false;
#else
constexpr bool kUseSlabs = true;
#endif

constexpr uint64_t kAllFree = ~uint64_t{0};
static_assert(kSlabsPerChunk == 64, "a chunk's free slabs are one word of bits");

struct Chunk;

// Maps an aligned chunk; pages that are never touched cost nothing.
char* MapChunk() {
  void* mapped = mmap(nullptr, 2 * kChunkBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(mapped != MAP_FAILED);
  auto* start = static_cast<char*>(mapped);
  const size_t before = -reinterpret_cast<uintptr_t>(start) % kChunkBytes;
  if (before > 0) munmap(start, before);
  munmap(start + before + kChunkBytes, kChunkBytes - before);
  return start + before;
}

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
  uint64_t free_slabs = kAllFree;  // one bit each
  size_t index = 0;                // in Arena::chunks
  size_t roomy_index = 0;          // in Arena::roomy, if free_slabs != 0
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
    const int index = __builtin_ctzll(chunk->free_slabs);
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
    chunk->memory = MapChunk();
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
    chunk->free_slabs |= uint64_t{1} << index;
    // The last roomy chunk stays, so that a block that comes and goes does not map and unmap.
    if (chunk->free_slabs == kAllFree && roomy.size() > 1) ReturnChunk(chunk);
  }

  void ReturnChunk(Chunk* chunk) {
    roomy.back()->roomy_index = chunk->roomy_index;
    roomy[chunk->roomy_index] = roomy.back();
    roomy.pop_back();
    munmap(chunk->memory, kChunkBytes);
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
    for (auto& chunk : arena->chunks) munmap(chunk->memory, kChunkBytes);
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
