// Mailbox: how one thread hands things to another with at most one wake-up under way.
//
// 1. Whoever is told by Put to wake the receiver does so; the receiver then takes everything.
// 2. What one thread puts is taken in that order.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace holdfast {

template <typename Item>
class Mailbox {
 public:
  // Any thread. True if the receiver is to be woken.
  bool Put(Item item) {
    std::lock_guard hold(mutex_);
    items_.push_back(std::move(item));
    return std::exchange(woken_, true) == false;
  }
  // The receiver, once per wake-up.
  std::vector<Item> TakeAll() {
    std::lock_guard hold(mutex_);
    woken_ = false;
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Item> items_;
  bool woken_ = false;
};

}  // namespace holdfast
