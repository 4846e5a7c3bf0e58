#include "node/watch.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "node/session.h"

namespace holdfast {
namespace {

std::string RegistryKey(DatabaseId database, absl::string_view key) {
  return absl::StrCat(int{database.value}, " ", key);
}

}  // namespace

WatchRegistry::Stripe& WatchRegistry::StripeOf(absl::string_view key) {
  return stripes_[absl::Hash<absl::string_view>()(key) % kStripes];
}

void WatchRegistry::Watch(Transaction& transaction, DatabaseId database, absl::string_view key) {
  for (const WatchedKey& watched : transaction.watched) {
    if (watched.database == database && watched.key == key) return;
  }
  transaction.watched.push_back({database, std::string(key)});
  Stripe& stripe = StripeOf(key);
  std::lock_guard hold(stripe.mutex);
  stripe.watchers[RegistryKey(database, key)].push_back(&transaction);
  watches_.fetch_add(1, std::memory_order_relaxed);
}

void WatchRegistry::Unwatch(Transaction& transaction) {
  for (const WatchedKey& watched : transaction.watched) {
    Stripe& stripe = StripeOf(watched.key);
    std::lock_guard hold(stripe.mutex);
    auto found = stripe.watchers.find(RegistryKey(watched.database, watched.key));
    std::erase(found->second, &transaction);
    if (found->second.empty()) stripe.watchers.erase(found);
    watches_.fetch_sub(1, std::memory_order_relaxed);
  }
  transaction.watched.clear();
  transaction.watch_broken.store(false, std::memory_order_relaxed);
}

void WatchRegistry::TouchWatched(DatabaseId database, absl::string_view key) {
  Stripe& stripe = StripeOf(key);
  std::lock_guard hold(stripe.mutex);
  auto found = stripe.watchers.find(RegistryKey(database, key));
  if (found == stripe.watchers.end()) return;
  for (Transaction* transaction : found->second) {
    transaction->watch_broken.store(true, std::memory_order_relaxed);
  }
}

void WatchRegistry::TouchDatabase(DatabaseId database,
                                  absl::FunctionRef<bool(absl::string_view key)> changed) {
  const std::string prefix = RegistryKey(database, "");
  for (Stripe& stripe : stripes_) {
    std::lock_guard hold(stripe.mutex);
    // The order of the map is not seen: every watcher found is told the same.
    for (auto& [name, transactions] : stripe.watchers) {
      const absl::string_view view = name;
      if (view.substr(0, prefix.size()) != prefix) continue;
      if (!changed(view.substr(prefix.size()))) continue;
      for (Transaction* transaction : transactions) {
        transaction->watch_broken.store(true, std::memory_order_relaxed);
      }
    }
  }
}

}  // namespace holdfast
