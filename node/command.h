// What a command is (a row of the table), and what its handler gets to work with.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "net/base/types.h"
#include "net/resp/writer.h"
#include "storage/effects/keyspace_writer.h"
#include "storage/keyspace/keyspace.h"

namespace holdfast {

class CommandContext;
class Node;
class Session;
struct Worker;

using Arguments = absl::Span<const absl::string_view>;

// Redis's command flags as COMMAND INFO names them, and, from kWorld on, our own.
enum CommandFlag : uint32_t {
  kWrite = 1 << 0,
  kReadonly = 1 << 1,
  kDenyOom = 1 << 2,
  kAdmin = 1 << 3,
  kPubSub = 1 << 4,
  kNoScript = 1 << 5,
  kBlocking = 1 << 6,
  kLoading = 1 << 7,
  kStale = 1 << 8,
  kFast = 1 << 9,
  kNoAuth = 1 << 10,
  kNoMulti = 1 << 11,
  kMovableKeys = 1 << 12,
  kSkipMonitor = 1 << 13,
  kSkipSlowlog = 1 << 14,
  kAllowBusy = 1 << 15,
  kNoAsyncLoading = 1 << 16,
  // Runs while no other worker executes anything.
  kWorld = 1 << 24,
  // Takes slot locks itself, one at a time; inside EXEC it makes the EXEC run as kWorld.
  kWalks = 1 << 25,
  // Is executed at once although a MULTI is open.
  kNotQueued = 1 << 26,
};

enum class CommandGroup : uint8_t {
  kGeneric,
  kString,
  kList,
  kConnection,
  kServer,
  kTransactions,
  kCluster
};

// ACL categories beyond those that follow from flags and group.
enum AclCategory : uint32_t {
  kAclNone = 0,
  kAclKeyspace = 1 << 0,
  kAclDangerous = 1 << 1,
  kAclBlocking = 1 << 2,
  kAclConnection = 1 << 3,
  kAclAdmin = 1 << 4,
};

// Where a command's keys stand among its arguments, as Redis's first key, last key and step; first
// 0 means none. A negative last counts from the end.
struct KeyPositions {
  int first = 0;
  int last = 0;
  int step = 0;
  // Position of an argument that tells the number of keys following it (LMPOP), or 0.
  int count_at = 0;
};

struct CommandSpec {
  // Lower case; a subcommand is "container|name".
  absl::string_view name;
  // Null for a container that does nothing without a subcommand.
  void (*handler)(CommandContext&);
  // Number of arguments, the name included; negative: at least that many.
  int arity;
  uint32_t flags;
  KeyPositions keys;
  uint32_t acl;
  CommandGroup group;
  absl::string_view since;
  absl::string_view complexity;
  absl::string_view summary;
  // The arguments behind the name, as node/commands/command_syntax.h reads them.
  absl::string_view syntax;
  // What happens to the keys, in the words of COMMAND INFO's key specifications; "; " between
  // the first and the second key where they differ.
  absl::string_view key_access;
  // Command tips, separated by blanks.
  absl::string_view tips;

  // Set when the table is put together: the row's place in AllCommands(), and how many of the rows
  // behind it are its subcommands.
  uint16_t index = 0;
  uint16_t subcommand_count = 0;

  bool is(uint32_t flag) const { return (flags & flag) != 0; }
  bool ArityOk(size_t count) const {
    return arity >= 0 ? count == static_cast<size_t>(arity) : count >= static_cast<size_t>(-arity);
  }
};

// One execution of a command. The locks of all its keys' slots are held (or the world is stopped),
// and `now` was read after they were taken: it is the only time the command knows.
class CommandContext {
 public:
  struct Environment {
    Node& node;
    Worker& worker;
    Session& session;
    ReplyWriter& reply;
    DatabaseId database;
    Millis now;
    bool world_stopped = false;
  };

  CommandContext(const Environment& environment, const CommandSpec& spec, Arguments arguments,
                 absl::Span<const Key> keys);

  Node& node;
  Worker& worker;
  Session& session;
  ReplyWriter& reply;
  // For looking: `writer` alone changes it.
  const Keyspace& keyspace;
  KeyspaceWriter writer;
  const CommandSpec& spec;
  // arguments[0] is the command's name as the client wrote it.
  const Arguments arguments;
  // In the order of their positions.
  const absl::Span<const Key> keys;
  const DatabaseId database;
  const Millis now;
  const bool world_stopped;

  // The key's entry, or null. A key whose deadline has been reached is erased first, or, on a node
  // that does not lead, hidden. FindToRead also counts a hit or a miss; both note the access,
  // unless the client asked not to (CLIENT NO-TOUCH).
  Entry* Find(const Key& key) { return Find(database, key); }
  Entry* Find(DatabaseId in_database, const Key& key);
  Entry* FindToRead(const Key& key);

  // A key and what Find said of it, for the writer.
  Keyspace::Location At(const Key& key, Entry* entry) const { return {database, key, entry}; }
  // Counts changes beyond the one for each key that the writer changes.
  void CountChanges(size_t count);

  // True if the entry is absent or has the type; otherwise replies WRONGTYPE.
  bool CheckType(const Entry* entry, ValueType type);
  // The argument as a 64-bit integer; otherwise replies `error`.
  std::optional<int64_t> Integer(
      size_t index, absl::string_view error = "ERR value is not an integer or out of range");

  // Replies an error and counts it.
  void Error(absl::string_view text);
  void SyntaxError() { Error("ERR syntax error"); }

  // Case-insensitive comparison of an argument with an upper-case word.
  bool Is(size_t index, absl::string_view word) const;

 private:
  void NoteAccess(Entry* entry);
  void Expire(const Keyspace::Location& at);
};

// The keys of a command call, appended to `keys`. Returns an error text, without the error code, if
// the arguments do not say which they are; the arity has been checked.
std::optional<absl::string_view> ExtractKeys(const CommandSpec& spec, Arguments arguments,
                                             absl::FunctionRef<void(absl::string_view)> add);

}  // namespace holdfast
