#include "node/commands/keys.h"
#include "node/commands/scan.h"
#include "node/commands/table_rows.h"

namespace holdfast {

using enum CommandGroup;

absl::Span<const CommandSpec> KeyRows() {
  static const CommandSpec kRows[] = {
      Row(kGeneric, "copy", CopyCommand, -3, kWrite | kDenyOom)
          .Keys({1, 2, 1}, "RO access; OW update")
          .Docs("6.2.0", "O(N), N: elements of the value",
                "Copies a value and its deadline to another key.")
          .Takes("source:key destination:key [DB destination-db:integer] [REPLACE]"),
      Row(kGeneric, "del", DelCommand, -2, kWrite)
          .Keys({1, -1, 1}, "RM delete")
          .Docs("1.0.0", "O(N), N: keys; large values are freed in the background", "Removes keys.")
          .Takes("key ...")
          .Tips("request_policy:multi_shard response_policy:agg_sum"),
      Row(kGeneric, "dump", DumpCommand, 2, kReadonly)
          .Keys({1, 1, 1}, "RO access")
          .Docs("2.6.0", "O(N), N: bytes of the value",
                "Returns a value as bytes that RESTORE takes.")
          .Takes("key")
          .Tips("nondeterministic_output"),
      Row(kGeneric, "exists", ExistsCommand, -2, kReadonly | kFast)
          .Keys({1, -1, 1}, "RO")
          .Docs("1.0.0", "O(N), N: keys", "Counts how many of the given keys exist.")
          .Takes("key ...")
          .Tips("request_policy:multi_shard response_policy:agg_sum"),
      Row(kGeneric, "expire", ExpireCommand, -3, kWrite | kFast)
          .Keys({1, 1, 1}, "RW update")
          .Docs("1.0.0", "O(1)", "Sets a time to live in seconds.")
          .Takes("key seconds:integer [NX | XX | GT | LT]"),
      Row(kGeneric, "expireat", ExpireAtCommand, -3, kWrite | kFast)
          .Keys({1, 1, 1}, "RW update")
          .Docs("1.2.0", "O(1)", "Sets a deadline as Unix time in seconds.")
          .Takes("key unix-time-seconds:unix-time [NX | XX | GT | LT]"),
      Row(kGeneric, "expiretime", ExpireTimeCommand, 2, kReadonly | kFast)
          .Keys({1, 1, 1}, "RO access")
          .Docs("7.0.0", "O(1)", "Returns a key's deadline as Unix time in seconds.")
          .Takes("key"),
      Row(kGeneric, "keys", KeysCommand, 2, kReadonly | kWalks)
          .Acl(kAclDangerous)
          .Docs("1.0.0", "O(N), N: keys in the database", "Returns all keys that match a pattern.")
          .Takes("pattern:pattern")
          .Tips("request_policy:all_shards nondeterministic_output_order"),
      Row(kGeneric, "move", MoveCommand, 3, kWrite | kFast)
          .Keys({1, 1, 1}, "RW access update")
          .Docs("1.0.0", "O(1)", "Moves a key to another database.")
          .Takes("key db:integer"),
      Row(kGeneric, "object", nullptr, -2, 0)
          .Docs("2.2.3", "Depends on the subcommand", "Tells how a value is kept."),
      Row(kGeneric, "object|encoding", ObjectEncodingCommand, 3, kReadonly)
          .Keys({2, 2, 1}, "RO")
          .Docs("2.2.3", "O(1)", "Returns how a value is represented in memory.")
          .Takes("key")
          .Tips("nondeterministic_output"),
      Row(kGeneric, "object|freq", ObjectFreqCommand, 3, kReadonly)
          .Keys({2, 2, 1}, "RO")
          .Docs("4.0.0", "O(1)", "Returns the logarithmic access counter of a key.")
          .Takes("key")
          .Tips("nondeterministic_output"),
      Row(kGeneric, "object|help", ObjectHelpCommand, 2, kLoading | kStale)
          .Docs("6.2.0", "O(1)", "Explains the subcommands."),
      Row(kGeneric, "object|idletime", ObjectIdleTimeCommand, 3, kReadonly)
          .Keys({2, 2, 1}, "RO")
          .Docs("2.2.3", "O(1)", "Returns the seconds since a key was last accessed.")
          .Takes("key")
          .Tips("nondeterministic_output"),
      Row(kGeneric, "object|refcount", ObjectRefCountCommand, 3, kReadonly)
          .Keys({2, 2, 1}, "RO")
          .Docs("2.2.3", "O(1)", "Returns the number of references to a value.")
          .Takes("key")
          .Tips("nondeterministic_output"),
      Row(kGeneric, "persist", PersistCommand, 2, kWrite | kFast)
          .Keys({1, 1, 1}, "RW update")
          .Docs("2.2.0", "O(1)", "Removes a key's deadline.")
          .Takes("key"),
      Row(kGeneric, "pexpire", PExpireCommand, -3, kWrite | kFast)
          .Keys({1, 1, 1}, "RW update")
          .Docs("2.6.0", "O(1)", "Sets a time to live in milliseconds.")
          .Takes("key milliseconds:integer [NX | XX | GT | LT]"),
      Row(kGeneric, "pexpireat", PExpireAtCommand, -3, kWrite | kFast)
          .Keys({1, 1, 1}, "RW update")
          .Docs("2.6.0", "O(1)", "Sets a deadline as Unix time in milliseconds.")
          .Takes("key unix-time-milliseconds:unix-time [NX | XX | GT | LT]"),
      Row(kGeneric, "pexpiretime", PExpireTimeCommand, 2, kReadonly | kFast)
          .Keys({1, 1, 1}, "RO access")
          .Docs("7.0.0", "O(1)", "Returns a key's deadline as Unix time in milliseconds.")
          .Takes("key"),
      Row(kGeneric, "pttl", PTtlCommand, 2, kReadonly | kFast)
          .Keys({1, 1, 1}, "RO access")
          .Docs("2.6.0", "O(1)", "Returns a key's remaining time to live in milliseconds.")
          .Takes("key")
          .Tips("nondeterministic_output"),
      Row(kGeneric, "randomkey", RandomKeyCommand, 1, kReadonly | kWalks)
          .Docs("1.0.0", "O(1)", "Returns some key of the database.")
          .Tips("request_policy:all_shards nondeterministic_output"),
      Row(kGeneric, "rename", RenameCommand, 3, kWrite)
          .Keys({1, 2, 1}, "RW access delete; OW update")
          .Docs("1.0.0", "O(1)", "Gives a value another key and overwrites what that key held.")
          .Takes("key newkey:key"),
      Row(kGeneric, "renamenx", RenameNxCommand, 3, kWrite | kFast)
          .Keys({1, 2, 1}, "RW access delete; OW insert")
          .Docs("1.0.0", "O(1)", "Gives a value another key if that key does not exist.")
          .Takes("key newkey:key"),
      Row(kGeneric, "restore", RestoreCommand, -4, kWrite | kDenyOom)
          .Keys({1, 1, 1}, "OW update")
          .Acl(kAclDangerous)
          .Docs("2.6.0", "O(N), N: bytes of the value", "Makes a key of what DUMP has returned.")
          .Takes("key ttl:integer serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds:integer] "
                 "[FREQ frequency:integer]"),
      Row(kGeneric, "scan", ScanCommand, -2, kReadonly | kWalks)
          .Docs("2.8.0", "O(1) a call, O(N) for all, N: keys in the database",
                "Walks over the keys of the database in small steps.")
          .Takes("cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [TYPE type]")
          .Tips("nondeterministic_output request_policy:special"),
      Row(kGeneric, "touch", TouchCommand, -2, kReadonly | kFast)
          .Keys({1, -1, 1}, "RO")
          .Docs("3.2.1", "O(N), N: keys", "Counts existing keys and marks them as used.")
          .Takes("key ...")
          .Tips("request_policy:multi_shard response_policy:agg_sum"),
      Row(kGeneric, "ttl", TtlCommand, 2, kReadonly | kFast)
          .Keys({1, 1, 1}, "RO access")
          .Docs("1.0.0", "O(1)", "Returns a key's remaining time to live in seconds.")
          .Takes("key")
          .Tips("nondeterministic_output"),
      Row(kGeneric, "type", TypeCommand, 2, kReadonly | kFast)
          .Keys({1, 1, 1}, "RO")
          .Docs("1.0.0", "O(1)", "Returns the type of a key's value.")
          .Takes("key"),
      Row(kGeneric, "unlink", UnlinkCommand, -2, kWrite | kFast)
          .Keys({1, -1, 1}, "RM delete")
          .Docs("4.0.0", "O(N), N: keys; large values are freed in the background", "Removes keys.")
          .Takes("key ...")
          .Tips("request_policy:multi_shard response_policy:agg_sum"),
  };
  return kRows;
}

}  // namespace holdfast
