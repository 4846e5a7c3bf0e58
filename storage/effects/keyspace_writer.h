// KeyspaceWriter: the one way to change a keyspace.
//
// Every change is a method here. It changes the keyspace and, where a recorder is attached, spells
// the change out as an effect; ApplyEffects (apply.h) reads effects and calls the very same methods
// without one. So what a replica does is what the primary did, by construction.
//
//   command -> KeyspaceWriter -> Keyspace          primary
//                     `--------> EffectRecorder -> log -> ApplyEffects -> KeyspaceWriter ->
//                     Keyspace
//
// 1. What changes nothing records nothing.
// 2. A listener hears of every key that changes, in the order of the changes.
// 3. Locks are the caller's: those of the keys' slots, or the world where the method says so.
//
// It reads no clock and checks no client's input: what a method requires of its arguments its
// caller has made sure of. Whether the changes of a command become one record is the caller's too.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "net/base/types.h"
#include "storage/effects/effect_recorder.h"
#include "storage/keyspace/keyspace.h"
#include "storage/types/list.h"

namespace holdfast {

class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  // The key's value, deadline or existence has changed, or is just about to.
  virtual void OnKeyChange(DatabaseId database, absl::string_view key) = 0;
  // World. All keys of these databases, which are one or two, are about to go or to change places.
  virtual void OnDatabaseChange(absl::Span<const DatabaseId> databases) = 0;
};

class KeyspaceWriter {
 public:
  using Location = Keyspace::Location;

  struct Options {
    Millis now;  // log_time at which the changes happen: new keys count as used then
    EffectRecorder* recorder = nullptr;
    ChangeListener* listener = nullptr;
  };

  KeyspaceWriter(Keyspace& keyspace, const Options& options)
      : keyspace_(keyspace), options_(options) {}

  // Every Location's entry is what Find says of its key: null if the key is absent, which the
  // methods on strings allow where they say so.

  // Any key, absent or not; without a deadline the key has none. The value is not a roomy text; of
  // a list, which may have been anything before, the elements are spelled out.
  Entry* Put(const Location& at, const Value& value, std::optional<Millis> deadline);
  // Makes a string that is there, or absent, an integer; its deadline stays.
  void SetInteger(const Location& at, int64_t integer);
  // Both return the length of the string; together with what is added it must not exceed
  // limits::kRoomyStringBytesMax.
  size_t Append(const Location& at, absl::string_view suffix);
  // The string may be absent; `bytes` are not empty.
  size_t SetRange(const Location& at, size_t offset, absl::string_view bytes);

  void Erase(const Location& at);
  void SetDeadline(const Location& at, std::optional<Millis> deadline);
  // Value and deadline of `from` go to `to`, which is another key or in another database, and whose
  // old value goes.
  void Rename(const Location& from, const Location& to);
  void Copy(const Location& from, const Location& to);

  // Lists. How a list is kept follows the limits, which are no part of the effect.

  // Returns the list's length; the list may be absent.
  size_t Push(const Location& at, ListEnd end, absl::Span<const absl::string_view> values,
              const ListLimits& limits);
  // 0 < count <= size.
  void Pop(const Location& at, ListEnd end, size_t count, const ListLimits& limits);
  // Keeps `count` elements from `first` on, at least one; first + count <= size.
  void Trim(const Location& at, size_t first, size_t count, const ListLimits& limits);
  // index < size.
  void SetElement(const Location& at, size_t index, absl::string_view value,
                  const ListLimits& limits);
  // The cursor is on an element of the list.
  void InsertElement(const Location& at, const List::Cursor& cursor, ListSide side,
                     absl::string_view value, const ListLimits& limits);
  // As LREM; returns how many elements went.
  size_t RemoveMatches(const Location& at, int64_t count, absl::string_view value,
                       const ListLimits& limits);
  // Moves an element from one end to another, which may be the same, and returns it.
  std::string Rotate(const Location& at, ListEnd from, ListEnd to, const ListLimits& limits);

  // Needs the slot's lock. As Keyspace::EraseDue.
  size_t ExpireDue(Slot slot, Millis due, size_t count_max);

  // World.
  void Flush(DatabaseId database);
  // The two differ.
  void SwapDatabases(DatabaseId one, DatabaseId other);

 private:
  EffectRecorder* recorder() const { return options_.recorder; }
  std::optional<Millis> Recorded(std::optional<Millis> deadline) const;
  // Keyspace::Put of any kind of value, neither recorded nor told.
  Entry* Store(const Location& at, const Value& value, std::optional<Millis> deadline);
  Entry* MakeRoom(const Location& at, size_t size);
  void Changed(const Location& at) {
    if (options_.listener != nullptr) {
      options_.listener->OnKeyChange(at.database, at.key.bytes);
    }
  }

  Keyspace& keyspace_;
  const Options options_;
};

}  // namespace holdfast
