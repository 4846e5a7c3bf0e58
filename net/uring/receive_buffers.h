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
// The kernel takes them in turn, so all that are in circulation are touched again and again. A few
// start; when all are taken, a receive ends with ENOBUFS, their number is doubled, and the receive
// is asked for again: the bytes have waited in the socket. So a loop's buffers occupy the cache and
// the memory that its busiest moment so far needed.
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

  struct Counts {
    int at_start;
    int most;  // a power of two
  };
  static absl::StatusOr<std::unique_ptr<ReceiveBuffers>> Create(io_uring* ring, Counts counts);
  ~ReceiveBuffers();
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  absl::string_view View(uint16_t id, size_t size) const {
    CHECK(id < circulating_ && size <= limits::kReceiveBufferSize);
    return {memory_ + id * limits::kReceiveBufferSize, size};
  }
  void Return(uint16_t id) {
    io_uring_buf_ring_add(free_list_, memory_ + id * limits::kReceiveBufferSize,
                          limits::kReceiveBufferSize, id, io_uring_buf_ring_mask(count_),
                          returned_++);
  }
  // A receive found none left: Publish will add some.
  void Starve() { starved_ = true; }
  void Publish() {
    if (starved_) Circulate(circulating_);
    if (returned_ == 0) return;
    io_uring_buf_ring_advance(free_list_, returned_);
    returned_ = 0;
  }

 private:
  explicit ReceiveBuffers(uint32_t count) : count_(count) {}
  // Adds `more` buffers, or as many as there are, to those in circulation.
  void Circulate(uint32_t more);
  size_t list_bytes() const { return count_ * sizeof(io_uring_buf); }
  size_t memory_bytes() const { return count_ * limits::kReceiveBufferSize; }

  const uint32_t count_;
  io_uring_buf_ring* free_list_ = nullptr;
  char* memory_ = nullptr;
  uint32_t circulating_ = 0;  // ids from here on have never been used
  bool starved_ = false;      // since the last Publish
  int returned_ = 0;          // since the last Publish
};

}  // namespace holdfast
