// The quantities of the domain as types, so that a slot is never passed for a database and a
// millisecond never for a nanosecond.
#pragma once

#include <compare>
#include <cstdint>
#include <ostream>
#include <tuple>

namespace holdfast {

// A signed span or point of time in nanoseconds. Points are counted from the start that the clock
// they were read from documents.
struct Nanos {
  int64_t value = 0;
  constexpr auto operator<=>(const Nanos&) const = default;
  constexpr Nanos operator+(Nanos other) const { return {value + other.value}; }
  constexpr Nanos operator-(Nanos other) const { return {value - other.value}; }
  constexpr Nanos& operator+=(Nanos other) { return value += other.value, *this; }
};

// A signed span or point of time in milliseconds; points are counted from the Unix epoch.
struct Millis {
  int64_t value = 0;
  constexpr auto operator<=>(const Millis&) const = default;
  constexpr Millis operator+(Millis other) const { return {value + other.value}; }
  constexpr Millis operator-(Millis other) const { return {value - other.value}; }
};

constexpr Nanos Microseconds(int64_t count) { return {count * 1'000}; }
constexpr Nanos Milliseconds(int64_t count) { return {count * 1'000'000}; }
constexpr Nanos Seconds(int64_t count) { return {count * 1'000'000'000}; }
// Rounds towards minus infinity.
constexpr Millis ToMillis(Nanos nanos) {
  return {nanos.value / 1'000'000 - (nanos.value % 1'000'000 < 0 ? 1 : 0)};
}
constexpr Nanos ToNanos(Millis millis) { return {millis.value * 1'000'000}; }

// One of the 16,384 hash slots; the unit of locking, of snapshots and of migration.
struct Slot {
  uint16_t value = 0;
  constexpr auto operator<=>(const Slot&) const = default;
};
inline constexpr int kSlotCount = 16'384;

// A logical database number as SELECT takes it, 0 to 15.
struct DatabaseId {
  uint8_t value = 0;
  constexpr auto operator<=>(const DatabaseId&) const = default;
};
inline constexpr int kDatabaseCount = 16;

// A reign: rises by one with each primary of a group.
struct Epoch {
  uint64_t value = 0;
  constexpr auto operator<=>(const Epoch&) const = default;
  constexpr Epoch Next() const { return {value + 1}; }
  auto Fields() const { return std::tie(value); }
};

// The place of a record in a group's log, counted from 1 without gaps; 0 is before the first.
struct Lsn {
  uint64_t value = 0;
  constexpr auto operator<=>(const Lsn&) const = default;
  constexpr Lsn Next() const { return {value + 1}; }
  auto Fields() const { return std::tie(value); }
};

// A log up to and including one record. Equal positions mean equal histories: the hash rolls over
// the epoch, the LSN and the contents of every record so far.
struct LogPosition {
  Epoch epoch;  // the record's own, which is not the epoch it was sent in
  Lsn lsn;
  uint64_t hash = 0;
  bool operator==(const LogPosition&) const = default;
  auto Fields() const { return std::tie(epoch, lsn, hash); }
};

inline std::ostream& operator<<(std::ostream& out, Nanos nanos) {
  return out << nanos.value << "ns";
}
inline std::ostream& operator<<(std::ostream& out, Millis millis) {
  return out << millis.value << "ms";
}
inline std::ostream& operator<<(std::ostream& out, Slot slot) { return out << slot.value; }
inline std::ostream& operator<<(std::ostream& out, DatabaseId id) { return out << int{id.value}; }
inline std::ostream& operator<<(std::ostream& out, Epoch epoch) { return out << epoch.value; }
inline std::ostream& operator<<(std::ostream& out, Lsn lsn) { return out << lsn.value; }

}  // namespace holdfast
