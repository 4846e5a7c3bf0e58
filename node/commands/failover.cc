// The commands of Redis that make another node the primary. All of them are the same switchover,
// which drains first and loses nothing: the primary stops, its successor holds all that was
// acknowledged, and only then leads. They answer when that is done, but FAILOVER once it has begun:
//
//   FAILOVER -> waiting-for-sync ---> failover-in-progress -> another node leads
//                 |  TIMEOUT, ABORT       nothing stops it any more
//                 '-> no-failover

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "node/commands/cluster.h"
#include "node/commands/cluster_api.h"
#include "node/commands/server.h"
#include "node/commands/waiting.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/session.h"

namespace holdfast {
namespace {

void SwitchOver(CommandContext& context, NodeId target) {
  if (!MayWait(context)) return;
  context.node.membership()->driver().SwitchOver(target, 0, AnswerLater(context, AnswerStatus));
}

// To this node; nothing to do if it leads already.
void SwitchOverHere(CommandContext& context) {
  const ClusterStatus status = context.node.membership()->driver().Status();
  if (status.group.role == GroupRole::kPrimary) return context.reply.Ok();
  SwitchOver(context, status.self.node);
}

struct FailoverOptions {
  std::optional<absl::string_view> host;
  int64_t port = 0;
  bool force = false;
  bool abort = false;
  std::optional<int64_t> timeout_ms;
};

// How long a switchover may take at most if the operator says so; then it is like for ever.
constexpr int64_t kTimeoutMillisMax = INT32_MAX;

// Nothing after having replied what is wrong.
std::optional<FailoverOptions> ParseFailover(CommandContext& context) {
  FailoverOptions options;
  const size_t count = context.arguments.size();
  for (size_t i = 1; i < count; ++i) {
    if (context.Is(i, "TIMEOUT") && i + 1 < count && !options.timeout_ms) {
      options.timeout_ms = context.Integer(++i);
      if (!options.timeout_ms) return std::nullopt;
      if (*options.timeout_ms <= 0) {
        context.Error("ERR FAILOVER timeout must be greater than 0");
        return std::nullopt;
      }
    } else if (context.Is(i, "TO") && i + 2 < count && !options.host) {
      options.host = context.arguments[i + 1];
      const auto port = context.Integer(i + 2);
      if (!port) return std::nullopt;
      options.port = *port;
      i += 2;
    } else if (context.Is(i, "ABORT") && !options.abort) {
      options.abort = true;
    } else if (context.Is(i, "FORCE") && !options.force) {
      options.force = true;
    } else {
      context.SyntaxError();
      return std::nullopt;
    }
  }
  return options;
}

bool IsFailingOver(Membership& membership) {
  const GroupReport group = membership.driver().Status().group;
  return group.handing_over || group.released;
}

void AbortFailover(CommandContext& context) {
  Membership* membership = context.node.membership();
  if (membership == nullptr || !IsFailingOver(*membership)) {
    return context.Error("ERR No failover in progress.");
  }
  if (!MayWait(context)) return;
  membership->driver().CallOffSwitchOver(AnswerLater(context, AnswerStatus));
}

// FORCE asks for a successor that has not caught up once the time is over. That would lose what it
// lacks, so the time ends the attempt with FORCE as without.
void BeginFailover(CommandContext& context, NodeId target, const FailoverOptions& options) {
  if (!MayWait(context)) return;
  Membership* membership = context.node.membership();
  const absl::string_view forced =
      options.force ? "; FORCE would lose what the replica lacks, and was not done" : "";
  membership->driver().BeginSwitchOver(
      target, Milliseconds(std::min(options.timeout_ms.value_or(0), kTimeoutMillisMax)),
      AnswerLater(context, AnswerStatus), [membership, forced](const absl::Status& status) {
        if (status.ok()) return;
        membership->chronicle().Add("failover-given-up",
                                    absl::StrCat("reason=\"", status.message(), forced, "\""));
      });
}

}  // namespace

// FORCE and TAKEOVER of Redis skip the primary, or the vote; a switchover needs both to lose
// nothing.
void ClusterFailoverCommand(CommandContext& context) {
  if (context.node.membership() == nullptr) return ClusterDisabledCommand(context);
  if (context.arguments.size() > 3) return context.SyntaxError();
  if (context.arguments.size() == 3) {
    if (context.Is(2, "TAKEOVER")) {
      return context.Error(
          "ERR TAKEOVER would lead without the voters' word and could lose acknowledged writes; "
          "use "
          "CLUSTER FAILOVER, or kvctl recover if a majority is gone for good");
    }
    if (!context.Is(2, "FORCE")) return context.SyntaxError();
  }
  const ClusterStatus status = context.node.membership()->driver().Status();
  if (status.group.role == GroupRole::kPrimary) {
    return context.Error("ERR You should send CLUSTER FAILOVER to a replica");
  }
  SwitchOver(context, status.self.node);
}

void FailoverCommand(CommandContext& context) {
  const auto options = ParseFailover(context);
  if (!options) return;
  if (options->abort) {
    if (context.arguments.size() > 2) return context.SyntaxError();
    return AbortFailover(context);
  }
  if (context.node.membership() == nullptr) {
    return context.Error("ERR FAILOVER requires connected replicas.");
  }
  if (IsFailingOver(*context.node.membership())) {
    return context.Error("ERR FAILOVER already in progress.");
  }
  const ClusterMap map = context.node.membership()->Map();
  if (map.primary() == nullptr || !map.primary()->myself) {
    return context.Error("ERR FAILOVER is not valid when server is a replica.");
  }
  if (options->force && (!options->timeout_ms || !options->host)) {
    return context.Error(
        "ERR FAILOVER with force option requires both a timeout and target HOST and IP.");
  }
  if (!options->host) return BeginFailover(context, NodeId{}, *options);
  for (const ClusterMap::Member* replica : map.replicas()) {
    if (replica->port != options->port) continue;
    if (replica->host != *options->host && replica->hostname != *options->host) continue;
    if (!replica->reachable || !replica->in_sync) {
      return context.Error("ERR FAILOVER target replica is not online.");
    }
    return BeginFailover(context, replica->id, *options);
  }
  context.Error("ERR FAILOVER target HOST and PORT is not a replica.");
}

void ReplicaOfCommand(CommandContext& context) {
  const bool no_one = context.Is(1, "NO") && context.Is(2, "ONE");
  if (context.node.membership() != nullptr) {
    if (no_one) return SwitchOverHere(context);
    return context.Error(
        "ERR REPLICAOF not allowed in cluster mode: who leads is agreed on by the voters; use "
        "kvctl switchover --to <name>, or kvctl add-node <host:port> to add a member");
  }
  if (no_one) return context.reply.Ok();
  context.Error(
      "ERR this node stands alone and cannot follow another one; start it with --cluster-enabled "
      "yes, then use kvctl add-node <host:port>");
}

}  // namespace holdfast
