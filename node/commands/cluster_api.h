// Redis Cluster's commands, answered by every node of a cluster, and the ones that change who
// leads.
//
// What Redis does with gossip and votes of its own is agreed on elsewhere here; so the commands
// that look answer from the ClusterMap, those that ask for another primary are the safe switchover,
// and those that would rearrange a Redis Cluster by hand say which kvctl command does that.
#pragma once

#include "node/command.h"

namespace holdfast {

void AskingCommand(CommandContext& context);
void ClusterInfoCommand(CommandContext& context);
void ClusterNodesCommand(CommandContext& context);
void ClusterSlotsCommand(CommandContext& context);
void ClusterShardsCommand(CommandContext& context);
void ClusterLinksCommand(CommandContext& context);
void ClusterMyIdCommand(CommandContext& context);
void ClusterMyShardIdCommand(CommandContext& context);
void ClusterKeySlotCommand(CommandContext& context);
void ClusterCountKeysInSlotCommand(CommandContext& context);
void ClusterGetKeysInSlotCommand(CommandContext& context);
void ClusterCountFailureReportsCommand(CommandContext& context);
void ClusterReplicasCommand(CommandContext& context);
void ClusterHelpCommand(CommandContext& context);
void ClusterSaveConfigCommand(CommandContext& context);
// Refuse, with what to do instead.
void ClusterJoinCommand(CommandContext& context);
void ClusterForgetCommand(CommandContext& context);
void ClusterAssignSlotsCommand(CommandContext& context);
void ClusterReplicateCommand(CommandContext& context);
void ClusterResetCommand(CommandContext& context);
void ClusterSetEpochCommand(CommandContext& context);

// Another primary, losing nothing.
void ClusterFailoverCommand(CommandContext& context);
void FailoverCommand(CommandContext& context);
void ReplicaOfCommand(CommandContext& context);

}  // namespace holdfast
