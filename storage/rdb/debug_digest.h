// The digest that Redis's DEBUG DIGEST gives: equal data here and there, equal digits.
//
// What counts (debug.c of Redis 7.0): all keys of all databases with their types, values and
// whether they have a deadline, though not which; not how a value is kept. Two operations build it
// out of SHA-1:
//
//   Xor(bytes)   digest ^= sha1(bytes)            the order does not count: members, keys
//   Mix(bytes)   Xor, then digest = sha1(digest)  the order counts: lists, a field and its value
//
// Values of modules count with key and type only: what their modules would add is not known here.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast::rdb {

class RedisDigest {
 public:
  void Mix(absl::string_view bytes);
  void Xor(absl::string_view bytes);
  void Xor(const RedisDigest& digest) {
    Xor({reinterpret_cast<const char*>(digest.bytes_.data()), digest.bytes_.size()});
  }
  // 40 hexadecimal digits.
  std::string ToString() const;

 private:
  std::array<uint8_t, 20> bytes_{};
};

// Of a value and of whether it has a deadline, as DEBUG DIGEST-VALUE.
RedisDigest ValueRedisDigest(const Entry& entry);
// Of everything but the keys that are due at `now`, as DEBUG DIGEST. Needs the world.
RedisDigest KeyspaceRedisDigest(const Keyspace& keyspace, Millis now);

}  // namespace holdfast::rdb
