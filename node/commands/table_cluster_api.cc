#include "node/commands/cluster_api.h"
#include "node/commands/server.h"
#include "node/commands/table_rows.h"

namespace holdfast {
namespace {

using enum CommandGroup;

constexpr absl::string_view kPerNode = "O(N), N: nodes";

// A look at the cluster.
constexpr Row Look(absl::string_view name, void (*handler)(CommandContext&), int arity) {
  return {kCluster, name, handler, arity, kStale};
}
// What an operator of a Redis Cluster would change by hand.
constexpr Row Change(absl::string_view name, void (*handler)(CommandContext&), int arity) {
  return {kCluster, name, handler, arity, kAdmin | kStale};
}

}  // namespace

absl::Span<const CommandSpec> ClusterApiRows() {
  static const CommandSpec kRows[] = {
      Row(kCluster, "asking", AskingCommand, 1, kFast)
          .Acl(kAclConnection)
          .Docs("3.0.0", "O(1)", "Has no effect: no slot is ever on its way."),
      Row(kCluster, "cluster", nullptr, -2, 0)
          .Docs("3.0.0", "Depends on the subcommand",
                "Looks at the cluster as Redis Cluster does."),
      Look("cluster|info", ClusterInfoCommand, 2)
          .Docs("3.0.0", "O(1)", "Tells the state of the cluster.")
          .Tips("nondeterministic_output"),
      Look("cluster|nodes", ClusterNodesCommand, 2)
          .Docs("3.0.0", kPerNode, "Lists the nodes, a line each.")
          .Tips("nondeterministic_output"),
      Look("cluster|slots", ClusterSlotsCommand, 2)
          .Docs("3.0.0", kPerNode, "Tells which nodes serve which slots.")
          .Tips("nondeterministic_output"),
      Look("cluster|shards", ClusterShardsCommand, 2)
          .Docs("7.0.0", kPerNode, "Tells which nodes serve which slots, and how they are.")
          .Tips("nondeterministic_output"),
      Look("cluster|links", ClusterLinksCommand, 2)
          .Docs("7.0.0", kPerNode, "Lists the connections to other nodes.")
          .Tips("nondeterministic_output"),
      Look("cluster|myid", ClusterMyIdCommand, 2)
          .Docs("3.0.0", "O(1)", "Tells the id of this node."),
      Look("cluster|myshardid", ClusterMyShardIdCommand, 2)
          .Docs("7.2.0", "O(1)", "Tells the id of this node's shard.")
          .Tips("nondeterministic_output"),
      Look("cluster|keyslot", ClusterKeySlotCommand, 3)
          .Docs("3.0.0", "O(N), N: bytes of the key", "Tells the hash slot of a key.")
          .Takes("key:string"),
      Row(kCluster, "cluster|countkeysinslot", ClusterCountKeysInSlotCommand, 3, kStale | kWalks)
          .Docs("3.0.0", "O(1)", "Counts this node's keys in a hash slot.")
          .Takes("slot:integer"),
      Row(kCluster, "cluster|getkeysinslot", ClusterGetKeysInSlotCommand, 4, kStale | kWalks)
          .Docs("3.0.0", "O(N), N: keys asked for",
                "Lists some of this node's keys in a hash slot.")
          .Takes("slot:integer count:integer")
          .Tips("nondeterministic_output"),
      Look("cluster|help", ClusterHelpCommand, 2).Docs("5.0.0", "O(1)", "Lists the subcommands."),
      Change("cluster|count-failure-reports", ClusterCountFailureReportsCommand, 3)
          .Docs("3.0.0", "O(1)", "Tells whether this node cannot reach another one.")
          .Takes("node-id")
          .Tips("nondeterministic_output"),
      Change("cluster|replicas", ClusterReplicasCommand, 3)
          .Docs("5.0.0", kPerNode, "Lists the replicas of the primary.")
          .Takes("node-id")
          .Tips("nondeterministic_output"),
      Change("cluster|slaves", ClusterReplicasCommand, 3)
          .Docs("3.0.0", kPerNode, "Lists the replicas of the primary.")
          .Takes("node-id")
          .Tips("nondeterministic_output"),
      Change("cluster|failover", ClusterFailoverCommand, -2)
          .Docs("3.0.0", "O(1)", "Makes this replica the primary, losing nothing.")
          .Takes("[FORCE | TAKEOVER]"),
      Change("cluster|saveconfig", ClusterSaveConfigCommand, 2)
          .Docs("3.0.0", "O(1)", "Has no effect: the configuration is always on disk."),
      Change("cluster|meet", ClusterJoinCommand, -4)
          .Docs("3.0.0", "O(1)", "Refuses; see kvctl add-node.")
          .Takes("ip port:integer [cluster-bus-port:integer]"),
      Change("cluster|forget", ClusterForgetCommand, 3)
          .Docs("3.0.0", "O(1)", "Refuses; see kvctl remove-node.")
          .Takes("node-id"),
      Change("cluster|addslots", ClusterAssignSlotsCommand, -3)
          .Docs("3.0.0", "O(1)", "Refuses: one group owns all slots.")
          .Takes("slot:integer ..."),
      Change("cluster|addslotsrange", ClusterAssignSlotsCommand, -4)
          .Docs("7.0.0", "O(1)", "Refuses: one group owns all slots.")
          .Takes("(start-slot:integer end-slot:integer) ..."),
      Change("cluster|delslots", ClusterAssignSlotsCommand, -3)
          .Docs("3.0.0", "O(1)", "Refuses: one group owns all slots.")
          .Takes("slot:integer ..."),
      Change("cluster|delslotsrange", ClusterAssignSlotsCommand, -4)
          .Docs("7.0.0", "O(1)", "Refuses: one group owns all slots.")
          .Takes("(start-slot:integer end-slot:integer) ..."),
      Change("cluster|flushslots", ClusterAssignSlotsCommand, 2)
          .Docs("3.0.0", "O(1)", "Refuses: one group owns all slots."),
      Change("cluster|setslot", ClusterAssignSlotsCommand, -4)
          .Docs("3.0.0", "O(1)", "Refuses: one group owns all slots.")
          .Takes("slot:integer (IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE)"),
      Change("cluster|replicate", ClusterReplicateCommand, 3)
          .Docs("3.0.0", "O(1)", "Refuses; see kvctl switchover.")
          .Takes("node-id"),
      Row(kCluster, "cluster|reset", ClusterResetCommand, -2, kAdmin | kNoScript | kStale)
          .Docs("3.0.0", "O(1)", "Refuses; see kvctl remove-node.")
          .Takes("[HARD | SOFT]"),
      Change("cluster|bumpepoch", ClusterSetEpochCommand, 2)
          .Docs("3.0.0", "O(1)", "Refuses; see kvctl switchover.")
          .Tips("nondeterministic_output"),
      Change("cluster|set-config-epoch", ClusterSetEpochCommand, 3)
          .Docs("3.0.0", "O(1)", "Refuses; see kvctl switchover.")
          .Takes("config-epoch:integer"),
      Row(kServer, "failover", FailoverCommand, -1, kAdmin | kNoScript | kStale)
          .Docs("6.2.0", "O(1)", "Hands leadership to a replica, losing nothing.")
          .Takes("[TO (host port:integer [FORCE])] [ABORT] [TIMEOUT milliseconds:integer]"),
      Row(kServer, "replicaof", ReplicaOfCommand, 3, kAdmin | kNoScript | kStale)
          .Docs("5.0.0", "O(1)", "With NO ONE makes this node the primary, losing nothing.")
          .Takes("(host port:integer | NO ONE)"),
      Row(kServer, "slaveof", ReplicaOfCommand, 3, kAdmin | kNoScript | kStale)
          .Docs("1.0.0", "O(1)", "With NO ONE makes this node the primary, losing nothing.")
          .Takes("(host port:integer | NO ONE)"),
  };
  return kRows;
}

}  // namespace holdfast
