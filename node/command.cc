#include "node/command.h"

#include "absl/strings/match.h"
#include "net/base/planted_bug.h"
#include "node/node.h"
#include "node/session.h"
#include "node/worker.h"
#include "storage/types/number_text.h"

namespace holdfast {

CommandContext::CommandContext(const Environment& environment, const CommandSpec& command_spec,
                               Arguments command_arguments, absl::Span<const Key> command_keys)
    : node(environment.node),
      worker(environment.worker),
      session(environment.session),
      reply(environment.reply),
      keyspace(environment.node.keyspace()),
      writer(environment.node.keyspace(), {.now = environment.now,
                                           .recorder = environment.worker.execution.recorder(),
                                           .listener = &environment.worker.changes}),
      spec(command_spec),
      arguments(command_arguments),
      keys(command_keys),
      database(environment.database),
      now(environment.now),
      world_stopped(environment.world_stopped) {}

Entry* CommandContext::Find(DatabaseId in_database, const Key& key) {
  Entry* entry = keyspace.Find(in_database, key);
  if (entry == nullptr) return nullptr;
  const bool blind = spec.is(kWrite) ? BUG("write-sees-expired") : BUG("expired-served");
  if (entry->has_deadline() && now >= entry->deadline() && !blind) {
    Expire({in_database, key, entry});
    return nullptr;
  }
  NoteAccess(entry);
  return entry;
}

// Only who leads lets keys go, and says so in the log: a nil that no record explains could be
// followed by the old value, under a primary whose clock is behind.
void CommandContext::Expire(const Keyspace::Location& at) {
  const bool leads = node.leads().has_value();
  const bool silent = !leads            ? BUG("replica-expires-by-own-clock")
                      : spec.is(kWrite) ? BUG("write-on-expired-without-del")
                                        : BUG("nil-for-expired-without-del");
  if (silent) {
    node.keyspace().Erase(at.database, at.key, at.entry);
  } else if (leads) {
    writer.Erase(at);
    ++worker.counters.expired_keys;
  }
}

Entry* CommandContext::FindToRead(const Key& key) {
  Entry* entry = Find(key);
  ++(entry == nullptr ? worker.counters.keyspace_misses : worker.counters.keyspace_hits);
  return entry;
}

void CommandContext::NoteAccess(Entry* entry) {
  // Written only when it changes, so that reading a hot key does not dirty its cache line each
  // time.
  const uint32_t clock = AccessClock(now);
  if (entry->access_clock() != clock && !session.info().no_touch) entry->set_access_clock(clock);
}

void CommandContext::CountChanges(size_t count) { worker.counters.dirty += count; }

bool CommandContext::CheckType(const Entry* entry, ValueType type) {
  if (entry == nullptr || entry->type() == type) return true;
  Error("WRONGTYPE Operation against a key holding the wrong kind of value");
  return false;
}

std::optional<int64_t> CommandContext::Integer(size_t index, absl::string_view error) {
  const auto value = ParseInt64(arguments[index]);
  if (!value) {
    Error(error);
    return std::nullopt;
  }
  return *value;
}

void CommandContext::Error(absl::string_view text) {
  reply.Error(text);
  worker.CountError(text);
  ++worker.commands[CommandTable::IndexOf(&spec)].failed;
}

bool CommandContext::Is(size_t index, absl::string_view word) const {
  const absl::string_view argument = arguments[index];
  return argument.size() == word.size() && absl::EqualsIgnoreCase(argument, word);
}

std::optional<absl::string_view> ExtractKeys(const CommandSpec& spec, Arguments arguments,
                                             absl::FunctionRef<void(absl::string_view)> add) {
  const auto count = static_cast<int>(arguments.size());
  const KeyPositions& positions = spec.keys;
  if (positions.count_at != 0) {
    const auto keys = ParseInt64(arguments[static_cast<size_t>(positions.count_at)]);
    if (!keys || *keys <= 0 || *keys > count - positions.count_at - 1) {
      return "Invalid arguments specified for command";
    }
    for (int64_t i = 1; i <= *keys; ++i) {
      add(arguments[static_cast<size_t>(positions.count_at + i)]);
    }
  }
  if (positions.first == 0) return std::nullopt;
  const int last = positions.last < 0 ? count + positions.last : positions.last;
  for (int i = positions.first; i <= last && i < count; i += positions.step) {
    add(arguments[static_cast<size_t>(i)]);
  }
  return std::nullopt;
}

}  // namespace holdfast
