// OBJECT and MEMORY: how values are kept.

#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "node/commands/keys.h"
#include "node/commands/keys_access.h"
#include "node/node.h"

namespace holdfast {
namespace {

constexpr absl::string_view kPolicyNote =
    " Please note that when switching between policies at runtime LRU and LFU data will take some "
    "time to adjust.";

// The entry that the call asks about; if there is none, replies null.
const Entry* PeekOrReplyNull(CommandContext& context) {
  const Entry* entry = Peek(context, context.keys[0]);
  if (entry == nullptr) context.reply.Null();
  return entry;
}

void ReplyLines(ReplyWriter& reply, std::initializer_list<absl::string_view> lines) {
  reply.Array(lines.size());
  for (const absl::string_view line : lines) reply.Simple(line);
}

uint64_t KeyCount(const Keyspace& keyspace) {
  uint64_t count = 0;
  for (uint8_t database = 0; database < kDatabaseCount; ++database) {
    count += keyspace.Size(DatabaseId{database});
  }
  return count;
}

}  // namespace

void ObjectEncodingCommand(CommandContext& context) {
  if (const Entry* entry = PeekOrReplyNull(context)) context.reply.Bulk(EncodingName(*entry));
}

void ObjectFreqCommand(CommandContext& context) {
  const Entry* entry = PeekOrReplyNull(context);
  if (entry == nullptr) return;
  if (!CountsFrequency(context.node)) {
    context.Error(absl::StrCat(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked.", kPolicyNote));
    return;
  }
  context.reply.Integer(entry->access_clock() & 0xff);
}

void ObjectIdleTimeCommand(CommandContext& context) {
  const Entry* entry = PeekOrReplyNull(context);
  if (entry == nullptr) return;
  if (CountsFrequency(context.node)) {
    context.Error(absl::StrCat("ERR An LFU maxmemory policy is selected, idle time not tracked.",
                               kPolicyNote));
    return;
  }
  context.reply.Integer((AccessClock(context.now) - entry->access_clock()) & 0xffffff);
}

// Values are never shared between keys.
void ObjectRefCountCommand(CommandContext& context) {
  if (PeekOrReplyNull(context) != nullptr) context.reply.Integer(1);
}

void ObjectHelpCommand(CommandContext& context) {
  ReplyLines(context.reply,
             {"OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", "ENCODING <key>",
              "    How the value is represented in memory.", "FREQ <key>",
              "    Logarithmic counter of recent accesses, under an LFU maxmemory policy.",
              "IDLETIME <key>",
              "    Seconds since the last access, unless an LFU maxmemory policy is set.",
              "REFCOUNT <key>", "    Number of references to the value, which is always 1.", "HELP",
              "    This help."});
}

void MemoryUsageCommand(CommandContext& context) {
  for (size_t i = 3; i < context.arguments.size(); ++i) {
    if (!context.Is(i, "SAMPLES") || i + 1 >= context.arguments.size()) {
      context.SyntaxError();
      return;
    }
    // The answer is exact however many samples are asked for.
    const auto samples = context.Integer(++i);
    if (!samples) return;
    if (*samples < 0) {
      context.SyntaxError();
      return;
    }
  }
  if (const Entry* entry = PeekOrReplyNull(context)) {
    context.reply.Integer(static_cast<int64_t>(Keyspace::EntryBytes(*entry)));
  }
}

void MemoryStatsCommand(CommandContext& context) {
  const uint64_t bytes = context.node.used_bytes();
  const uint64_t keys = KeyCount(context.keyspace);
  ReplyWriter& reply = context.reply;
  reply.Map(3);
  reply.Bulk("total.allocated");
  reply.Integer(static_cast<int64_t>(bytes));
  reply.Bulk("keys.count");
  reply.Integer(static_cast<int64_t>(keys));
  reply.Bulk("keys.bytes-per-key");
  reply.Integer(static_cast<int64_t>(keys == 0 ? 0 : bytes / keys));
}

void MemoryDoctorCommand(CommandContext& context) {
  const uint64_t used = context.node.used_bytes();
  const uint64_t limit = context.node.settings().maxmemory_bytes;
  const uint64_t keys = KeyCount(context.keyspace);
  std::string report = absl::StrCat("The keyspace holds ", keys, " keys in ", used, " bytes. ");
  if (limit == 0) {
    absl::StrAppend(&report, "There is no memory limit: maxmemory is not set.\n");
  } else if (used > limit) {
    absl::StrAppend(&report, "It is over the limit of ", limit,
                    " bytes: commands that need memory are refused.\n");
  } else {
    absl::StrAppend(&report, "It is within the limit of ", limit, " bytes.\n");
  }
  context.reply.Verbatim("txt", report);
}

void MemoryMallocStatsCommand(CommandContext& context) {
  context.reply.Verbatim("txt", "The allocator keeps no statistics.\n");
}

// Nothing is kept back that could be given back sooner than the background loop does.
void MemoryPurgeCommand(CommandContext& context) { context.reply.Ok(); }

void MemoryHelpCommand(CommandContext& context) {
  ReplyLines(context.reply,
             {"MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", "DOCTOR",
              "    Memory use in words.", "MALLOC-STATS", "    Statistics of the allocator.",
              "PURGE", "    Gives unused memory back.", "STATS", "    Memory use in figures.",
              "USAGE <key> [SAMPLES <count>]",
              "    Bytes that the key and its value occupy. The count is ignored: "
              "the answer is exact.",
              "HELP", "    This help."});
}

}  // namespace holdfast
