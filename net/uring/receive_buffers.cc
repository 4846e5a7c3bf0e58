#include "net/uring/receive_buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "net/posix/system.h"

namespace holdfast {
namespace {

void* MapMemory(size_t bytes) {
  void* const mapped =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mapped == MAP_FAILED ? nullptr : mapped;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReceiveBuffers>> ReceiveBuffers::Create(io_uring* ring,
                                                                       Counts counts) {
  CHECK(counts.most > 0 && (counts.most & (counts.most - 1)) == 0);
  auto buffers =
      std::unique_ptr<ReceiveBuffers>(new ReceiveBuffers(static_cast<uint32_t>(counts.most)));
  buffers->free_list_ = static_cast<io_uring_buf_ring*>(MapMemory(buffers->list_bytes()));
  buffers->memory_ = static_cast<char*>(MapMemory(buffers->memory_bytes()));
  if (buffers->free_list_ == nullptr || buffers->memory_ == nullptr) {
    return ErrnoStatus(ENOMEM, "map receive buffers");
  }
  // A huge page would make all of its buffers resident with the first byte received.
  madvise(buffers->memory_, buffers->memory_bytes(), MADV_NOHUGEPAGE);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(buffers->free_list_);
  registration.ring_entries = buffers->count_;
  registration.bgid = kGroup;
  const int result = io_uring_register_buf_ring(ring, &registration, 0);
  if (result < 0) return ErrnoStatus(-result, "register receive buffers");
  io_uring_buf_ring_init(buffers->free_list_);
  buffers->Circulate(static_cast<uint32_t>(counts.at_start));
  buffers->Publish();
  return buffers;
}

void ReceiveBuffers::Circulate(uint32_t more) {
  const uint32_t end = std::min(count_, circulating_ + more);
  while (circulating_ < end) Return(static_cast<uint16_t>(circulating_++));
  starved_ = false;
}

ReceiveBuffers::~ReceiveBuffers() {
  if (free_list_ != nullptr) munmap(free_list_, list_bytes());
  if (memory_ != nullptr) munmap(memory_, memory_bytes());
}

}  // namespace holdfast
