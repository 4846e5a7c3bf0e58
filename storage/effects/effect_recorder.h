// EffectRecorder: the effects of the command in hand, as they are being spelled out.
//
//   recorder.Effect(EffectOp::kSetRange, database, key).Varint(offset).Bytes(text);
//
// One of them serves a worker for good: Clear keeps the memory, unless it is much.
#pragma once

#include "absl/strings/string_view.h"
#include "net/base/buffer.h"
#include "net/base/limits.h"
#include "storage/effects/effect_format.h"
#include "storage/effects/touched_slots.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast {

class EffectRecorder {
 public:
  bool empty() const { return bytes_.empty(); }
  // The payload of a record, if it is not empty.
  absl::string_view payload() const { return bytes_.view(); }
  const TouchedSlots& slots() const { return slots_; }

  void Clear() {
    if (bytes_.capacity() > limits::kEffectBytesRetainedMax) bytes_.Release();
    bytes_.Truncate(0);
    slots_.Clear();
  }

  // Begins an effect on a key; its arguments follow.
  EffectRecorder& Effect(EffectOp op, DatabaseId database, const Key& key) {
    bytes_.Append(static_cast<char>(op));
    return KeyOf(database, key);
  }
  EffectRecorder& EffectOnSlot(EffectOp op, Slot slot) {
    slots_.Add(slot);
    bytes_.Append(static_cast<char>(op));
    return Fixed(slot.value);
  }
  EffectRecorder& EffectOnAll(EffectOp op, DatabaseId database) {
    slots_.AddAll();
    bytes_.Append(static_cast<char>(op));
    return Byte(database.value);
  }

  EffectRecorder& KeyOf(DatabaseId database, const Key& key) {
    slots_.Add(key.slot);
    return Byte(database.value).Bytes(key.bytes);
  }
  EffectRecorder& Byte(uint8_t byte) {
    bytes_.Append(static_cast<char>(byte));
    return *this;
  }
  template <typename Number>
  EffectRecorder& Fixed(Number number) {
    std::memcpy(bytes_.Extend(sizeof(number)), &number, sizeof(number));
    return *this;
  }
  EffectRecorder& Varint(uint64_t number) {
    for (; number >= 0x80; number >>= 7) bytes_.Append(static_cast<char>(number | 0x80));
    bytes_.Append(static_cast<char>(number));
    return *this;
  }
  EffectRecorder& Bytes(absl::string_view bytes) {
    Varint(bytes.size());
    bytes_.Append(bytes);
    return *this;
  }

 private:
  Buffer bytes_;
  TouchedSlots slots_;
};

}  // namespace holdfast
