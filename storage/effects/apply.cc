#include "storage/effects/apply.h"

#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "net/base/planted_bug.h"
#include "storage/keyspace/entry_text.h"

namespace holdfast {
namespace {

// Applies the effects of one payload. An effect that cannot be applied fails the reader.
class Applier {
 public:
  Applier(absl::string_view payload, Keyspace& keyspace, const ApplyOptions& options)
      : reader_(payload),
        keyspace_(keyspace),
        options_(options),
        writer_(keyspace, {.now = options.now, .listener = options.listener}) {}

  // One effect; false if it failed.
  bool ApplyNext();
  bool done() const { return reader_.done(); }
  EffectOp op() const { return op_; }
  TouchedSlots& touched() { return touched_; }

 private:
  using Location = Keyspace::Location;

  bool ApplyToString();
  bool ApplyToKey();
  bool ApplyToList();
  bool ApplyToDatabase();

  DatabaseId ReadDatabase() { return {reader_.ByteBelow(kDatabaseCount)}; }
  ListEnd ReadEnd() { return reader_.ByteBelow(2) == 0 ? ListEnd::kFront : ListEnd::kBack; }
  Millis ReadTime();
  Location ReadLocation();
  bool EditExtent(const Location& at, uint64_t offset, size_t size) const;
  bool Push(const Location& at);
  bool EditList(const Location& at, const List& list);

  EffectReader reader_;
  Keyspace& keyspace_;
  const ApplyOptions& options_;
  KeyspaceWriter writer_;
  TouchedSlots touched_;
  EffectOp op_ = EffectOp::kNothing;
};

bool Is(const Keyspace::Location& at, ValueType type) {
  return at.entry != nullptr && at.entry->type() == type;
}
bool IsOrAbsent(const Keyspace::Location& at, ValueType type) {
  return at.entry == nullptr || at.entry->type() == type;
}

Millis Applier::ReadTime() {
  const Millis time{reader_.Fixed<int64_t>()};
  return BUG("relative-ttl-in-the-log") ? time + options_.now : time;
}

Applier::Location Applier::ReadLocation() {
  const DatabaseId database = ReadDatabase();
  Location at = {.database = database, .key = keyspace_.MakeKey(reader_.Bytes())};
  if (!reader_.ok()) return at;
  touched_.Add(at.key.slot);
  at.entry = keyspace_.Find(database, at.key);
  return at;
}

// Whether a string, or nothing, may be edited so that what is written ends there.
bool Applier::EditExtent(const Location& at, uint64_t offset, size_t size) const {
  if (!IsOrAbsent(at, ValueType::kString)) return false;
  return size <= options_.string_bytes_max && offset <= options_.string_bytes_max - size;
}

bool Applier::ApplyToString() {
  const Location at = ReadLocation();
  std::optional<Millis> deadline;
  if (op_ == EffectOp::kPutTextUntil || op_ == EffectOp::kPutIntegerUntil ||
      op_ == EffectOp::kPutOpaqueUntil) {
    deadline = ReadTime();
  }
  switch (op_) {
    case EffectOp::kPutText:
    case EffectOp::kPutTextUntil: {
      const absl::string_view text = reader_.Bytes();
      if (reader_.ok()) writer_.Put(at, Value::Text(text), deadline);
      return true;
    }
    case EffectOp::kPutInteger:
    case EffectOp::kPutIntegerUntil: {
      const auto integer = reader_.Fixed<int64_t>();
      if (reader_.ok()) writer_.Put(at, Value::Integer(integer), deadline);
      return true;
    }
    case EffectOp::kPutOpaque:
    case EffectOp::kPutOpaqueUntil: {
      const uint8_t type = reader_.Byte();
      const absl::string_view bytes = reader_.Bytes();
      if (reader_.ok()) writer_.Put(at, Value::Opaque(type, bytes), deadline);
      return true;
    }
    case EffectOp::kSetInteger: {
      const auto integer = reader_.Fixed<int64_t>();
      if (!IsOrAbsent(at, ValueType::kString)) return false;
      if (reader_.ok()) writer_.SetInteger(at, integer);
      return true;
    }
    case EffectOp::kAppend: {
      const absl::string_view suffix = reader_.Bytes();
      if (!Is(at, ValueType::kString)) return false;
      IntegerText scratch;
      if (!EditExtent(at, TextOf(*at.entry, scratch).size(), suffix.size())) return false;
      if (reader_.ok()) writer_.Append(at, suffix);
      return true;
    }
    default: {
      const uint64_t offset = reader_.Varint();
      const absl::string_view bytes = reader_.Bytes();
      if (bytes.empty() || !EditExtent(at, offset, bytes.size())) return false;
      if (reader_.ok()) writer_.SetRange(at, static_cast<size_t>(offset), bytes);
      return true;
    }
  }
}

bool Applier::ApplyToKey() {
  const Location at = ReadLocation();
  if (at.entry == nullptr) return false;
  switch (op_) {
    case EffectOp::kErase:
      writer_.Erase(at);
      return true;
    case EffectOp::kSetDeadline: {
      const Millis deadline = ReadTime();
      if (reader_.ok()) writer_.SetDeadline(at, deadline);
      return true;
    }
    case EffectOp::kClearDeadline:
      if (!at.entry->has_deadline()) return false;
      writer_.SetDeadline(at, std::nullopt);
      return true;
    default: {
      const Location to = ReadLocation();
      if (!reader_.ok() || at.entry == to.entry) return false;
      if (at.database == to.database && at.key.bytes == to.key.bytes) return false;
      op_ == EffectOp::kRename ? writer_.Rename(at, to) : writer_.Copy(at, to);
      return true;
    }
  }
}

bool Applier::Push(const Location& at) {
  if (!IsOrAbsent(at, ValueType::kList)) return false;
  const ListEnd end = ReadEnd();
  const uint64_t count = reader_.Varint();
  std::vector<absl::string_view> values;
  for (uint64_t i = 0; i < count && reader_.ok(); ++i) values.push_back(reader_.Bytes());
  if (!reader_.ok() || values.empty()) return false;
  writer_.Push(at, end, values, options_.list_limits);
  return true;
}

bool Applier::EditList(const Location& at, const List& list) {
  const ListLimits& limits = options_.list_limits;
  switch (op_) {
    case EffectOp::kPop: {
      const ListEnd end = ReadEnd();
      const uint64_t count = reader_.Varint();
      if (count == 0 || count > list.Size()) return false;
      writer_.Pop(at, end, count, limits);
      return true;
    }
    case EffectOp::kTrim: {
      const uint64_t first = reader_.Varint();
      const uint64_t count = reader_.Varint();
      if (count == 0 || first > list.Size() || count > list.Size() - first) return false;
      writer_.Trim(at, first, count, limits);
      return true;
    }
    case EffectOp::kSetElement: {
      const uint64_t index = reader_.Varint();
      const absl::string_view value = reader_.Bytes();
      if (!reader_.ok() || index >= list.Size()) return false;
      writer_.SetElement(at, index, value, limits);
      return true;
    }
    case EffectOp::kInsertElement: {
      const uint64_t index = reader_.Varint();
      const ListSide side = reader_.ByteBelow(2) == 0 ? ListSide::kBefore : ListSide::kAfter;
      const absl::string_view value = reader_.Bytes();
      if (!reader_.ok() || index >= list.Size()) return false;
      writer_.InsertElement(at, list.CursorAt(index), side, value, limits);
      return true;
    }
    case EffectOp::kRemoveMatches: {
      const auto count = reader_.Fixed<int64_t>();
      const absl::string_view value = reader_.Bytes();
      if (!reader_.ok() || count == std::numeric_limits<int64_t>::min()) return false;
      return writer_.RemoveMatches(at, count, value, limits) > 0;
    }
    default: {
      const ListEnd from = ReadEnd();
      const ListEnd to = ReadEnd();
      if (reader_.ok()) writer_.Rotate(at, from, to, limits);
      return true;
    }
  }
}

bool Applier::ApplyToList() {
  const Location at = ReadLocation();
  if (op_ == EffectOp::kPush) return Push(at);
  return Is(at, ValueType::kList) && EditList(at, *at.entry->list());
}

bool Applier::ApplyToDatabase() {
  if (op_ == EffectOp::kExpireDue) {
    const Slot slot{reader_.Fixed<uint16_t>()};
    const Millis due{reader_.Fixed<int64_t>()};
    const uint64_t count = reader_.Varint();
    if (!reader_.ok() || slot.value >= kSlotCount || count == 0) return false;
    touched_.Add(slot);
    // Another number means that other keys were there than on the primary.
    return writer_.ExpireDue(slot, due, count) == count;
  }
  const DatabaseId database = ReadDatabase();
  if (op_ == EffectOp::kFlush) {
    if (reader_.ok()) writer_.Flush(database);
  } else {
    const DatabaseId other = ReadDatabase();
    if (!reader_.ok() || other == database) return false;
    writer_.SwapDatabases(database, other);
  }
  touched_.AddAll();
  return true;
}

bool Applier::ApplyNext() {
  const uint8_t op = reader_.ByteBelow(static_cast<uint8_t>(EffectOp::kPutOpaqueUntil) + 1);
  op_ = EffectOp{op};
  bool fits = true;
  if (op_ == EffectOp::kNothing) {
    fits = true;
  } else if (op_ <= EffectOp::kSetRange || op_ >= EffectOp::kPutOpaque) {
    fits = ApplyToString();
  } else if (op_ <= EffectOp::kClearDeadline || op_ == EffectOp::kRename ||
             op_ == EffectOp::kCopy) {
    fits = ApplyToKey();
  } else if (op_ <= EffectOp::kRotate) {
    fits = ApplyToList();
  } else {
    fits = ApplyToDatabase();
  }
  return fits && reader_.ok();
}

}  // namespace

absl::StatusOr<TouchedSlots> ApplyEffects(absl::string_view payload, Keyspace& keyspace,
                                          const ApplyOptions& options) {
  Applier applier(payload, keyspace, options);
  for (int count = 1; !applier.done(); ++count) {
    if (!applier.ApplyNext()) {
      return absl::DataLossError(absl::StrFormat(
          "applying effect %d of a record: op %d is malformed, or does not fit what "
          "its key holds",
          count, static_cast<int>(applier.op())));
    }
  }
  return std::move(applier.touched());
}

}  // namespace holdfast
