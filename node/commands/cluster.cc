#include "node/commands/cluster.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cluster/driver/admin.h"
#include "net/base/status.h"
#include "nlohmann/json.hpp"
#include "node/commands/keys_access.h"
#include "node/commands/server.h"
#include "node/commands/waiting.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/session.h"

namespace holdfast {
namespace {

constexpr absl::string_view kNoCluster =
    "ERR This instance has cluster support disabled; start it with --cluster-enabled yes";

std::string ErrorText(const absl::Status& status) {
  absl::string_view code = "REFUSED";
  if (absl::IsAborted(status)) code = "CONFLICT";
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) code = "TRYAGAIN";
  return absl::StrCat(code, " ", status.message());
}

absl::StatusOr<uint16_t> ParsePort(absl::string_view text) {
  int port = 0;
  if (absl::SimpleAtoi(text, &port) && port >= 0 && port <= UINT16_MAX) {
    return static_cast<uint16_t>(port);
  }
  return absl::InvalidArgumentError(absl::StrFormat("'%s' is not a port", text));
}

// The host may be an IPv6 address in brackets.
absl::StatusOr<std::pair<std::string, std::vector<absl::string_view>>> SplitHost(
    absl::string_view text) {
  std::string host;
  if (!text.empty() && text[0] == '[') {
    const size_t end = text.find("]:");
    if (end == absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrFormat("'%s': no ]: behind the address", text));
    }
    host = std::string(text.substr(1, end - 1));
    text.remove_prefix(end + 2);
  } else {
    const size_t colon = text.find(':');
    if (colon == absl::string_view::npos || colon == 0) {
      return absl::InvalidArgumentError(absl::StrFormat("'%s' is not host:port", text));
    }
    host = std::string(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  return std::pair(std::move(host), std::vector<absl::string_view>(absl::StrSplit(text, ':')));
}

// <name>=<host>:<client port>:<peer port>[:witness]
absl::StatusOr<NodeDescription> ParseNode(absl::string_view text) {
  const size_t equals = text.find('=');
  if (equals == absl::string_view::npos || equals == 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("'%s' is not name=host:client-port:peer-port[:witness]", text));
  }
  NodeDescription node{.name = std::string(text.substr(0, equals))};
  ASSIGN_OR_RETURN(auto parts, SplitHost(text.substr(equals + 1)));
  node.host = std::move(parts.first);
  const auto& rest = parts.second;
  node.witness = rest.size() == 3 && rest[2] == "witness";
  if (rest.size() != 2 && !node.witness) {
    return absl::InvalidArgumentError(
        absl::StrFormat("'%s' is not name=host:client-port:peer-port[:witness]", text));
  }
  ASSIGN_OR_RETURN(node.client_port, ParsePort(rest[0]));
  ASSIGN_OR_RETURN(node.peer_port, ParsePort(rest[1]));
  return node;
}

absl::StatusOr<Address> ParsePeer(absl::string_view text) {
  ASSIGN_OR_RETURN(auto parts, SplitHost(text));
  if (parts.second.size() != 1) {
    return absl::InvalidArgumentError(absl::StrFormat("'%s' is not host:port", text));
  }
  ASSIGN_OR_RETURN(const uint16_t port, ParsePort(parts.second[0]));
  return Address{.host = std::move(parts.first), .port = port};
}

std::string InspectionsJson(const std::vector<Inspection>& inspections) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Inspection& found : inspections) {
    list.push_back({{"peer", absl::StrFormat("%s:%d", found.peer.host, found.peer.port)},
                    {"ok", found.status.ok()},
                    {"node", absl::StrFormat("%016x", found.identity.node.value)},
                    {"rtt_ms", found.round_trip_ms},
                    {"empty", found.facts.empty},
                    {"witness", found.facts.witness},
                    {"cluster_id", absl::StrFormat("%016x", found.facts.cluster_id)},
                    {"version", found.facts.version},
                    {"clock_offset_ms", found.clock_offset_ms},
                    {"why", std::string(found.status.message())}});
  }
  return list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// The expected version, or a reply that it is none.
std::optional<uint64_t> VersionArgument(CommandContext& context, size_t index) {
  const auto version = context.Integer(index, "ERR the expected version is not a number");
  if (!version) return std::nullopt;
  return static_cast<uint64_t>(*version);
}

}  // namespace

void AnswerStatus(Session& session, const absl::Status& status) {
  if (status.ok()) {
    session.reply().Ok();
  } else {
    session.reply().Error(ErrorText(status));
  }
}

Membership* MembershipOf(CommandContext& context) {
  Membership* membership = context.node.membership();
  if (membership == nullptr) context.Error(kNoCluster);
  return membership;
}

void ReadOnlyCommand(CommandContext& context) {
  if (context.node.membership() == nullptr) return ClusterDisabledCommand(context);
  context.session.set_readonly(true);
  context.reply.Ok();
}

void ReadWriteCommand(CommandContext& context) {
  if (context.node.membership() == nullptr) return ClusterDisabledCommand(context);
  context.session.set_readonly(false);
  context.reply.Ok();
}

void ClientDurabilityCommand(CommandContext& context) {
  if (context.Is(2, "REPLICATED")) {
    context.session.set_durability(Durability::kReplicated);
  } else if (context.Is(2, "ASYNC")) {
    context.session.set_durability(Durability::kAsync);
  } else if (!context.Is(2, "FSYNC")) {
    return context.Error("ERR durability is FSYNC, REPLICATED or ASYNC");
  } else if (!context.node.settings().appendonly) {
    return context.Error("ERR this node keeps no log on disk; set appendonly yes");
  } else {
    context.session.set_durability(Durability::kFsync);
  }
  context.reply.Ok();
}

void RoleCommand(CommandContext& context) {
  Membership* membership = context.node.membership();
  if (membership == nullptr) {
    context.reply.Array(3);
    context.reply.Bulk("master");
    context.reply.Integer(0);
    context.reply.Array(0);
    return;
  }
  const ClusterStatus status = membership->driver().Status();
  const auto find = [&](NodeId id) -> const NodeDescription* {
    for (const NodeDescription& node : status.configuration.nodes) {
      if (node.id == id) return &node;
    }
    return nullptr;
  };
  if (status.group.role == GroupRole::kPrimary) {
    context.reply.Array(3);
    context.reply.Bulk("master");
    context.reply.Integer(static_cast<int64_t>(status.group.tail.value));
    context.reply.Array(status.group.peers.size());
    for (const PeerReport& peer : status.group.peers) {
      const NodeDescription* node = find(peer.identity.node);
      context.reply.Array(3);
      context.reply.Bulk(node == nullptr ? "" : node->host);
      context.reply.Bulk(node == nullptr ? "0" : absl::StrCat(node->client_port));
      context.reply.Bulk(absl::StrCat(peer.held.value));
    }
    return;
  }
  const NodeDescription* primary = find(status.group.primary.node);
  context.reply.Array(5);
  context.reply.Bulk("slave");
  context.reply.Bulk(primary == nullptr ? "" : primary->host);
  context.reply.Integer(primary == nullptr ? 0 : primary->client_port);
  context.reply.Bulk(status.group.syncing    ? "sync"
                     : status.group.attached ? "connected"
                                             : "connect");
  context.reply.Integer(static_cast<int64_t>(status.group.applied.value));
}

namespace {

// How many other members hold what this client wrote last.
int64_t HoldersOfLastWrite(Node& node, Lsn last_write) {
  const ClusterStatus status = node.membership()->driver().Status();
  return std::count_if(status.group.peers.begin(), status.group.peers.end(),
                       [&](const PeerReport& peer) { return peer.held >= last_write; });
}

struct Waiting {
  int64_t wanted = 0;
  Nanos give_up;  // monotonic; 0: never
};

// Whether WAIT has its answer now.
bool AnswerHolders(Session& session, const Waiting& waiting) {
  Node& node = session.worker().node;
  const int64_t holders = HoldersOfLastWrite(node, session.last_write());
  const bool late = waiting.give_up.value != 0 && node.clock().Monotonic() >= waiting.give_up;
  // While leadership is handed over nobody knows yet.
  const bool follows = node.membership()->Look().role == ServingRole::kFollower;
  if (holders < waiting.wanted && !late && !follows) return false;
  follows ? session.reply().Error("TRYAGAIN another node leads now")
          : session.reply().Integer(holders);
  return true;
}

}  // namespace

void WaitCommand(CommandContext& context) {
  const auto wanted = context.Integer(1);
  if (!wanted) return;
  const auto timeout = context.Integer(2, "ERR timeout is not an integer or out of range");
  if (!timeout) return;
  if (*timeout < 0) return context.Error("ERR timeout is negative");
  Node& node = context.node;
  if (node.membership() == nullptr) return context.reply.Integer(0);
  if (!node.leads()) {
    return context.Error(
        "ERR WAIT cannot be used with replica instances. Please also note that writes to replicas "
        "are just local and are not propagated.");
  }
  const int64_t holders = HoldersOfLastWrite(node, context.session.last_write());
  if (holders >= *wanted || RunsInTransaction(context)) return context.reply.Integer(holders);
  const Nanos now = node.clock().Monotonic();
  const Waiting waiting{.wanted = *wanted,
                        .give_up = *timeout == 0 ? Nanos{} : now + Milliseconds(*timeout)};
  context.session.Block();
  node.PostToSession(context.worker.index, context.session.info().id, [waiting](Session& session) {
    LookUntilAnswered(session, Milliseconds(5),
                      [waiting](Session& later) { return AnswerHolders(later, waiting); });
  });
}

void HoldfastStatusCommand(CommandContext& context) {
  if (MembershipOf(context) == nullptr) return;
  context.reply.Bulk(StatusJson(context.node));
}

void HoldfastPreflightCommand(CommandContext& context) {
  Membership* membership = MembershipOf(context);
  if (membership == nullptr || !MayWait(context)) return;
  std::vector<Address> peers;
  for (size_t i = 2; i < context.arguments.size(); ++i) {
    auto peer = ParsePeer(context.arguments[i]);
    if (!peer.ok()) return context.Error(ErrorText(peer.status()));
    peers.push_back(*std::move(peer));
  }
  auto done = AnswerLater(context, [](Session& session, const std::vector<Inspection>& found) {
    session.reply().Bulk(InspectionsJson(found));
  });
  membership->driver().WithAdmin([peers = std::move(peers), done](ClusterAdmin& admin) mutable {
    admin.Inspect(std::move(peers), done);
  });
}

void HoldfastCreateCommand(CommandContext& context) {
  Membership* membership = MembershipOf(context);
  if (membership == nullptr || !MayWait(context)) return;
  ClusterAdmin::Founding founding{.name = std::string(context.arguments[2])};
  for (size_t i = 3; i < context.arguments.size(); ++i) {
    auto node = ParseNode(context.arguments[i]);
    if (!node.ok()) return context.Error(ErrorText(node.status()));
    founding.nodes.push_back(*std::move(node));
  }
  auto done = AnswerLater(context, AnswerStatus);
  membership->driver().WithAdmin(
      [founding = std::move(founding), done](ClusterAdmin& admin) mutable {
        admin.Create(std::move(founding), done);
      });
}

void HoldfastSwitchoverCommand(CommandContext& context) {
  Membership* membership = MembershipOf(context);
  if (membership == nullptr || !MayWait(context)) return;
  const auto version = VersionArgument(context, 3);
  if (!version) return;
  NodeId target;
  if (context.arguments[2] != "*") {
    for (const NodeDescription& node : membership->driver().Status().configuration.nodes) {
      if (node.name == context.arguments[2]) target = node.id;
    }
    if (target.value == 0) {
      return context.Error(absl::StrCat("REFUSED there is no node ", context.arguments[2]));
    }
  }
  membership->driver().SwitchOver(target, *version, AnswerLater(context, AnswerStatus));
}

void HoldfastRecoverCommand(CommandContext& context) {
  Membership* membership = MembershipOf(context);
  if (membership == nullptr || !MayWait(context)) return;
  if (membership->driver().Status().configuration.name != context.arguments[2]) {
    return context.Error("REFUSED that is not the name of this node's cluster");
  }
  membership->driver().Recover(AnswerLater(context, AnswerStatus));
}

void HoldfastAddNodeCommand(CommandContext& context) {
  Membership* membership = MembershipOf(context);
  if (membership == nullptr || !MayWait(context)) return;
  auto node = ParseNode(context.arguments[2]);
  if (!node.ok()) return context.Error(ErrorText(node.status()));
  const auto version = VersionArgument(context, 3);
  if (!version) return;
  if (context.arguments.size() > 5 || (context.arguments.size() == 5 && !context.Is(4, "VOTER"))) {
    return context.SyntaxError();
  }
  ClusterAdmin::Joining joining{.node = *std::move(node),
                                .expected_version = *version,
                                .voter = context.arguments.size() == 5};
  auto done = AnswerLater(context, AnswerStatus);
  membership->driver().WithAdmin([joining = std::move(joining), done](ClusterAdmin& admin) mutable {
    admin.AddNode(std::move(joining), done);
  });
}

void HoldfastRemoveNodeCommand(CommandContext& context) {
  Membership* membership = MembershipOf(context);
  if (membership == nullptr || !MayWait(context)) return;
  const auto version = VersionArgument(context, 3);
  if (!version) return;
  if (context.arguments.size() > 5 || (context.arguments.size() == 5 && !context.Is(4, "FORCE"))) {
    return context.SyntaxError();
  }
  ClusterAdmin::Leaving leaving{.name = std::string(context.arguments[2]),
                                .expected_version = *version,
                                .force = context.arguments.size() == 5};
  auto done = AnswerLater(context, AnswerStatus);
  membership->driver().WithAdmin([leaving = std::move(leaving), done](ClusterAdmin& admin) {
    admin.RemoveNode(leaving, done);
  });
}

}  // namespace holdfast
