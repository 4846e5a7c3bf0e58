#include "node/commands/cluster_api.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "node/commands/cluster_reply.h"
#include "node/commands/scan.h"
#include "node/commands/server.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/session.h"
#include "storage/types/key_slot.h"

namespace holdfast {
namespace {

// The cluster as this node sees it; otherwise replies that there is none.
std::optional<ClusterMap> MapOrError(CommandContext& context) {
  if (context.node.membership() != nullptr) return context.node.membership()->Map();
  ClusterDisabledCommand(context);
  return std::nullopt;
}

ClusterView ViewFor(CommandContext& context, const ClusterMap& map) {
  return {.map = map,
          .endpoint = context.node.settings().cluster_preferred_endpoint_type,
          .now = ToMillis(context.node.clock().Wall()),
          .local_host = context.session.stream().local().host};
}

// The member that an argument names; otherwise replies that there is none.
const ClusterMap::Member* MemberArgument(CommandContext& context, const ClusterMap& map) {
  for (const ClusterMap::Member& member : map.members) {
    if (RedisId(member.id) == context.arguments[2]) return &member;
  }
  context.Error(absl::StrCat("ERR Unknown node ", context.arguments[2]));
  return nullptr;
}

void Refuse(CommandContext& context, absl::string_view reason) {
  if (MapOrError(context)) context.Error(reason);
}

}  // namespace

void AskingCommand(CommandContext& context) {
  // No slot is ever on its way from one group to another: there is nothing to ask ahead for.
  if (MapOrError(context)) context.reply.Ok();
}

void ClusterInfoCommand(CommandContext& context) {
  const auto map = MapOrError(context);
  if (map) context.reply.Verbatim("txt", ClusterInfoText(*map));
}

void ClusterNodesCommand(CommandContext& context) {
  const auto map = MapOrError(context);
  if (!map) return;
  context.session.NoteAskedForMap();
  context.reply.Verbatim("txt", ClusterNodesText(ViewFor(context, *map)));
}

void ClusterSlotsCommand(CommandContext& context) {
  const auto map = MapOrError(context);
  if (!map) return;
  context.session.NoteAskedForMap();
  ReplyClusterSlots(ViewFor(context, *map), context.reply);
}

void ClusterShardsCommand(CommandContext& context) {
  const auto map = MapOrError(context);
  if (!map) return;
  context.session.NoteAskedForMap();
  ReplyClusterShards(ViewFor(context, *map), context.reply);
}

void ClusterLinksCommand(CommandContext& context) {
  const auto map = MapOrError(context);
  if (map) ReplyClusterLinks(ViewFor(context, *map), context.reply);
}

void ClusterMyIdCommand(CommandContext& context) {
  if (!MapOrError(context)) return;
  context.reply.Bulk(RedisId(context.node.membership()->driver().Status().self.node));
}

void ClusterMyShardIdCommand(CommandContext& context) {
  const auto map = MapOrError(context);
  if (map) context.reply.Bulk(RedisShardId(map->cluster_id));
}

void ClusterKeySlotCommand(CommandContext& context) {
  if (MapOrError(context)) context.reply.Integer(KeySlot(context.arguments[2]).value);
}

void ClusterCountKeysInSlotCommand(CommandContext& context) {
  if (!MapOrError(context)) return;
  const auto number = context.Integer(2);
  if (!number) return;
  if (*number < 0 || *number >= kSlotCount) return context.Error("ERR Invalid slot");
  const Slot slot{static_cast<uint16_t>(*number)};
  SlotGuard guard(context, slot);
  context.worker.execution.DependOn(slot);
  context.reply.Integer(static_cast<int64_t>(context.keyspace.SlotSize(context.database, slot)));
}

void ClusterGetKeysInSlotCommand(CommandContext& context) {
  if (!MapOrError(context)) return;
  const auto number = context.Integer(2);
  if (!number) return;
  const auto wanted = context.Integer(3);
  if (!wanted) return;
  if (*number < 0 || *number >= kSlotCount || *wanted < 0) {
    return context.Error("ERR Invalid slot or number of keys");
  }
  const Slot slot{static_cast<uint16_t>(*number)};
  SlotGuard guard(context, slot);
  context.worker.execution.DependOn(slot);
  const size_t mark = context.reply.BeginDeferredArray();
  int64_t left = *wanted;
  for (uint64_t at = 0; at != Table::kPositionEnd && left > 0;) {
    at = context.keyspace.Scan(context.database, slot, at, static_cast<size_t>(left),
                               [&](Entry* entry) {
                                 if (left-- > 0) context.reply.Bulk(entry->key());
                               });
  }
  context.reply.EndDeferredArray(mark, static_cast<size_t>(*wanted - std::max<int64_t>(left, 0)));
}

void ClusterCountFailureReportsCommand(CommandContext& context) {
  const auto map = MapOrError(context);
  if (!map) return;
  const ClusterMap::Member* member = MemberArgument(context, *map);
  if (member != nullptr) context.reply.Integer(member->reachable ? 0 : 1);
}

void ClusterReplicasCommand(CommandContext& context) {
  const auto map = MapOrError(context);
  if (!map) return;
  const ClusterMap::Member* member = MemberArgument(context, *map);
  if (member == nullptr) return;
  if (!member->primary) return context.Error("ERR The specified node is not a master");
  const ClusterView view = ViewFor(context, *map);
  context.reply.Array(map->replicas().size());
  for (const ClusterMap::Member* replica : map->replicas()) {
    context.reply.Bulk(ClusterNodeLine(view, *replica));
  }
}

void ClusterHelpCommand(CommandContext& context) {
  if (MapOrError(context)) HelpCommand(context);
}

// The configuration is on the voters' disks before anybody hears of it.
void ClusterSaveConfigCommand(CommandContext& context) {
  if (MapOrError(context)) context.reply.Ok();
}

void ClusterJoinCommand(CommandContext& context) {
  Refuse(context, "ERR nodes do not join by MEET here; use kvctl add-node <host:port>");
}

void ClusterForgetCommand(CommandContext& context) {
  Refuse(context, "ERR nodes are not forgotten one by one here; use kvctl remove-node <name>");
}

void ClusterAssignSlotsCommand(CommandContext& context) {
  Refuse(context,
         "ERR this cluster is one group that owns all 16384 slots; there is nothing to assign, and "
         "kvctl status shows the group");
}

void ClusterReplicateCommand(CommandContext& context) {
  Refuse(context,
         "ERR every member follows the primary; to choose another primary use kvctl switchover "
         "--to <name>, to add a member kvctl add-node <host:port>");
}

void ClusterResetCommand(CommandContext& context) {
  Refuse(
      context,
      "ERR a node does not leave its cluster by itself; use kvctl remove-node <name>, then start "
      "it on an empty directory");
}

void ClusterSetEpochCommand(CommandContext& context) {
  Refuse(context,
         "ERR an epoch begins when another node takes over and at no other time; see kvctl "
         "switchover");
}

}  // namespace holdfast
