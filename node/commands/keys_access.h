// What handlers share in looking keys up, storing values and reading arguments.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/string_view.h"
#include "node/command.h"
#include "node/session.h"
#include "node/worker.h"

namespace holdfast {

inline bool IsDue(const Entry& entry, Millis now) {
  return entry.has_deadline() && now >= entry.deadline();
}

// Nothing for an absent entry, too.
inline std::optional<Millis> DeadlineOf(const Entry* entry) {
  if (entry == nullptr || !entry->has_deadline()) return std::nullopt;
  return entry->deadline();
}

// As CommandContext::FindToRead, but does not count as using the key.
Entry* Peek(CommandContext& context, const Key& key);

// Whether access clocks hold how often keys are used (LFU), and not when they were (LRU).
bool CountsFrequency(const Node& node);

struct Bounds {
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
};
// The argument as an integer within the bounds; otherwise replies `error`, or, if that is empty,
// what is wrong.
std::optional<int64_t> IntegerWithin(CommandContext& context, size_t index, const Bounds& bounds,
                                     absl::string_view error = {});
// Numbers of databases are read as 32-bit integers, whatever databases there are.
inline constexpr Bounds kDatabaseNumbers = {.min = std::numeric_limits<int32_t>::min(),
                                            .max = std::numeric_limits<int32_t>::max()};
// The database with a number; if there is none, replies so.
std::optional<DatabaseId> DatabaseNumbered(CommandContext& context, int64_t number);
// The argument as a database; otherwise replies what is wrong.
std::optional<DatabaseId> DatabaseArgument(CommandContext& context, size_t index);

}  // namespace holdfast
