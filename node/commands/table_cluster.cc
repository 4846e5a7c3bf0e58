#include "node/commands/cluster.h"
#include "node/commands/table_rows.h"

namespace holdfast {

using enum CommandGroup;

absl::Span<const CommandSpec> ClusterRows() {
  constexpr uint32_t kAsk = kAdmin | kNoScript | kLoading | kStale;
  static const CommandSpec kRows[] = {
      Row(kCluster, "readonly", ReadOnlyCommand, 1, kLoading | kStale | kFast)
          .Acl(kAclConnection)
          .Docs("3.0.0", "O(1)", "Lets this connection read from a replica."),
      Row(kCluster, "readwrite", ReadWriteCommand, 1, kLoading | kStale | kFast)
          .Acl(kAclConnection)
          .Docs("3.0.0", "O(1)", "Takes back READONLY."),
      Row(kServer, "role", RoleCommand, 1, kNoScript | kLoading | kStale | kFast)
          .Acl(kAclDangerous)
          .Docs("2.8.12", "O(1)", "Tells the node's part in replication."),
      Row(kGeneric, "wait", WaitCommand, 3, kNoScript | kBlocking)
          .Acl(kAclBlocking | kAclConnection)
          .Docs("3.0.0", "O(1)",
                "Waits until so many other members hold what this connection wrote.")
          .Takes("numreplicas:integer timeout:integer")
          .Tips("request_policy:all_shards response_policy:agg_min"),
      Row(kConnection, "client|durability", ClientDurabilityCommand, 3,
          kNoScript | kLoading | kStale)
          .Docs("7.2.0", "O(1)", "Decides what the replies of this connection wait for.")
          .Takes("(FSYNC | REPLICATED | ASYNC)"),
      Row(kCluster, "holdfast", nullptr, -2, 0)
          .Docs("7.2.0", "Depends on the subcommand",
                "Looks at the node's cluster and changes it."),
      Row(kCluster, "holdfast|status", HoldfastStatusCommand, 2, kAsk)
          .Docs("7.2.0", "O(N), N: nodes", "Tells as JSON what the node knows of its cluster.")
          .Tips("nondeterministic_output"),
      Row(kCluster, "holdfast|preflight", HoldfastPreflightCommand, -3, kAsk)
          .Docs("7.2.0", "O(N), N: peers", "Calls on other nodes and tells what it found.")
          .Takes("peer ...")
          .Tips("nondeterministic_output"),
      Row(kCluster, "holdfast|create", HoldfastCreateCommand, -4, kAsk)
          .Docs("7.2.0", "O(N), N: nodes", "Founds a cluster of empty nodes.")
          .Takes("cluster-name node ..."),
      Row(kCluster, "holdfast|switchover", HoldfastSwitchoverCommand, 4, kAsk)
          .Docs("7.2.0", "O(1)", "Hands leadership to another member, losing nothing.")
          .Takes("node-name expected-version:integer"),
      Row(kCluster, "holdfast|add-node", HoldfastAddNodeCommand, -4, kAsk)
          .Docs("7.2.0", "O(1)", "Takes an empty node into the cluster.")
          .Takes("node expected-version:integer [VOTER]"),
      Row(kCluster, "holdfast|remove-node", HoldfastRemoveNodeCommand, -4, kAsk)
          .Docs("7.2.0", "O(1)", "Takes a node off the cluster's lists.")
          .Takes("node-name expected-version:integer [FORCE]"),
      Row(kCluster, "holdfast|recover", HoldfastRecoverCommand, 3, kAsk)
          .Docs("7.2.0", "O(1)",
                "Makes this node's copy the group's; writes it does not have are lost.")
          .Takes("cluster-name"),
      Row(kCluster, "holdfast|digest", HoldfastDigestCommand, -2, kAsk)
          .Docs("7.2.0", "O(N), N: keys",
                "Tells as JSON a digest of all keys, and up to where in the log it goes.")
          .Takes("[lsn:integer]")
          .Tips("nondeterministic_output"),
      Row(kCluster, "holdfast|events", HoldfastEventsCommand, -2, kAsk)
          .Docs("7.2.0", "O(N), N: events", "Tells as JSON what this node saw happen.")
          .Takes("[COUNT count:integer]")
          .Tips("nondeterministic_output"),
      Row(kCluster, "holdfast|history", HoldfastHistoryCommand, 2, kAsk)
          .Docs("7.2.0", "O(N), N: epochs", "Tells as JSON how each known epoch came about.")
          .Tips("nondeterministic_output"),
  };
  return kRows;
}

}  // namespace holdfast
