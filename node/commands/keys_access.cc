#include "node/commands/keys_access.h"

#include "absl/strings/str_cat.h"
#include "node/node.h"

namespace holdfast {

Entry* Peek(CommandContext& context, const Key& key) {
  Entry* entry = context.keyspace.Find(context.database, key);
  // Find erases an entry that is due.
  if (entry != nullptr && IsDue(*entry, context.now)) entry = context.Find(key);
  WorkerCounters& counters = context.worker.counters;
  ++(entry == nullptr ? counters.keyspace_misses : counters.keyspace_hits);
  return entry;
}

bool CountsFrequency(const Node& node) {
  const MaxmemoryPolicy policy = node.settings().maxmemory_policy;
  return policy == MaxmemoryPolicy::kVolatileLfu || policy == MaxmemoryPolicy::kAllkeysLfu;
}

std::optional<int64_t> IntegerWithin(CommandContext& context, size_t index, const Bounds& bounds,
                                     absl::string_view error) {
  const auto value = error.empty() ? context.Integer(index) : context.Integer(index, error);
  if (!value || (*value >= bounds.min && *value <= bounds.max)) return value;
  if (error.empty()) {
    context.Error(absl::StrCat("ERR value is out of range, value must between ", bounds.min,
                               " and ", bounds.max));
  } else {
    context.Error(error);
  }
  return std::nullopt;
}

std::optional<DatabaseId> DatabaseNumbered(CommandContext& context, int64_t number) {
  if (number >= 0 && number < kDatabaseCount) return DatabaseId{static_cast<uint8_t>(number)};
  context.Error("ERR DB index is out of range");
  return std::nullopt;
}

std::optional<DatabaseId> DatabaseArgument(CommandContext& context, size_t index) {
  const auto number = IntegerWithin(context, index, kDatabaseNumbers);
  if (!number) return std::nullopt;
  return DatabaseNumbered(context, *number);
}

}  // namespace holdfast
