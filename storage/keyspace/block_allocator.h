// BlockAllocator: memory for entries, dense to 8 bytes.
//
// Most keys and values are small, and a general allocator rounds small blocks to 16 bytes: on a
// 54-byte entry that alone costs 10 of the 28 bytes that a key may cost. Blocks of up to 128 bytes
// are therefore cut from slabs, one size class for every 8 bytes; larger ones come from malloc.
//
//   chunk   1 MiB, aligned: 64 slabs                                   mapped from the kernel
//   slab    16 KiB, aligned: | header 32 B | block | block | ... |     one size class
//   block   free ones hold the offset of the next free block of their slab
//
// A slot always uses the same one of a few arenas, each with its own lock, so that workers rarely
// meet. A slab whose blocks are all free goes back to its arena's chunk, and a chunk whose slabs
// are all free goes back to malloc.
//
// 1. A block of `size` bytes is freed with the same size (rounded to 8) and the same arena index.
// 2. Every block is 8-byte aligned and its address fits in 48 bits.
//
// Under a sanitizer every block comes from malloc, so that misuse is seen.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace holdfast {

class BlockAllocator {
 public:
  static constexpr size_t kSlabBlockMax = 128;
  static constexpr int kArenas = 8;

  BlockAllocator();
  ~BlockAllocator();
  BlockAllocator(const BlockAllocator&) = delete;
  BlockAllocator& operator=(const BlockAllocator&) = delete;

  // BlockBytes(size) bytes; never null: the process stops when the system has no memory left.
  void* Allocate(int arena, size_t size);
  void Free(int arena, void* block, size_t size);

  // Exchanges all blocks; no other thread uses either.
  void Swap(BlockAllocator& other) { arenas_.swap(other.arenas_); }

  // What a block of `size` bytes occupies: all of it may be used.
  static size_t BlockBytes(size_t size);

 private:
  struct Arena;
  std::array<std::unique_ptr<Arena>, kArenas> arenas_;
};

}  // namespace holdfast
