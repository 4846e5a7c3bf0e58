#include "storage/rdb/debug_digest.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/keyspace/entry_text.h"
#include "storage/rdb/opaque_value.h"
#include "storage/types/list.h"

namespace holdfast::rdb {
namespace {

using Sha1 = std::array<uint8_t, SHA_DIGEST_LENGTH>;

Sha1 Sha1Of(const void* bytes, size_t size) {
  Sha1 sha1;
  SHA1(static_cast<const unsigned char*>(bytes), size, sha1.data());
  return sha1;
}

// Numbers are mixed in with their high byte first.
void MixNumber(RedisDigest& digest, uint32_t number) {
  number = __builtin_bswap32(number);
  digest.Mix({reinterpret_cast<const char*>(&number), sizeof(number)});
}

class Mixing final : public ElementVisitor {
 public:
  Mixing(RedisDigest& digest, bool in_order) : digest_(digest), in_order_(in_order) {}

  void OnMember(absl::string_view member) override { digest_.Xor(member); }
  void OnScored(absl::string_view member, double score) override {
    AddPair(member, absl::StrFormat("%.17g", score));
  }
  void OnField(absl::string_view field, absl::string_view value) override {
    if (!in_order_) return AddPair(field, value);
    digest_.Mix(field);
    digest_.Mix(value);
  }
  void OnStreamEntry(uint64_t milliseconds, uint64_t sequence) override {
    digest_.Mix(absl::StrCat(milliseconds, ".", sequence));
  }

 private:
  void AddPair(absl::string_view first, absl::string_view second) {
    RedisDigest pair;
    pair.Mix(first);
    pair.Mix(second);
    digest_.Xor(pair);
  }

  RedisDigest& digest_;
  const bool in_order_;
};

void MixOpaque(const Value& value, RedisDigest& digest) {
  const auto type = static_cast<Type>(value.opaque_type);
  const Family family = FamilyOf(type);
  MixNumber(digest, static_cast<uint32_t>(family));
  Mixing mixing(digest, family == Family::kStream);
  // What cannot be read any further counts as far as it can.
  WalkElements(type, value.text, mixing).IgnoreError();
}

void MixValue(const Entry& entry, RedisDigest& digest) {
  switch (entry.type()) {
    case ValueType::kString: {
      IntegerText scratch;
      MixNumber(digest, static_cast<uint32_t>(Family::kString));
      digest.Mix(TextOf(entry, scratch));
      break;
    }
    case ValueType::kList:
      MixNumber(digest, static_cast<uint32_t>(Family::kList));
      for (auto cursor = entry.list()->CursorAt(0); cursor.Valid(); cursor.Next()) {
        IntegerText scratch;
        digest.Mix(cursor.Get().Text(scratch));
      }
      break;
    case ValueType::kOpaque:
      MixOpaque(entry.value(), digest);
      break;
  }
  if (entry.has_deadline()) digest.Xor("!!expire!!");
}

}  // namespace

void RedisDigest::Xor(absl::string_view bytes) {
  const Sha1 sha1 = Sha1Of(bytes.data(), bytes.size());
  for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] ^= sha1[i];
}

void RedisDigest::Mix(absl::string_view bytes) {
  Xor(bytes);
  bytes_ = Sha1Of(bytes_.data(), bytes_.size());
}

std::string RedisDigest::ToString() const {
  return absl::BytesToHexString({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
}

RedisDigest ValueRedisDigest(const Entry& entry) {
  RedisDigest digest;
  MixValue(entry, digest);
  return digest;
}

RedisDigest KeyspaceRedisDigest(const Keyspace& keyspace, Millis now) {
  RedisDigest digest;
  for (uint8_t number = 0; number < kDatabaseCount; ++number) {
    const DatabaseId database{number};
    if (keyspace.Size(database) == 0) continue;
    MixNumber(digest, number);
    for (auto slot = keyspace.NextSlotWithKeys(0); slot;
         slot = keyspace.NextSlotWithKeys(slot->value + 1)) {
      keyspace.Scan(database, *slot, 0, SIZE_MAX, [&](Entry* entry) {
        if (entry->has_deadline() && now >= entry->deadline()) return;
        RedisDigest key;
        key.Mix(entry->key());
        MixValue(*entry, key);
        digest.Xor(key);
      });
    }
  }
  return digest;
}

}  // namespace holdfast::rdb
