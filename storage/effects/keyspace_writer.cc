#include "storage/effects/keyspace_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/base/planted_bug.h"
#include "storage/keyspace/entry_text.h"

namespace holdfast {
namespace {

// How much room a string gets that grows to `size`: double, and past a point an eighth more, since
// what lies idle then counts for more than another copy. Appending costs O(1) a byte either way.
size_t RoomFor(size_t size) {
  const size_t spare = std::max(std::min(size, limits::kStringSpareBytesMin), size / 8);
  return std::min(size + spare, limits::kRoomyStringBytesMax);
}

// Writes `bytes` at `offset`, which may be behind the string's end: what lies between becomes zero.
// Returns the string's length.
size_t Overwrite(Entry* entry, size_t offset, absl::string_view bytes) {
  const size_t old_size = entry->text().size();
  char* text = entry->mutable_text();
  if (offset > old_size) std::memset(text + old_size, 0, offset - old_size);
  if (!bytes.empty()) std::memcpy(text + offset, bytes.data(), bytes.size());
  const size_t size = std::max(old_size, offset + bytes.size());
  entry->set_text_size(size);
  return size;
}

std::optional<Millis> DeadlineOf(const Entry* entry) {
  if (entry == nullptr || !entry->has_deadline()) return std::nullopt;
  return entry->deadline();
}

uint8_t ToByte(ListEnd end) { return end == ListEnd::kFront ? 0 : 1; }
uint8_t ToByte(ListSide side) { return side == ListSide::kBefore ? 0 : 1; }

EffectRecorder& RecordPut(EffectRecorder& recorder, const Keyspace::Location& at,
                          const Value& value, std::optional<Millis> deadline) {
  using enum EffectOp;
  const auto begin = [&](EffectOp op, EffectOp op_until) -> EffectRecorder& {
    recorder.Effect(deadline ? op_until : op, at.database, at.key);
    return deadline ? recorder.Fixed(deadline->value) : recorder;
  };
  if (value.kind == Value::Kind::kInteger) {
    return begin(kPutInteger, kPutIntegerUntil).Fixed(value.integer);
  }
  if (value.kind == Value::Kind::kOpaque) {
    return begin(kPutOpaque, kPutOpaqueUntil).Byte(value.opaque_type).Bytes(value.text);
  }
  CHECK(value.kind == Value::Kind::kText);
  return begin(kPutText, kPutTextUntil).Bytes(value.text);
}

// There is no effect that puts a list: what was there goes, and its elements are pushed.
void RecordPutList(EffectRecorder& recorder, const Keyspace::Location& at, const List& list,
                   std::optional<Millis> deadline) {
  if (at.entry != nullptr) recorder.Effect(EffectOp::kErase, at.database, at.key);
  recorder.Effect(EffectOp::kPush, at.database, at.key)
      .Byte(ToByte(ListEnd::kBack))
      .Varint(list.Size());
  for (auto cursor = list.CursorAt(0); cursor.Valid(); cursor.Next()) {
    IntegerText scratch;
    recorder.Bytes(cursor.Get().Text(scratch));
  }
  if (deadline) {
    recorder.Effect(EffectOp::kSetDeadline, at.database, at.key).Fixed(deadline->value);
  }
}

}  // namespace

std::optional<Millis> KeyspaceWriter::Recorded(std::optional<Millis> deadline) const {
  if (deadline && BUG("relative-ttl-in-the-log")) return *deadline - options_.now;
  return deadline;
}

Entry* KeyspaceWriter::Store(const Location& at, const Value& value,
                             std::optional<Millis> deadline) {
  Entry* entry = keyspace_.Put(at.database, at.key, at.entry, value, deadline);
  if (at.entry == nullptr) entry->set_access_clock(AccessClock(options_.now));
  return entry;
}

Entry* KeyspaceWriter::Put(const Location& at, const Value& value, std::optional<Millis> deadline) {
  if (recorder() != nullptr) {
    if (value.kind == Value::Kind::kList) {
      RecordPutList(*recorder(), at, *value.list, Recorded(deadline));
    } else {
      RecordPut(*recorder(), at, value, Recorded(deadline));
    }
  }
  Entry* entry = Store(at, value, deadline);
  Changed(at);
  return entry;
}

void KeyspaceWriter::SetInteger(const Location& at, int64_t integer) {
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kSetInteger, at.database, at.key).Fixed(integer);
  }
  if (at.entry != nullptr && at.entry->is_integer()) {
    keyspace_.BeforeEdit(at.key.slot, at.entry);
    at.entry->set_integer(integer);
  } else {
    Store(at, Value::Integer(integer), DeadlineOf(at.entry));
  }
  Changed(at);
}

// The entry, which is there, with its string ready to be edited in place and to grow to `size`.
Entry* KeyspaceWriter::MakeRoom(const Location& at, size_t size) {
  if (at.entry->is_roomy() && at.entry->capacity() >= size) {
    keyspace_.BeforeEdit(at.key.slot, at.entry);
    return at.entry;
  }
  // Put writes small entries over the old ones, so it cannot take such a text from there.
  char copy[BlockAllocator::kSlabBlockMax];
  IntegerText scratch;
  absl::string_view text = TextOf(*at.entry, scratch);
  if (text.size() <= sizeof(copy)) {
    if (!text.empty()) std::memcpy(copy, text.data(), text.size());
    text = {copy, text.size()};
  }
  const size_t room = RoomFor(std::max(size, text.size()));
  return Store(at, Value::Roomy(text, room), DeadlineOf(at.entry));
}

size_t KeyspaceWriter::Append(const Location& at, absl::string_view suffix) {
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kAppend, at.database, at.key).Bytes(suffix);
  }
  IntegerText scratch;
  const size_t old_size = TextOf(*at.entry, scratch).size();
  const size_t size = Overwrite(MakeRoom(at, old_size + suffix.size()), old_size, suffix);
  Changed(at);
  return size;
}

size_t KeyspaceWriter::SetRange(const Location& at, size_t offset, absl::string_view bytes) {
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kSetRange, at.database, at.key).Varint(offset).Bytes(bytes);
  }
  const size_t end = offset + bytes.size();
  Entry* entry =
      at.entry == nullptr ? Store(at, Value::Roomy({}, end), std::nullopt) : MakeRoom(at, end);
  const size_t size = Overwrite(entry, offset, bytes);
  Changed(at);
  return size;
}

void KeyspaceWriter::Erase(const Location& at) {
  if (recorder() != nullptr) recorder()->Effect(EffectOp::kErase, at.database, at.key);
  keyspace_.Erase(at.database, at.key, at.entry);
  Changed(at);
}

void KeyspaceWriter::SetDeadline(const Location& at, std::optional<Millis> deadline) {
  if (!deadline && !at.entry->has_deadline()) return;
  if (recorder() != nullptr) {
    if (deadline) {
      recorder()
          ->Effect(EffectOp::kSetDeadline, at.database, at.key)
          .Fixed(Recorded(deadline)->value);
    } else {
      recorder()->Effect(EffectOp::kClearDeadline, at.database, at.key);
    }
  }
  keyspace_.SetDeadline(at.database, at.key, at.entry, deadline);
  Changed(at);
}

void KeyspaceWriter::Rename(const Location& from, const Location& to) {
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kRename, from.database, from.key).KeyOf(to.database, to.key);
  }
  keyspace_.Rename(from, to);
  Changed(from);
  Changed(to);
}

void KeyspaceWriter::Copy(const Location& from, const Location& to) {
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kCopy, from.database, from.key).KeyOf(to.database, to.key);
  }
  keyspace_.Copy(from, to);
  Changed(to);
}

size_t KeyspaceWriter::Push(const Location& at, ListEnd end,
                            absl::Span<const absl::string_view> values, const ListLimits& limits) {
  if (recorder() != nullptr) {
    recorder()
        ->Effect(EffectOp::kPush, at.database, at.key)
        .Byte(ToByte(end))
        .Varint(values.size());
    for (const absl::string_view value : values) recorder()->Bytes(value);
  }
  size_t size = 0;
  if (at.entry == nullptr) {
    auto list = std::make_unique<List>();
    list->Push(end, values, limits);
    size = list->Size();
    Store(at, Value::OfList(list.release()), std::nullopt);
  } else {
    ListEdit edit(keyspace_, at.key.slot, at.entry);
    edit.list().Push(end, values, limits);
    size = edit.list().Size();
  }
  Changed(at);
  return size;
}

void KeyspaceWriter::Pop(const Location& at, ListEnd end, size_t count, const ListLimits& limits) {
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kPop, at.database, at.key).Byte(ToByte(end)).Varint(count);
  }
  const size_t size = at.entry->list()->Size();
  CHECK(count > 0 && count <= size);
  if (count == size) {
    // Not emptied first: a list that goes as a whole is freed off the command path.
    keyspace_.Erase(at.database, at.key, at.entry);
  } else {
    ListEdit edit(keyspace_, at.key.slot, at.entry);
    if (count == 1) {
      edit.list().Drop(end, limits);
    } else {
      edit.list().EraseRange(end == ListEnd::kFront ? 0 : size - count, count, limits);
    }
  }
  Changed(at);
}

void KeyspaceWriter::Trim(const Location& at, size_t first, size_t count,
                          const ListLimits& limits) {
  const size_t size = at.entry->list()->Size();
  CHECK(count > 0 && first <= size && count <= size - first);
  {
    ListEdit edit(keyspace_, at.key.slot, at.entry);
    edit.list().EraseRange(first + count, size - first - count, limits);
    edit.list().EraseRange(0, first, limits);
  }
  if (count == size) return;
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kTrim, at.database, at.key).Varint(first).Varint(count);
  }
  Changed(at);
}

void KeyspaceWriter::SetElement(const Location& at, size_t index, absl::string_view value,
                                const ListLimits& limits) {
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kSetElement, at.database, at.key).Varint(index).Bytes(value);
  }
  ListEdit edit(keyspace_, at.key.slot, at.entry);
  edit.list().Set(index, value, limits);
  Changed(at);
}

void KeyspaceWriter::InsertElement(const Location& at, const List::Cursor& cursor, ListSide side,
                                   absl::string_view value, const ListLimits& limits) {
  if (recorder() != nullptr) {
    recorder()
        ->Effect(EffectOp::kInsertElement, at.database, at.key)
        .Varint(cursor.index())
        .Byte(ToByte(side))
        .Bytes(value);
  }
  ListEdit edit(keyspace_, at.key.slot, at.entry);
  edit.list().Insert(cursor, side, value, limits);
  Changed(at);
}

size_t KeyspaceWriter::RemoveMatches(const Location& at, int64_t count, absl::string_view value,
                                     const ListLimits& limits) {
  size_t removed = 0;
  bool empty = false;
  {
    ListEdit edit(keyspace_, at.key.slot, at.entry);
    removed = edit.list().RemoveMatches(value, count, limits);
    empty = edit.list().Size() == 0;
  }
  if (removed == 0) return 0;
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kRemoveMatches, at.database, at.key).Fixed(count).Bytes(value);
  }
  if (empty) keyspace_.Erase(at.database, at.key, at.entry);
  Changed(at);
  return removed;
}

std::string KeyspaceWriter::Rotate(const Location& at, ListEnd from, ListEnd to,
                                   const ListLimits& limits) {
  if (recorder() != nullptr) {
    recorder()->Effect(EffectOp::kRotate, at.database, at.key).Byte(ToByte(from)).Byte(ToByte(to));
  }
  ListEdit edit(keyspace_, at.key.slot, at.entry);
  std::string element = edit.list().Pop(from, limits);
  edit.list().Push(to, element, limits);
  Changed(at);
  return element;
}

size_t KeyspaceWriter::ExpireDue(Slot slot, Millis due, size_t count_max) {
  const size_t erased =
      keyspace_.EraseDue(slot, due, count_max, [this](DatabaseId database, const Entry& entry) {
        if (options_.listener != nullptr) options_.listener->OnKeyChange(database, entry.key());
      });
  if (erased > 0 && recorder() != nullptr) {
    recorder()->EffectOnSlot(EffectOp::kExpireDue, slot).Fixed(due.value).Varint(erased);
  }
  return erased;
}

void KeyspaceWriter::Flush(DatabaseId database) {
  if (keyspace_.Size(database) == 0) return;
  if (recorder() != nullptr) recorder()->EffectOnAll(EffectOp::kFlush, database);
  if (options_.listener != nullptr) options_.listener->OnDatabaseChange({&database, 1});
  keyspace_.Flush(database);
}

void KeyspaceWriter::SwapDatabases(DatabaseId one, DatabaseId other) {
  CHECK(one != other);
  if (recorder() != nullptr) recorder()->EffectOnAll(EffectOp::kSwap, one).Byte(other.value);
  const DatabaseId databases[] = {one, other};
  if (options_.listener != nullptr) options_.listener->OnDatabaseChange(databases);
  keyspace_.SwapDatabases(one, other);
}

}  // namespace holdfast
