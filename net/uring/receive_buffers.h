// ReceiveBuffers: memory that the kernel picks from when bytes arrive, shared by all streams of a
// loop, so that waiting for bytes costs a connection nothing.
//
//   free list (shared with the kernel)  [ 3 | 4 | 5 | ... ]   Return appends, the kernel takes
//   memory                              | 0 | 1 | 2 | 3 | ... |   kReceiveBufferSize bytes each
//
// 1. A buffer belongs to the kernel until a completion names it, then to whoever handles that
//    completion until Return.
// 2. Returned buffers become visible to the kernel with Publish, once per batch of completions.
//
// When all are taken a receive ends with ENOBUFS and is asked for again: nothing is lost, the bytes
// wait in the socket.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/check.h"
#include "net/base/limits.h"

namespace holdfast {

class ReceiveBuffers {
 public:
  static constexpr uint16_t kGroup = 0;

  // `count` is a power of two. The ring must outlive the buffers' use, not the buffers.
  static absl::StatusOr<std::unique_ptr<ReceiveBuffers>> Create(io_uring* ring, int count);
  ~ReceiveBuffers();
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  absl::string_view View(uint16_t id, size_t size) const {
    CHECK(id < count_ && size <= limits::kReceiveBufferSize);
    return {memory_ + id * limits::kReceiveBufferSize, size};
  }
  void Return(uint16_t id) {
    io_uring_buf_ring_add(free_list_, memory_ + id * limits::kReceiveBufferSize,
                          limits::kReceiveBufferSize, id, io_uring_buf_ring_mask(count_),
                          returned_++);
  }
  void Publish() {
    if (returned_ == 0) return;
    io_uring_buf_ring_advance(free_list_, returned_);
    returned_ = 0;
  }

 private:
  explicit ReceiveBuffers(uint32_t count) : count_(count) {}
  size_t list_bytes() const { return count_ * sizeof(io_uring_buf); }
  size_t memory_bytes() const { return count_ * limits::kReceiveBufferSize; }

  const uint32_t count_;
  io_uring_buf_ring* free_list_ = nullptr;
  char* memory_ = nullptr;
  int returned_ = 0;  // since the last Publish
};

}  // namespace holdfast
