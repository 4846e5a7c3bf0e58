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
    keyspace.Erase(in_database, key, entry);
    ++worker.counters.expired_keys;
    Changed(in_database, key);
    return nullptr;
  }
  NoteAccess(entry);
  return entry;
}

Entry* CommandContext::FindToRead(const Key& key) {
  Entry* entry = Find(key);
  ++(entry == nullptr ? worker.counters.keyspace_misses : worker.counters.keyspace_hits);
  return entry;
}

void CommandContext::NoteAccess(Entry* entry) {
  // Written only when it changes, so that reading a hot key does not dirty its cache line each
  // time.
  const auto clock = static_cast<uint32_t>(now.value / 1000) & 0xffffff;
  if (entry->access_clock() != clock && !session.info().no_touch) entry->set_access_clock(clock);
}

void CommandContext::Changed(DatabaseId in_database, const Key& key) {
  ++worker.counters.dirty;
  node.watches().Touch(in_database, key.bytes);
}

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
