#include "node/commands/client.h"
#include "node/commands/connection.h"
#include "node/commands/server.h"
#include "node/commands/table_rows.h"
#include "node/commands/transactions.h"

namespace holdfast {

using enum CommandGroup;

absl::Span<const CommandSpec> ConnectionRows() {
  static const CommandSpec kRows[] = {
      Row(kConnection, "auth", AuthCommand, -2,
          kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy)
          .Docs("1.0.0", "O(1)", "Authenticates the connection.")
          .Takes("[username] password"),
      Row(kConnection, "client", nullptr, -2, 0)
          .Docs("2.4.0", "Depends on the subcommand", "Looks at and controls client connections."),
      Row(kConnection, "client|getname", ClientGetNameCommand, 2, kNoScript | kLoading | kStale)
          .Docs("2.6.9", "O(1)", "Returns the name of this connection."),
      Row(kConnection, "client|getredir", ClientGetRedirCommand, 2, kNoScript | kLoading | kStale)
          .Docs("6.0.0", "O(1)",
                "Returns the client to which tracking messages of this connection go."),
      Row(kConnection, "client|help", HelpCommand, 2, kLoading | kStale)
          .Docs("5.0.0", "O(1)", "Explains the subcommands."),
      Row(kConnection, "client|id", ClientIdCommand, 2, kNoScript | kLoading | kStale)
          .Docs("5.0.0", "O(1)", "Returns the number of this connection."),
      Row(kConnection, "client|info", ClientInfoCommand, 2, kNoScript | kLoading | kStale)
          .Docs("6.2.0", "O(1)", "Describes this connection.")
          .Tips("nondeterministic_output"),
      Row(kConnection, "client|kill", ClientKillCommand, -3,
          kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("2.4.0", "O(N), N: connections", "Closes connections.")
          .Takes("(ip:port | (ID client-id:integer | TYPE (NORMAL | MASTER | SLAVE | REPLICA | "
                 "PUBSUB) | USER username | ADDR ip:port | LADDR ip:port | SKIPME yes/no) ...)"),
      Row(kConnection, "client|list", ClientListCommand, -2,
          kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("2.4.0", "O(N), N: connections", "Describes connections.")
          .Takes("[TYPE (NORMAL | MASTER | REPLICA | PUBSUB)] [ID client-id:integer ...]")
          .Tips("nondeterministic_output"),
      Row(kConnection, "client|no-evict", ClientNoEvictCommand, 3,
          kAdmin | kNoScript | kLoading | kStale)
          .Docs("7.0.0", "O(1)", "Exempts this connection from client eviction.")
          .Takes("(ON | OFF)"),
      Row(kConnection, "client|no-touch", ClientNoTouchCommand, 3, kNoScript | kLoading | kStale)
          .Docs("7.2.0", "O(1)", "Decides whether commands of this connection mark keys as used.")
          .Takes("(ON | OFF)"),
      Row(kConnection, "client|pause", ClientPauseCommand, -3,
          kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("2.9.50", "O(1)", "Holds commands back for a time.")
          .Takes("timeout:integer [WRITE | ALL]"),
      Row(kConnection, "client|reply", ClientReplyCommand, 3, kNoScript | kLoading | kStale)
          .Docs("3.2.0", "O(1)", "Decides whether this connection gets replies.")
          .Takes("(ON | OFF | SKIP)"),
      Row(kConnection, "client|setinfo", ClientSetInfoCommand, 4, kNoScript | kLoading | kStale)
          .Docs("7.2.0", "O(1)", "Tells the name or version of the client library.")
          .Takes("(LIB-NAME libname | LIB-VER libver)")
          .Tips("request_policy:all_nodes response_policy:all_succeeded"),
      Row(kConnection, "client|setname", ClientSetNameCommand, 3, kNoScript | kLoading | kStale)
          .Docs("2.6.9", "O(1)", "Names this connection.")
          .Takes("connection-name"),
      Row(kConnection, "client|tracking", ClientTrackingCommand, -3, kNoScript | kLoading | kStale)
          .Docs("6.0.0", "O(1)", "Switches client-side caching support; not supported yet.")
          .Takes("(ON | OFF) [REDIRECT client-id:integer] [PREFIX prefix ...] [BCAST] [OPTIN] "
                 "[OPTOUT] [NOLOOP]"),
      Row(kConnection, "client|trackinginfo", ClientTrackingInfoCommand, 2,
          kNoScript | kLoading | kStale)
          .Docs("6.2.0", "O(1)", "Tells about client-side caching of this connection."),
      Row(kConnection, "client|unblock", ClientUnblockCommand, -3,
          kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("5.0.0", "O(N), N: connections",
                "Ends the waiting of a client in a blocking command.")
          .Takes("client-id:integer [TIMEOUT | ERROR]"),
      Row(kConnection, "client|unpause", ClientUnpauseCommand, 2,
          kAdmin | kNoScript | kLoading | kStale | kWorld)
          .Docs("6.2.0", "O(N), N: held back connections",
                "Lets clients go on after CLIENT PAUSE."),
      Row(kConnection, "echo", EchoCommand, 2, kLoading | kStale | kFast)
          .Docs("1.0.0", "O(1)", "Returns its argument.")
          .Takes("message"),
      Row(kConnection, "hello", HelloCommand, -1,
          kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy)
          .Docs("6.0.0", "O(1)",
                "Chooses the protocol version and introduces server and client to each other.")
          .Takes("[protover:integer [AUTH username password] [SETNAME clientname]]"),
      Row(kConnection, "ping", PingCommand, -1, kFast)
          .Docs("1.0.0", "O(1)", "Answers PONG, or the argument.")
          .Takes("[message]")
          .Tips("request_policy:all_shards response_policy:all_succeeded"),
      Row(kConnection, "quit", QuitCommand, -1,
          kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy | kNotQueued)
          .Docs("1.0.0", "O(1)", "Closes the connection."),
      Row(kConnection, "reset", ResetCommand, 1,
          kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy | kNotQueued)
          .Docs("6.2.0", "O(1)", "Puts the connection back into its first state."),
      Row(kConnection, "select", SelectCommand, 2, kLoading | kStale | kFast)
          .Docs("1.0.0", "O(1)", "Chooses the database for this connection.")
          .Takes("index:integer"),
      Row(kTransactions, "discard", DiscardCommand, 1,
          kNoScript | kLoading | kStale | kFast | kAllowBusy | kNotQueued)
          .Docs("2.0.0", "O(N), N: queued commands", "Drops the commands queued since MULTI."),
      Row(kTransactions, "exec", ExecCommand, 1,
          kNoScript | kLoading | kStale | kSkipSlowlog | kNotQueued)
          .Docs("1.2.0", "The sum of the queued commands",
                "Executes the commands queued since MULTI as one step."),
      Row(kTransactions, "multi", MultiCommand, 1,
          kNoScript | kLoading | kStale | kFast | kAllowBusy | kNotQueued)
          .Docs("1.2.0", "O(1)", "Begins to queue commands for EXEC."),
      Row(kTransactions, "unwatch", UnwatchCommand, 1,
          kNoScript | kLoading | kStale | kFast | kAllowBusy)
          .Docs("2.2.0", "O(N), N: watched keys", "Forgets the watched keys."),
      Row(kTransactions, "watch", WatchCommand, -2,
          kNoScript | kLoading | kStale | kFast | kAllowBusy | kNotQueued)
          .Keys({1, -1, 1}, "RO")
          .Docs("2.2.0", "O(N), N: keys", "Makes EXEC refuse if one of the keys changes before it.")
          .Takes("key ..."),
  };
  return kRows;
}

}  // namespace holdfast
