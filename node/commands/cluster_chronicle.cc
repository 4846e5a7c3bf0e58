// HOLDFAST EVENTS and HOLDFAST HISTORY: what this node saw happen to its cluster.

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "node/chronicle.h"
#include "node/commands/cluster.h"
#include "node/membership.h"
#include "node/node.h"

namespace holdfast {

void HoldfastEventsCommand(CommandContext& context) {
  Membership* membership = MembershipOf(context);
  if (membership == nullptr) return;
  int64_t count = limits::kEventsKept;
  if (context.arguments.size() > 2) {
    if (context.arguments.size() != 4 || !context.Is(2, "COUNT")) return context.SyntaxError();
    const auto wanted = context.Integer(3);
    if (!wanted) return;
    if (*wanted < 0) return context.Error("ERR COUNT can't be negative");
    count = *wanted;
  }
  const ClusterStatus status = membership->driver().Status();
  const NodeDescription* self = FindNode(status.configuration, status.self.node);
  context.reply.Bulk(EventsJson(self == nullptr ? "" : self->name,
                                membership->chronicle().Last(static_cast<size_t>(count))));
}

void HoldfastHistoryCommand(CommandContext& context) {
  Membership* membership = MembershipOf(context);
  if (membership == nullptr) return;
  context.reply.Bulk(HistoryJson(membership->chronicle().History()));
}

}  // namespace holdfast
