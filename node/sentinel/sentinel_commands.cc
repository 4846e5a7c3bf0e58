// SENTINEL and its subcommands, INFO and ROLE.

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "node/commands/server.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/sentinel/sentinel_door.h"
#include "node/sentinel/sentinel_session.h"
#include "node/version.h"
#include "storage/types/glob.h"

namespace holdfast {

absl::Span<const SentinelSession::Command> SentinelSession::Subcommands() {
  using S = SentinelSession;
  static constexpr Command kSubcommands[] = {
      {"get-master-addr-by-name", 3, &S::GetMasterAddress},
      {"masters", 2, &S::Masters},
      {"master", 3, &S::Master},
      {"replicas", 3, &S::Replicas},
      {"slaves", 3, &S::Replicas},
      {"sentinels", 3, &S::Sentinels},
      {"ckquorum", 3, &S::CheckQuorum},
      {"is-master-down-by-addr", 6, &S::IsMasterDown},
      {"myid", 2, &S::MyId},
      {"failover", 3, &S::Failover},
      {"info-cache", -3, &S::InfoCache},
      {"pending-scripts", 2, &S::PendingScripts},
      {"reset", 3, &S::ResetMasters},
      {"flushconfig", 2, &S::FlushConfig},
      {"monitor", -3, &S::Refuse},
      {"remove", -3, &S::Refuse},
      {"set", -3, &S::Refuse},
      {"config", -3, &S::Refuse},
      {"debug", -2, &S::Refuse},
      {"simulate-failure", -2, &S::Refuse},
      {"help", 2, &S::Help},
  };
  return kSubcommands;
}

void SentinelSession::Sentinel(Arguments arguments) {
  const auto rows = Subcommands();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Command& candidate) {
    return absl::EqualsIgnoreCase(candidate.name, arguments[1]);
  });
  if (row == rows.end()) {
    return Error(absl::StrCat("ERR unknown subcommand '", arguments[1], "'. Try SENTINEL HELP."));
  }
  const auto count = static_cast<int>(arguments.size());
  if (row->arity >= 0 ? count != row->arity : count < -row->arity) {
    return Error(
        absl::StrCat("ERR wrong number of arguments for 'sentinel|", row->name, "' command"));
  }
  (this->*row->run)(arguments);
}

bool SentinelSession::KnowsMaster(absl::string_view name) {
  if (map_.primary() != nullptr && map_.name == name) return true;
  Error("ERR No such master with that name");
  return false;
}

void SentinelSession::ReplyFields(const SentinelFields& fields) {
  reply_.Map(fields.size());
  for (const auto& [name, value] : fields) {
    reply_.Bulk(name);
    reply_.Bulk(value);
  }
}

void SentinelSession::GetMasterAddress(Arguments arguments) {
  if (map_.primary() == nullptr || map_.name != arguments[2]) return reply_.NullArray();
  reply_.Array(2);
  reply_.Bulk(map_.primary()->host);
  reply_.BulkInteger(map_.primary()->port);
}

void SentinelSession::Masters(Arguments) {
  if (map_.primary() == nullptr) return reply_.Array(0);
  reply_.Array(1);
  ReplyFields(MasterFields(map_, node_.settings()));
}

void SentinelSession::Master(Arguments arguments) {
  if (KnowsMaster(arguments[2])) ReplyFields(MasterFields(map_, node_.settings()));
}

void SentinelSession::Replicas(Arguments arguments) {
  if (!KnowsMaster(arguments[2])) return;
  reply_.Array(map_.replicas().size());
  for (const ClusterMap::Member* replica : map_.replicas()) {
    ReplyFields(ReplicaFields(map_, *replica, node_.settings()));
  }
}

void SentinelSession::Sentinels(Arguments arguments) {
  if (!KnowsMaster(arguments[2])) return;
  const auto others = OtherSentinels(map_);
  reply_.Array(others.size());
  for (const ClusterMap::Member* other : others) ReplyFields(PeerFields(*other, node_.settings()));
}

void SentinelSession::CheckQuorum(Arguments arguments) {
  if (!KnowsMaster(arguments[2])) return;
  const QuorumWord word = holdfast::CheckQuorum(map_);
  word.reached ? reply_.Simple(word.text) : Error(word.text);
}

void SentinelSession::IsMasterDown(Arguments arguments) {
  int port = 0;
  if (!absl::SimpleAtoi(arguments[3], &port)) {
    return Error("ERR value is not an integer or out of range");
  }
  const ClusterMap::Member* primary = map_.primary();
  const bool meant = primary != nullptr && primary->host == arguments[2] && primary->port == port;
  reply_.Array(3);
  reply_.Integer(meant && !map_.working ? 1 : 0);
  reply_.Bulk("*");
  reply_.Integer(0);
}

void SentinelSession::MyId(Arguments) {
  reply_.Bulk(RedisId(node_.membership()->driver().Status().self.node));
}

void SentinelSession::Failover(Arguments arguments) {
  if (!KnowsMaster(arguments[2])) return;
  waiting_ = true;
  node_.membership()->driver().SwitchOver(
      NodeId{}, 0,
      [&door = door_, id = id_](const absl::Status& status) { door.EndFailover(id, status); });
}

void SentinelSession::EndFailover(const absl::Status& status) {
  if (status.ok()) {
    reply_.Ok();
  } else {
    Error(absl::StrCat("NOGOODSLAVE ", status.message()));
  }
  waiting_ = false;
  Consume();
  Flush();
}

void SentinelSession::InfoCache(Arguments) {
  Error("ERR nothing is cached here; ask the nodes for INFO themselves");
}

void SentinelSession::PendingScripts(Arguments) { reply_.Array(0); }

// There is nothing to forget: what is shown is looked up each time.
void SentinelSession::ResetMasters(Arguments arguments) {
  reply_.Integer(map_.primary() != nullptr && GlobMatch(arguments[2], map_.name) ? 1 : 0);
}

// The configuration is on the voters' disks before anybody hears of it.
void SentinelSession::FlushConfig(Arguments) { reply_.Ok(); }

void SentinelSession::Refuse(Arguments arguments) {
  Error(absl::StrCat("ERR SENTINEL ", absl::AsciiStrToUpper(arguments[1]),
                     " has nothing to change here: a node answers for its own cluster only; see "
                     "kvctl config and kvctl status"));
}

void SentinelSession::Help(Arguments) {
  constexpr absl::string_view kLines[] = {
      "SENTINEL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "CKQUORUM <master-name>",
      "    Tell whether enough voters are reachable to agree on another primary.",
      "FAILOVER <master-name>",
      "    Hand leadership to the best replica, losing nothing.",
      "GET-MASTER-ADDR-BY-NAME <master-name>",
      "    Tell the address of the primary. The master's name is the cluster's.",
      "IS-MASTER-DOWN-BY-ADDR <ip> <port> <current-epoch> <runid>",
      "    Tell whether this node believes that the primary is down.",
      "MASTER <master-name>",
      "    Show the state of the primary.",
      "MASTERS",
      "    Show the state of the only master there is.",
      "MYID",
      "    Tell the id of this node.",
      "REPLICAS <master-name>",
      "    Show the replicas and their state.",
      "SENTINELS <master-name>",
      "    Show the other nodes that answer here.",
      "HELP",
      "    Print this help.",
  };
  reply_.Array(std::size(kLines));
  for (const absl::string_view line : kLines) reply_.Simple(line);
}

void SentinelSession::Info(Arguments arguments) {
  const auto wanted = [&](absl::string_view section) {
    return arguments.size() == 1 || absl::EqualsIgnoreCase(arguments[1], section) ||
           absl::EqualsIgnoreCase(arguments[1], "all") ||
           absl::EqualsIgnoreCase(arguments[1], "default") ||
           absl::EqualsIgnoreCase(arguments[1], "everything");
  };
  std::string text;
  const auto section = [&](absl::string_view title) {
    absl::StrAppend(&text, text.empty() ? "" : "\r\n", "# ", title, "\r\n");
  };
  if (wanted("server")) {
    section("Server");
    const int64_t seconds = (node_.clock().Monotonic() - node_.started()).value / 1'000'000'000;
    absl::StrAppend(&text, "redis_version:", kRedisVersion, "\r\nholdfast_version:", kVersion,
                    "\r\nredis_mode:sentinel\r\nprocess_id:", node_.runtime().process_id(),
                    "\r\nrun_id:", RedisId(node_.membership()->driver().Status().self.node),
                    "\r\ntcp_port:", door_.port(), "\r\nuptime_in_seconds:", seconds,
                    "\r\nuptime_in_days:", seconds / 86'400, "\r\n");
  }
  if (wanted("clients")) {
    section("Clients");
    absl::StrAppend(&text, "connected_clients:", door_.session_count(), "\r\n");
  }
  if (wanted("sentinel")) {
    section("Sentinel");
    const bool any = map_.primary() != nullptr;
    absl::StrAppend(&text, "sentinel_masters:", any ? 1 : 0,
                    "\r\nsentinel_tilt:0\r\nsentinel_tilt_since_seconds:-1\r\n"
                    "sentinel_running_scripts:0\r\nsentinel_scripts_queue_length:0\r\n"
                    "sentinel_simulate_failure_flags:0\r\n");
    if (any) {
      absl::StrAppend(&text, "master0:name=", map_.name, ",status=", map_.working ? "ok" : "odown",
                      ",address=", map_.primary()->host, ":", map_.primary()->port,
                      ",slaves=", map_.replicas().size(),
                      ",sentinels=", OtherSentinels(map_).size() + 1, "\r\n");
    }
  }
  reply_.Verbatim("txt", text);
}

void SentinelSession::Role(Arguments) {
  const bool any = map_.primary() != nullptr;
  reply_.Array(2);
  reply_.Bulk("sentinel");
  reply_.Array(any ? 1 : 0);
  if (any) reply_.Bulk(map_.name);
}

}  // namespace holdfast
