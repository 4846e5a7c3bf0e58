// Commands about the cluster that the node is part of: Redis's READONLY, READWRITE, ROLE and WAIT,
// and HOLDFAST, through which kvctl looks at a cluster and changes it.
#pragma once

#include <string>

#include "cluster/driver/cluster_status.h"
#include "node/command.h"
#include "node/node.h"
#include "node/session.h"
#include "node/worker.h"

namespace holdfast {

class Membership;

void ReadOnlyCommand(CommandContext& context);
void ReadWriteCommand(CommandContext& context);
void RoleCommand(CommandContext& context);
void WaitCommand(CommandContext& context);
void ClientDurabilityCommand(CommandContext& context);

void HoldfastStatusCommand(CommandContext& context);
void HoldfastPreflightCommand(CommandContext& context);
void HoldfastCreateCommand(CommandContext& context);
void HoldfastSwitchoverCommand(CommandContext& context);
void HoldfastAddNodeCommand(CommandContext& context);
void HoldfastRemoveNodeCommand(CommandContext& context);
void HoldfastRecoverCommand(CommandContext& context);
void HoldfastEventsCommand(CommandContext& context);
void HoldfastDigestCommand(CommandContext& context);
void HoldfastHistoryCommand(CommandContext& context);

// The node's part in a cluster; otherwise replies that it has none.
Membership* MembershipOf(CommandContext& context);

// Replies OK, or why not.
void AnswerStatus(Session& session, const absl::Status& status);

// What HOLDFAST STATUS answers (schema holdfast.status/v1).
std::string StatusJson(Node& node);
// "primary", "replica", "learner", "waiting", "lost", "witness" or "none".
absl::string_view RoleWord(const ClusterStatus& status);

}  // namespace holdfast
