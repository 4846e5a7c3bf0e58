// SpinLock: a mutex of four bytes for critical sections of a few hundred nanoseconds.
//
// Taking it uncontended is one atomic exchange, releasing it one. A waiter spins briefly, because
// the holder is usually about to finish, and then sleeps in the kernel, because the holder may have
// lost its core. All zero is the unlocked state, so a calloc'ed array of them is ready for use.
#pragma once

#include <atomic>
#include <cstdint>

namespace holdfast {

class SpinLock {
 public:
  void Lock() {
    uint32_t expected = kFree;
    if (!state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire)) LockSlow();
  }
  bool TryLock() {
    uint32_t expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire);
  }
  void Unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kContended) state_.notify_one();
  }
  bool held() const { return state_.load(std::memory_order_relaxed) != kFree; }

 private:
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kHeld = 1;
  static constexpr uint32_t kContended = 2;  // held, and somebody may be asleep

  void LockSlow();

  std::atomic<uint32_t> state_{kFree};
};

class SpinLockHolder {
 public:
  explicit SpinLockHolder(SpinLock& lock) : lock_(lock) { lock_.Lock(); }
  ~SpinLockHolder() { lock_.Unlock(); }
  SpinLockHolder(const SpinLockHolder&) = delete;
  SpinLockHolder& operator=(const SpinLockHolder&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace holdfast
