#include "net/base/spin_lock.h"

namespace holdfast {
namespace {
constexpr int kSpins = 100;
}  // namespace

void SpinLock::LockSlow() {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (state_.load(std::memory_order_relaxed) == kFree && TryLock()) return;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  // From here on the lock is taken as contended, so that whoever releases it wakes the next one.
  while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {
    state_.wait(kContended, std::memory_order_relaxed);
  }
}

}  // namespace holdfast
