#include "node/sentinel/sentinel_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

using Member = ClusterMap::Member;

// "master shop 10.0.0.1 6379"
std::string MasterWords(const std::string& name, const Member& master) {
  return absl::StrCat("master ", name, " ", master.host, " ", master.port);
}

// "slave 10.0.0.2:6379 10.0.0.2 6379 @ shop 10.0.0.1 6379"
std::string ReplicaWords(const std::string& name, const Member& replica, const Member& master) {
  return absl::StrCat("slave ", replica.host, ":", replica.port, " ", replica.host, " ",
                      replica.port, " @ ", name, " ", master.host, " ", master.port);
}

// What every instance begins with.
SentinelFields CommonFields(absl::string_view name, const Member& member, uint16_t port,
                            absl::string_view flags) {
  return {{"name", std::string(name)},   {"ip", member.host},
          {"port", absl::StrCat(port)},  {"runid", RedisId(member.id)},
          {"flags", std::string(flags)}, {"link-pending-commands", "0"},
          {"link-refcount", "1"},        {"last-ping-sent", "0"},
          {"last-ok-ping-reply", "0"},   {"last-ping-reply", "0"}};
}

void Append(SentinelFields& fields, SentinelFields more) {
  fields.insert(fields.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

std::string DownAfter(const Settings& settings) { return absl::StrCat(settings.suspect_after_ms); }

}  // namespace

std::vector<const Member*> OtherSentinels(const ClusterMap& map) {
  std::vector<const Member*> others;
  for (const Member& member : map.members) {
    if (!member.myself && member.sentinel_port != 0) others.push_back(&member);
  }
  return others;
}

size_t SentinelQuorum(const ClusterMap& map) { return map.voters / 2 + 1; }

SentinelFields MasterFields(const ClusterMap& map, const Settings& settings) {
  const Member& master = *map.primary();
  SentinelFields fields =
      CommonFields(map.name, master, master.port, map.working ? "master" : "master,s_down,o_down");
  if (!map.working) Append(fields, {{"s-down-time", "0"}, {"o-down-time", "0"}});
  Append(fields, {{"down-after-milliseconds", DownAfter(settings)},
                  {"info-refresh", "0"},
                  {"role-reported", "master"},
                  {"role-reported-time", "0"},
                  {"config-epoch", absl::StrCat(map.epoch.value)},
                  {"num-slaves", absl::StrCat(map.replicas().size())},
                  {"num-other-sentinels", absl::StrCat(OtherSentinels(map).size())},
                  {"quorum", absl::StrCat(SentinelQuorum(map))},
                  {"failover-timeout", absl::StrCat(settings.lease_ms)},
                  {"parallel-syncs", "1"}});
  return fields;
}

SentinelFields ReplicaFields(const ClusterMap& map, const Member& replica,
                             const Settings& settings) {
  const Member& master = *map.primary();
  SentinelFields fields =
      CommonFields(absl::StrCat(replica.host, ":", replica.port), replica, replica.port,
                   replica.reachable ? "slave" : "slave,s_down,disconnected");
  if (!replica.reachable) Append(fields, {{"s-down-time", "0"}});
  const bool linked = replica.reachable && replica.in_sync && map.working;
  Append(fields, {{"down-after-milliseconds", DownAfter(settings)},
                  {"info-refresh", "0"},
                  {"role-reported", "slave"},
                  {"role-reported-time", "0"},
                  {"master-link-down-time", "0"},
                  {"master-link-status", linked ? "ok" : "err"},
                  {"master-host", master.host},
                  {"master-port", absl::StrCat(master.port)},
                  {"slave-priority", "100"},
                  {"slave-repl-offset", absl::StrCat(replica.offset.value)},
                  {"replica-announced", "1"}});
  return fields;
}

SentinelFields PeerFields(const Member& member, const Settings& settings) {
  SentinelFields fields =
      CommonFields(RedisId(member.id), member, member.sentinel_port,
                   member.reachable ? "sentinel" : "sentinel,s_down,disconnected");
  if (!member.reachable) Append(fields, {{"s-down-time", "0"}});
  Append(fields, {{"down-after-milliseconds", DownAfter(settings)},
                  {"last-hello-message", "0"},
                  {"voted-leader", "?"},
                  {"voted-leader-epoch", "0"}});
  return fields;
}

QuorumWord CheckQuorum(const ClusterMap& map) {
  const std::string usable = absl::StrCat(map.voters_reachable, " usable Sentinels. ");
  if (map.voters_reachable >= SentinelQuorum(map)) {
    return {true, absl::StrCat("OK ", usable, "Quorum and failover authorization can be reached")};
  }
  return {false, absl::StrCat("NOQUORUM ", usable,
                              "Not enough available Sentinels to reach the specified quorum for "
                              "this master. Not enough available Sentinels to reach the majority "
                              "and authorize a failover")};
}

std::vector<SentinelMessage> SentinelAnnouncer::Look(const ClusterMap& map) {
  std::vector<SentinelMessage> messages;
  const Member* primary = map.primary();
  if (primary == nullptr) return messages;
  if (!master_) master_ = *primary;
  const std::string quorum =
      absl::StrCat(" #quorum ", map.voters_reachable, "/", SentinelQuorum(map));
  if (map.working && primary->id != master_->id) {
    messages.push_back(
        {"+switch-master", absl::StrCat(map.name, " ", master_->host, " ", master_->port, " ",
                                        primary->host, " ", primary->port)});
    master_ = *primary;
    master_up_ = true;
  } else if (map.working != master_up_) {
    master_up_ = map.working;
    const std::string words = MasterWords(map.name, *master_);
    messages.push_back({map.working ? "-sdown" : "+sdown", words});
    messages.push_back({map.working ? "-odown" : "+odown", map.working ? words : words + quorum});
  }
  std::vector<Known> replicas;
  for (const Member& member : map.members) {
    if (member.id == master_->id) continue;
    const std::string words = ReplicaWords(map.name, member, *master_);
    const auto known = std::find_if(replicas_.begin(), replicas_.end(),
                                    [&](const Known& old) { return old.member.id == member.id; });
    if (known == replicas_.end()) {
      messages.push_back({"+slave", words});
    } else {
      if (known->up != member.reachable) {
        messages.push_back({member.reachable ? "-sdown" : "+sdown", words});
      }
      if (member.in_sync && !known->member.in_sync) {
        // Redis says the first, its documentation and some clients the second.
        messages.push_back({"+slave-reconf-done", words});
        messages.push_back({"+replica-reconf-done", words});
      }
    }
    replicas.push_back({member, member.reachable});
  }
  replicas_ = std::move(replicas);
  return messages;
}

}  // namespace holdfast
