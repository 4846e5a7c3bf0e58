#include "node/commands/debug.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "node/commands/keys.h"
#include "node/commands/keys_access.h"
#include "node/commands/server.h"
#include "node/commands/waiting.h"
#include "node/dispatch.h"
#include "node/node.h"
#include "node/session.h"
#include "storage/rdb/debug_digest.h"
#include "storage/types/glob.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

constexpr double kSleepSecondsMax = 1e9;

constexpr absl::string_view kHelp[] = {
    "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "DIGEST",
    "    A hash of everything there is, equal to Redis's for equal data.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    A hash of the value of each key.",
    "OBJECT <key>",
    "    Describes how a value is kept.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Decides whether expired keys are removed although nobody asks for them.",
    "SLEEP <seconds>",
    "    Executes nothing for anybody until the time has passed. Decimals are allowed.",
    "STRINGMATCH-LEN <pattern> <string>",
    "    Tells whether a glob pattern matches a string.",
    "HELP",
    "    Explains the subcommands.",
};

// Bytes that the value's contents need when written one after the other.
size_t SerializedBytes(const Entry& entry) {
  if (entry.type() == ValueType::kList) return entry.list()->MemoryBytes();
  if (entry.is_integer()) return sizeof(int64_t) + 1;
  return entry.value_bytes().size() + 1;
}

void DescribeObject(CommandContext& context) {
  const Key key = context.keyspace.MakeKey(context.arguments[2]);
  const Entry* entry = context.keyspace.Find(context.database, key);
  if (entry == nullptr || IsDue(*entry, context.now)) {
    context.Error("ERR no such key");
    return;
  }
  const uint32_t idle_seconds = (AccessClock(context.now) - entry->access_clock()) & 0xffffff;
  context.reply.Simple(absl::StrFormat(
      "Value at:%p refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
      static_cast<const void*>(entry), EncodingName(*entry), SerializedBytes(*entry),
      entry->access_clock(), idle_seconds));
}

void ReplyValueDigests(CommandContext& context) {
  context.reply.Array(context.arguments.size() - 2);
  for (const absl::string_view name : context.arguments.subspan(2)) {
    const Entry* entry = context.keyspace.Find(context.database, context.keyspace.MakeKey(name));
    const bool visible = entry != nullptr && !IsDue(*entry, context.now);
    context.reply.Simple((visible ? rdb::ValueRedisDigest(*entry) : rdb::RedisDigest()).ToString());
  }
}

// The end of a DEBUG SLEEP: lets the others go on as a pause from before says, and answers.
struct Sleeper {
  Node& node;
  Worker& worker;
  uint64_t session_id;
  const CommandSpec& spec;
  std::vector<std::string> arguments;
  Nanos started;
  Pause pause_before;

  void Wake() {
    {
      GateHolder gate(node.gate(), worker.index);
      WorldGate::Stop stop(node.gate(), worker.index);
      node.SetPause(pause_before);
    }
    node.PostToSession(worker.index, session_id, [this_copy = *this](Session& session) {
      const Nanos now = this_copy.node.clock().Monotonic();
      const std::vector<absl::string_view> arguments(this_copy.arguments.begin(),
                                                     this_copy.arguments.end());
      CountDuration(session, this_copy.spec, arguments, now - this_copy.started);
      session.reply().Ok();
      session.Unblock();
    });
  }
};

// Nobody's thread sleeps: everybody is paused, and the caller is answered when the time has come.
void Sleep(CommandContext& context) {
  double seconds = 0;
  // As with strtod, what is no number is 0.
  if (!absl::SimpleAtod(context.arguments[2], &seconds) || !(seconds > 0)) seconds = 0;
  const Nanos length{static_cast<int64_t>(std::min(seconds, kSleepSecondsMax) * 1e9)};
  Node& node = context.node;
  const Nanos now = node.clock().Monotonic();
  const Pause before = node.pause();
  node.SetPause({.until = std::max(now + length, before.until)});
  if (RunsInTransaction(context)) {
    // The replies of an EXEC leave together: the pause is felt by whoever comes next.
    context.reply.Ok();
    return;
  }
  context.session.Block();
  // The duration is counted when it is over.
  context.worker.running.spec = nullptr;
  Sleeper sleeper{.node = node,
                  .worker = context.worker,
                  .session_id = context.session.info().id,
                  .spec = context.spec,
                  .arguments = {context.arguments.begin(), context.arguments.end()},
                  .started = now,
                  .pause_before = before};
  context.worker.loop.RunAfter(length,
                               [sleeper = std::move(sleeper)]() mutable { sleeper.Wake(); });
}

bool IsAllowed(const CommandContext& context) {
  switch (context.node.settings().enable_debug_command) {
    case Permission::kEverybody:
      return true;
    case Permission::kLocal:
      return context.session.info().from_loopback;
    case Permission::kNobody:
      break;
  }
  return false;
}

}  // namespace

void DebugCommand(CommandContext& context) {
  const size_t count = context.arguments.size();
  if (!IsAllowed(context)) {
    context.Error(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
        "you "
        "can run it from a local connection, otherwise you need to set this option in the "
        "configuration file, and then restart the server.");
  } else if (context.Is(1, "HELP") && count == 2) {
    ReplyHelp(context, kHelp);
  } else if (context.Is(1, "SLEEP") && count == 3) {
    Sleep(context);
  } else if (context.Is(1, "DIGEST") && count == 2) {
    context.reply.Simple(rdb::KeyspaceRedisDigest(context.keyspace, context.now).ToString());
  } else if (context.Is(1, "DIGEST-VALUE") && count >= 2) {
    ReplyValueDigests(context);
  } else if (context.Is(1, "OBJECT") && count >= 3) {
    DescribeObject(context);
  } else if (context.Is(1, "SET-ACTIVE-EXPIRE") && count == 3) {
    int number = 0;
    context.node.set_active_expiry(absl::SimpleAtoi(context.arguments[2], &number) && number != 0);
    context.reply.Ok();
  } else if (context.Is(1, "STRINGMATCH-LEN") && count == 4) {
    context.reply.Integer(GlobMatch(context.arguments[2], context.arguments[3]) ? 1 : 0);
  } else {
    ReplySubcommandArity(context);
  }
}

}  // namespace holdfast
