// How a keyspace takes the place of another one.

#include <utility>

#include "storage/keyspace/keyspace.h"

namespace holdfast {
namespace {

template <typename Number>
void SwapAtomics(std::atomic<Number>& one, std::atomic<Number>& other) {
  one.store(other.exchange(one.load(std::memory_order_relaxed), std::memory_order_relaxed),
            std::memory_order_relaxed);
}

}  // namespace

void Keyspace::Swap(Keyspace& other) {
  CHECK(open_cuts_ == 0 && other.open_cuts_ == 0);
  std::swap(hash_seed_, other.hash_seed_);
  blocks_.Swap(other.blocks_);
  std::swap(slots_, other.slots_);
  std::swap(due_times_, other.due_times_);
  for (size_t i = 0; i < slots_with_keys_.size(); ++i) {
    SwapAtomics(slots_with_keys_[i], other.slots_with_keys_[i]);
  }
  for (size_t i = 0; i < stripes_.size(); ++i) {
    SwapAtomics(stripes_[i].bytes, other.stripes_[i].bytes);
    for (size_t physical = 0; physical < kDatabaseCount; ++physical) {
      SwapAtomics(stripes_[i].keys[physical], other.stripes_[i].keys[physical]);
      SwapAtomics(stripes_[i].keys_with_deadline[physical],
                  other.stripes_[i].keys_with_deadline[physical]);
    }
  }
  std::swap(lsn_floor_, other.lsn_floor_);
  std::swap(physical_, other.physical_);
  std::swap(cut_marks_, other.cut_marks_);
  for (size_t lane = 0; lane < kCutLanes; ++lane) {
    std::swap(cuts_[lane].since_complete, other.cuts_[lane].since_complete);
  }
  const std::scoped_lock hold(garbage_mutex_, other.garbage_mutex_);
  std::swap(garbage_, other.garbage_);
}

bool Keyspace::DismantleSome(size_t budget) {
  if (NextSlotWithKeys(0)) {
    for (uint8_t database = 0; database < kDatabaseCount; ++database) Flush(DatabaseId{database});
  }
  return ReclaimSome(budget);
}

}  // namespace holdfast
