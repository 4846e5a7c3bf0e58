// Buffer: a growable run of bytes that is cheap to append to and to hand over.
//
// Replies are built in one and moved to the stream that sends them. Unlike std::string it never
// zero-fills, and an empty one owns no memory.
#pragma once

#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/string_view.h"
#include "net/base/check.h"

namespace holdfast {

class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { std::free(data_); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  const char* data() const { return data_; }
  char* data() { return data_; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  absl::string_view view() const { return {data_, size_}; }

  void Append(absl::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(Extend(bytes.size()), bytes.data(), bytes.size());
  }
  void Append(char byte) { *Extend(1) = byte; }

  // Adds `count` uninitialised bytes and returns where they start.
  char* Extend(size_t count) {
    if (size_ + count > capacity_) Grow(size_ + count);
    char* start = data_ + size_;
    size_ += count;
    return start;
  }
  // Keeps the first `size` bytes; size <= size().
  void Truncate(size_t size) {
    CHECK(size <= size_);
    size_ = size;
  }
  // Drops the first `count` bytes by moving the rest to the front; count <= size().
  void RemovePrefix(size_t count) {
    CHECK(count <= size_);
    if (count > 0 && count < size_) std::memmove(data_, data_ + count, size_ - count);
    size_ -= count;
  }
  void Reserve(size_t capacity) {
    if (capacity > capacity_) Reallocate(capacity);
  }
  // Forgets the bytes and gives the memory back.
  void Release() { *this = Buffer(); }

 private:
  void Grow(size_t needed) {
    size_t doubled = capacity_ * 2;
    Reallocate(needed > doubled ? (needed < 256 ? 256 : needed) : doubled);
  }
  void Reallocate(size_t capacity) {
    char* moved = static_cast<char*>(std::realloc(data_, capacity));
    CHECK(moved != nullptr);
    data_ = moved;
    capacity_ = capacity;
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace holdfast
