// SendQueue: the bytes a stream still has to give to the kernel.
//
// Buffers are kept as they were handed over and described to the kernel as an iovec; nothing is
// copied. An empty queue owns no buffer, and a stream that never has more than two of them waiting
// allocates nothing.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "net/base/buffer.h"
#include "net/base/check.h"

namespace holdfast {

class SendQueue {
 public:
  bool empty() const { return bytes_ == 0; }
  size_t bytes() const { return bytes_; }

  void Push(Buffer buffer) {
    if (buffer.empty()) return;
    bytes_ += buffer.size();
    buffers_.push_back(std::move(buffer));
  }

  // Describes the oldest bytes in up to `count` pieces; returns how many were used. The pieces stay
  // valid until bytes are consumed.
  size_t Describe(iovec* pieces, size_t count) const {
    size_t used = 0;
    size_t skip = sent_of_first_;
    for (size_t i = first_; i < buffers_.size() && used < count; ++i) {
      char* data = const_cast<char*>(buffers_[i].data());
      pieces[used++] = {data + skip, buffers_[i].size() - skip};
      skip = 0;
    }
    return used;
  }

  // The kernel has taken the oldest `count` bytes.
  void Consume(size_t count) {
    CHECK(count <= bytes_);
    bytes_ -= count;
    if (bytes_ == 0) return Clear();
    count += sent_of_first_;
    while (count >= buffers_[first_].size()) {
      count -= buffers_[first_].size();
      buffers_[first_++].Release();
    }
    sent_of_first_ = count;
    // Taken buffers leave the front of the list in strides, so that each is moved O(1) times.
    if (first_ >= 16 && first_ * 2 >= buffers_.size()) {
      buffers_.erase(buffers_.begin(), buffers_.begin() + static_cast<ptrdiff_t>(first_));
      first_ = 0;
    }
  }

  void Clear() {
    if (buffers_.capacity() > kKeptBuffers) {
      buffers_ = Buffers();
    } else {
      buffers_.clear();
    }
    first_ = 0;
    sent_of_first_ = 0;
    bytes_ = 0;
  }

 private:
  static constexpr size_t kKeptBuffers = 16;
  using Buffers = absl::InlinedVector<Buffer, 2>;

  Buffers buffers_;
  size_t first_ = 0;          // index of the oldest buffer with bytes left
  size_t sent_of_first_ = 0;  // bytes of it that are gone
  size_t bytes_ = 0;
};

}  // namespace holdfast
