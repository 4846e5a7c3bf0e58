#include "node/commands/command_info.h"
#include "node/commands/config_commands.h"
#include "node/commands/debug.h"
#include "node/commands/info.h"
#include "node/commands/keys.h"
#include "node/commands/latency.h"
#include "node/commands/lolwut.h"
#include "node/commands/server.h"
#include "node/commands/slowlog_commands.h"
#include "node/commands/table_rows.h"

namespace holdfast {

using enum CommandGroup;

absl::Span<const CommandSpec> ServerRows() {
  static const CommandSpec kRows[] = {
      Row(kServer, "command", CommandCommand, -1, kLoading | kStale)
          .Acl(kAclConnection)
          .Docs("2.8.13", "O(N), N: commands", "Describes all commands.")
          .Tips("nondeterministic_output_order"),
      Row(kServer, "command|count", CommandCountCommand, 2, kLoading | kStale)
          .Acl(kAclConnection)
          .Docs("2.8.13", "O(1)", "Returns the number of commands."),
      Row(kServer, "command|docs", CommandDocsCommand, -2, kLoading | kStale)
          .Acl(kAclConnection)
          .Docs("7.0.0", "O(N), N: commands asked for", "Returns the documentation of commands.")
          .Takes("[command-name ...]")
          .Tips("nondeterministic_output_order"),
      Row(kServer, "command|getkeys", CommandGetKeysCommand, -4, kLoading | kStale)
          .Acl(kAclConnection)
          .Docs("2.8.13", "O(N), N: arguments", "Returns the keys in a command call.")
          .Takes("command [arg ...]"),
      Row(kServer, "command|getkeysandflags", CommandGetKeysAndFlagsCommand, -4, kLoading | kStale)
          .Acl(kAclConnection)
          .Docs("7.0.0", "O(N), N: arguments",
                "Returns the keys in a command call and what it does to them.")
          .Takes("command [arg ...]"),
      Row(kServer, "command|help", HelpCommand, 2, kLoading | kStale)
          .Acl(kAclConnection)
          .Docs("5.0.0", "O(1)", "Explains the subcommands."),
      Row(kServer, "command|info", CommandInfoCommand, -2, kLoading | kStale)
          .Acl(kAclConnection)
          .Docs("2.8.13", "O(N), N: commands asked for", "Describes some commands.")
          .Takes("[command-name ...]")
          .Tips("nondeterministic_output_order"),
      Row(kServer, "command|list", CommandListCommand, -2, kLoading | kStale)
          .Acl(kAclConnection)
          .Docs("7.0.0", "O(N), N: commands", "Returns the names of commands.")
          .Takes("[FILTERBY (MODULE module-name | ACLCAT category | PATTERN pattern:pattern)]")
          .Tips("nondeterministic_output_order"),
      Row(kServer, "config", nullptr, -2, 0)
          .Docs("2.0.0", "Depends on the subcommand", "Reads and changes the configuration."),
      Row(kServer, "config|get", ConfigGetCommand, -3, kAdmin | kNoScript | kLoading | kStale)
          .Docs("2.0.0", "O(N), N: directives", "Returns directives that match patterns.")
          .Takes("parameter ..."),
      Row(kServer, "config|help", HelpCommand, 2, kLoading | kStale)
          .Docs("5.0.0", "O(1)", "Explains the subcommands."),
      Row(kServer, "config|resetstat", ConfigResetStatCommand, 2,
          kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("2.0.0", "O(1)", "Sets the counters of INFO to zero."),
      Row(kServer, "config|rewrite", ConfigRewriteCommand, 2,
          kAdmin | kNoScript | kLoading | kStale)
          .Docs("2.8.0", "O(N), N: lines of the file", "Writes the configuration to its file."),
      Row(kServer, "config|set", ConfigSetCommand, -4,
          kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("2.0.0", "O(N), N: directives", "Changes directives, all or none.")
          .Takes("(parameter value) ...")
          .Tips("request_policy:all_nodes response_policy:all_succeeded"),
      Row(kServer, "dbsize", DbSizeCommand, 1, kReadonly | kFast)
          .Acl(kAclKeyspace)
          .Docs("1.0.0", "O(1)", "Returns the number of keys of the database.")
          .Tips("request_policy:all_shards response_policy:agg_sum"),
      Row(kServer, "debug", DebugCommand, -2, kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("1.0.0", "Depends on the subcommand", "Helps with tests and with looking inside.")
          .Takes("subcommand [arg ...]"),
      Row(kServer, "flushall", FlushAllCommand, -1, kWrite | kWorld)
          .Acl(kAclDangerous | kAclKeyspace)
          .Docs("1.0.0", "O(1), the memory is freed in the background",
                "Removes all keys of all databases.")
          .Takes("[ASYNC | SYNC]")
          .Tips("request_policy:all_shards response_policy:all_succeeded"),
      Row(kServer, "flushdb", FlushDbCommand, -1, kWrite | kWorld)
          .Acl(kAclDangerous | kAclKeyspace)
          .Docs("1.0.0", "O(1), the memory is freed in the background",
                "Removes all keys of the database.")
          .Takes("[ASYNC | SYNC]")
          .Tips("request_policy:all_shards response_policy:all_succeeded"),
      Row(kServer, "info", InfoCommand, -1, kLoading | kStale | kWorld)
          .Acl(kAclDangerous)
          .Docs("1.0.0", "O(1)", "Describes the server in sections of fields.")
          .Takes("[section ...]")
          .Tips("nondeterministic_output request_policy:all_shards response_policy:special"),
      Row(kServer, "latency", nullptr, -2, 0)
          .Docs("2.8.13", "Depends on the subcommand", "Reports latency."),
      Row(kServer, "latency|doctor", LatencyDoctorCommand, 2,
          kAdmin | kNoScript | kLoading | kStale)
          .Docs("2.8.13", "O(1)", "Reports on latency in words.")
          .Tips("nondeterministic_output request_policy:all_nodes response_policy:special"),
      Row(kServer, "latency|graph", LatencyGraphCommand, 3, kAdmin | kNoScript | kLoading | kStale)
          .Docs("2.8.13", "O(1)", "Draws the spikes of an event.")
          .Takes("event")
          .Tips("nondeterministic_output request_policy:all_nodes response_policy:special"),
      Row(kServer, "latency|help", HelpCommand, 2, kLoading | kStale)
          .Docs("2.8.13", "O(1)", "Explains the subcommands."),
      Row(kServer, "latency|histogram", LatencyHistogramCommand, -2,
          kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("7.0.0", "O(N), N: commands", "Returns how long calls of commands took.")
          .Takes("[command ...]")
          .Tips("nondeterministic_output request_policy:all_nodes response_policy:special"),
      Row(kServer, "latency|history", LatencyHistoryCommand, 3,
          kAdmin | kNoScript | kLoading | kStale)
          .Docs("2.8.13", "O(1)", "Returns the spikes of an event.")
          .Takes("event")
          .Tips("nondeterministic_output request_policy:all_nodes response_policy:special"),
      Row(kServer, "latency|latest", LatencyLatestCommand, 2,
          kAdmin | kNoScript | kLoading | kStale)
          .Docs("2.8.13", "O(1)", "Returns the newest spike of each event.")
          .Tips("nondeterministic_output request_policy:all_nodes response_policy:special"),
      Row(kServer, "latency|reset", LatencyResetCommand, -2, kAdmin | kNoScript | kLoading | kStale)
          .Docs("2.8.13", "O(1)", "Forgets spikes.")
          .Takes("[event ...]")
          .Tips("request_policy:all_nodes response_policy:all_succeeded"),
      Row(kServer, "lolwut", LolwutCommand, -1, kReadonly | kFast)
          .Docs("5.0.0", "O(1)", "Draws something, and tells the version.")
          .Takes("[VERSION version:integer]"),
      Row(kServer, "memory", nullptr, -2, 0)
          .Docs("4.0.0", "Depends on the subcommand", "Reports memory use."),
      Row(kServer, "memory|doctor", MemoryDoctorCommand, 2, 0)
          .Docs("4.0.0", "O(1)", "Reports on memory in words.")
          .Tips("nondeterministic_output request_policy:all_shards response_policy:special"),
      Row(kServer, "memory|help", MemoryHelpCommand, 2, kLoading | kStale)
          .Docs("4.0.0", "O(1)", "Explains the subcommands."),
      Row(kServer, "memory|malloc-stats", MemoryMallocStatsCommand, 2, 0)
          .Docs("4.0.0", "O(1)", "Reports on the allocator.")
          .Tips("nondeterministic_output request_policy:all_shards response_policy:special"),
      Row(kServer, "memory|purge", MemoryPurgeCommand, 2, 0)
          .Docs("4.0.0", "O(1)", "Gives unused memory back.")
          .Tips("request_policy:all_shards response_policy:all_succeeded"),
      Row(kServer, "memory|stats", MemoryStatsCommand, 2, 0)
          .Docs("4.0.0", "O(1)", "Returns figures of memory use.")
          .Tips("nondeterministic_output request_policy:all_shards response_policy:special"),
      Row(kServer, "memory|usage", MemoryUsageCommand, -3, kReadonly)
          .Keys({2, 2, 1}, "RO")
          .Docs("4.0.0", "O(1)", "Returns the memory that a key and its value occupy.")
          .Takes("key [SAMPLES count:integer]"),
      Row(kServer, "monitor", MonitorCommand, 1, kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("1.0.0", "O(1)", "Shows every command that the server executes from now on."),
      Row(kServer, "shutdown", ShutdownCommand, -1,
          kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy)
          .Docs("1.0.0", "O(N), N: connections", "Stops the server.")
          .Takes("[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]"),
      Row(kServer, "slowlog", nullptr, -2, 0)
          .Docs("2.2.12", "Depends on the subcommand", "Reports slow commands."),
      Row(kServer, "slowlog|get", SlowlogGetCommand, -2, kAdmin | kLoading | kStale)
          .Docs("2.2.12", "O(N), N: entries returned", "Returns the newest slow commands.")
          .Takes("[count:integer]")
          .Tips("request_policy:all_nodes nondeterministic_output"),
      Row(kServer, "slowlog|help", HelpCommand, 2, kLoading | kStale)
          .Docs("6.2.0", "O(1)", "Explains the subcommands."),
      Row(kServer, "slowlog|len", SlowlogLenCommand, 2, kAdmin | kLoading | kStale)
          .Docs("2.2.12", "O(1)", "Returns how many slow commands are remembered.")
          .Tips("request_policy:all_nodes response_policy:agg_sum nondeterministic_output"),
      Row(kServer, "slowlog|reset", SlowlogResetCommand, 2, kAdmin | kLoading | kStale)
          .Docs("2.2.12", "O(N), N: entries", "Forgets all slow commands.")
          .Tips("request_policy:all_nodes response_policy:all_succeeded"),
      Row(kServer, "swapdb", SwapDbCommand, 3, kWrite | kFast | kWorld)
          .Acl(kAclDangerous | kAclKeyspace)
          .Docs("4.0.0", "O(N), N: watched keys", "Exchanges the contents of two databases.")
          .Takes("index1:integer index2:integer"),
      Row(kServer, "time", TimeCommand, 1, kLoading | kStale | kFast)
          .Docs("2.6.0", "O(1)", "Returns the server's wall-clock time.")
          .Tips("nondeterministic_output"),
  };
  return kRows;
}

}  // namespace holdfast
