// Digest: 128 bits that are equal for equal keyspaces.
//
// The sum, over all keys, of a hash of database, key, type, value and deadline. A sum does not
// depend on an order, so members with different seeds, histories or encodings agree as long as
// clients would see the same: an integer counts as its spelling, a list as its elements, an opaque
// value as its bytes.
//
// It guards against mistakes, not against somebody who constructs collisions.
#pragma once

#include <cstdint>
#include <string>

#include "net/base/types.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast {

struct Digest {
  uint64_t low = 0;
  uint64_t high = 0;
  uint64_t keys = 0;

  bool operator==(const Digest&) const = default;
  // Adding is commutative and associative: digests of disjoint sets of keys give that of all.
  Digest& operator+=(const Digest& other) {
    low += other.low;
    high += other.high;
    keys += other.keys;
    return *this;
  }
  // 32 hexadecimal digits, a colon, and the number of keys.
  std::string ToString() const;
};

Digest EntryDigest(DatabaseId database, const Entry& entry);

// All databases of one slot; needs its lock.
Digest SlotDigest(const Keyspace& keyspace, Slot slot);

// Everything; needs the world.
Digest KeyspaceDigest(const Keyspace& keyspace);

// Everything in steps of whole slots, each under its lock. What changes meanwhile is counted either
// as before or as after: equal to KeyspaceDigest only if nothing does.
class DigestWalk {
 public:
  // Goes on for about `budget` keys; false when all slots are done.
  bool Step(Keyspace& keyspace, size_t budget);
  const Digest& digest() const { return digest_; }

 private:
  int next_slot_ = 0;
  Digest digest_;
};

}  // namespace holdfast
