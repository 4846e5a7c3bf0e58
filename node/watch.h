// WatchRegistry: which transactions watch which keys.
//
// A change to a watched key breaks every transaction that watches it; EXEC of a broken one is
// refused. Touch is called for every change of every key, so it costs one load while nobody watches
// anything.
//
// 1. Watch and Touch for a key are called under the lock of the key's slot: a change is either
//    before a WATCH or seen by it.
// 2. A transaction is in the registry exactly for the keys in its `watched`, and leaves before it
// dies.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "net/base/types.h"

namespace holdfast {

struct Transaction;

class WatchRegistry {
 public:
  // Watching a key twice is the same as once.
  void Watch(Transaction& transaction, DatabaseId database, absl::string_view key);
  // Forgets all keys of the transaction and mends it (watch_broken = false). Any time.
  void Unwatch(Transaction& transaction);

  void Touch(DatabaseId database, absl::string_view key) {
    if (watches_.load(std::memory_order_relaxed) != 0) TouchWatched(database, key);
  }
  // Touches every watched key of the database that `changed` says yes to. World stopped.
  void TouchDatabase(DatabaseId database, absl::FunctionRef<bool(absl::string_view key)> changed);

  // How many (transaction, key) pairs there are.
  size_t size() const { return watches_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kStripes = 64;
  struct Stripe {
    std::mutex mutex;
    // By database number, a space, and the key.
    absl::flat_hash_map<std::string, std::vector<Transaction*>> watchers;
  };

  void TouchWatched(DatabaseId database, absl::string_view key);
  Stripe& StripeOf(absl::string_view key);

  std::atomic<size_t> watches_{0};
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace holdfast
