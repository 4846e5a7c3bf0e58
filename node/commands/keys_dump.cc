// DUMP and RESTORE: values on their way between servers.

#include <algorithm>

#include "node/commands/keys.h"
#include "node/commands/keys_access.h"
#include "node/commands/keys_deadline.h"
#include "node/commands/lists_value.h"
#include "node/node.h"
#include "storage/rdb/payload.h"

namespace holdfast {
namespace {

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;
  std::optional<int64_t> idle_s;
  std::optional<int64_t> frequency;
};

// An option's number, which may not be negative, or larger than `max`.
std::optional<int64_t> OptionNumber(CommandContext& context, size_t index, int64_t max,
                                    absl::string_view error) {
  const auto number = context.Integer(index);
  if (!number) return std::nullopt;
  if (*number < 0 || *number > max) {
    context.Error(error);
    return std::nullopt;
  }
  return number;
}

std::optional<RestoreOptions> ReadRestoreOptions(CommandContext& context) {
  RestoreOptions options;
  for (size_t i = 4; i < context.arguments.size(); ++i) {
    const bool has_value = i + 1 < context.arguments.size();
    if (context.Is(i, "REPLACE")) {
      options.replace = true;
    } else if (context.Is(i, "ABSTTL")) {
      options.absolute = true;
    } else if (context.Is(i, "IDLETIME") && has_value && !options.frequency) {
      options.idle_s =
          OptionNumber(context, ++i, INT64_MAX, "ERR Invalid IDLETIME value, must be >= 0");
      if (!options.idle_s) return std::nullopt;
    } else if (context.Is(i, "FREQ") && has_value && !options.idle_s) {
      options.frequency =
          OptionNumber(context, ++i, 255, "ERR Invalid FREQ value, must be >= 0 and <= 255");
      if (!options.frequency) return std::nullopt;
    } else {
      context.SyntaxError();
      return std::nullopt;
    }
  }
  return options;
}

// The value that the payload holds; otherwise replies what is wrong with it.
std::optional<rdb::LoadedValue> ReadValueArgument(CommandContext& context, size_t index) {
  auto value = rdb::ReadPayload(context.arguments[index], ListLimitsOf(context));
  if (value.ok()) return *std::move(value);
  context.Error(absl::IsInvalidArgument(value.status())
                    ? "ERR DUMP payload version or checksum are wrong"
                    : "ERR Bad data format");
  return std::nullopt;
}

// Only what the policy counts is of use.
void NoteUse(const CommandContext& context, const RestoreOptions& options, Entry& entry) {
  const bool by_frequency = CountsFrequency(context.node);
  if (options.idle_s && !by_frequency) {
    const int64_t now_s = context.now.value / 1000;
    entry.set_access_clock(AccessClock(Millis{1000 * (now_s - std::min(*options.idle_s, now_s))}));
  } else if (options.frequency && by_frequency) {
    const auto minutes = static_cast<uint32_t>(context.now.value / 60'000) & 0xffff;
    entry.set_access_clock(minutes << 8 | static_cast<uint32_t>(*options.frequency));
  }
}

}  // namespace

void DumpCommand(CommandContext& context) {
  const Entry* entry = context.FindToRead(context.keys[0]);
  if (entry == nullptr) return context.reply.Null();
  context.reply.Bulk(rdb::WritePayload(entry->value()).view());
}

void RestoreCommand(CommandContext& context) {
  const auto options = ReadRestoreOptions(context);
  if (!options) return;
  const Key& key = context.keys[0];
  Entry* old = context.Find(key);
  if (old != nullptr && !options->replace) {
    return context.Error("BUSYKEY Target key name already exists.");
  }
  const auto ttl = OptionNumber(context, 2, INT64_MAX, "ERR Invalid TTL value, must be >= 0");
  if (!ttl) return;
  auto value = ReadValueArgument(context, 3);
  if (!value) return;
  std::optional<Millis> deadline;
  if (*ttl > 0) {
    deadline = ResolveDeadline(
        *ttl, options->absolute ? DeadlineForm::kAtMillis : DeadlineForm::kMillis, context.now);
    if (!deadline) return RefuseDeadline(context);
  }
  if (!deadline || context.now < *deadline) {
    Entry* entry = context.writer.Put(context.At(key, old), value->Release(), deadline);
    NoteUse(context, *options, *entry);
  } else if (old != nullptr) {
    context.writer.Erase(context.At(key, old));
  }
  context.reply.Ok();
}

}  // namespace holdfast
