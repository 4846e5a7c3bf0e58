#include "storage/digest/digest.h"

#include <cstring>

#include "absl/strings/str_format.h"
#include "net/base/spin_lock.h"
#include "storage/keyspace/hash.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

// Fixed, so that every member agrees.
constexpr uint64_t kKeySeed = 0x686f6c6466617374;

XXH128_hash_t HashText(absl::string_view text, uint64_t seed) {
  return XXH3_128bits_withSeed(text.data(), text.size(), seed);
}

XXH128_hash_t HashList(const List& list) {
  XXH3_state_t state;
  XXH3_INITSTATE(&state);
  XXH3_128bits_reset_withSeed(&state, static_cast<uint64_t>(ValueType::kList));
  for (auto cursor = list.CursorAt(0); cursor.Valid(); cursor.Next()) {
    IntegerText scratch;
    const PackedElement element = cursor.Get();
    const absl::string_view text = element.Text(scratch);
    const uint64_t size = text.size();
    XXH3_128bits_update(&state, &size, sizeof(size));
    XXH3_128bits_update(&state, text.data(), text.size());
  }
  return XXH3_128bits_digest(&state);
}

XXH128_hash_t HashValue(const Entry& entry) {
  switch (entry.type()) {
    case ValueType::kString: {
      IntegerText scratch;
      const auto seed = static_cast<uint64_t>(ValueType::kString);
      if (!entry.is_integer()) return HashText(entry.text(), seed);
      return HashText({scratch.bytes, FormatInt64(entry.integer(), scratch.bytes)}, seed);
    }
    case ValueType::kList:
      return HashList(*entry.list());
    case ValueType::kOpaque:
      return HashText(entry.value_bytes(), static_cast<uint64_t>(ValueType::kOpaque));
  }
  return {};
}

}  // namespace

std::string Digest::ToString() const { return absl::StrFormat("%016x%016x:%d", high, low, keys); }

Digest EntryDigest(DatabaseId database, const Entry& entry) {
  // All of an entry in numbers without gaps between them.
  struct {
    XXH128_hash_t key;
    XXH128_hash_t value;
    uint64_t key_size;
    int64_t deadline;
    uint32_t has_deadline;
    uint32_t database;
  } const whole = {.key = HashText(entry.key(), kKeySeed),
                   .value = HashValue(entry),
                   .key_size = entry.key().size(),
                   .deadline = entry.has_deadline() ? entry.deadline().value : 0,
                   .has_deadline = entry.has_deadline() ? 1u : 0u,
                   .database = database.value};
  static_assert(sizeof(whole) == 2 * sizeof(XXH128_hash_t) + 2 * 8 + 2 * 4);
  const XXH128_hash_t hash = XXH3_128bits(&whole, sizeof(whole));
  return {.low = hash.low64, .high = hash.high64, .keys = 1};
}

Digest SlotDigest(const Keyspace& keyspace, Slot slot) {
  Digest digest;
  for (uint8_t i = 0; i < kDatabaseCount; ++i) {
    const DatabaseId database{i};
    keyspace.Scan(database, slot, 0, SIZE_MAX,
                  [&](Entry* entry) { digest += EntryDigest(database, *entry); });
  }
  return digest;
}

Digest KeyspaceDigest(const Keyspace& keyspace) {
  Digest digest;
  for (auto slot = keyspace.NextSlotWithKeys(0); slot;
       slot = keyspace.NextSlotWithKeys(slot->value + 1)) {
    digest += SlotDigest(keyspace, *slot);
  }
  return digest;
}

bool DigestWalk::Step(Keyspace& keyspace, size_t budget) {
  const uint64_t keys_before = digest_.keys;
  while (digest_.keys - keys_before < budget) {
    const auto slot =
        next_slot_ < kSlotCount ? keyspace.NextSlotWithKeys(next_slot_) : std::nullopt;
    if (!slot) return false;
    SpinLockHolder hold(keyspace.lock(*slot));
    digest_ += SlotDigest(keyspace, *slot);
    next_slot_ = slot->value + 1;
  }
  return true;
}

}  // namespace holdfast
