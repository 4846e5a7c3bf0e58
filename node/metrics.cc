#include "node/metrics.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "cluster/log/replication_log.h"
#include "node/command_table.h"
#include "node/commands/cluster.h"
#include "node/node.h"
#include "node/version.h"

namespace holdfast {
namespace {

using Labels = std::vector<std::pair<absl::string_view, std::string>>;

// Writes families: what is counted, how, and its samples.
class Exposition {
 public:
  void Gauge(absl::string_view name, absl::string_view help) { Family(name, help, "gauge"); }
  void Counter(absl::string_view name, absl::string_view help) { Family(name, help, "counter"); }
  // A sample of the family begun last.
  void Sample(double value, const Labels& labels = {}) {
    absl::StrAppend(&text_, name_);
    for (size_t i = 0; i < labels.size(); ++i) {
      absl::StrAppend(&text_, i == 0 ? "{" : ",", labels[i].first, "=\"", Escaped(labels[i].second),
                      "\"");
    }
    absl::StrAppendFormat(&text_, "%s %.15g\n", labels.empty() ? "" : "}", value);
  }
  void Gauge(absl::string_view name, absl::string_view help, double value) {
    Gauge(name, help);
    Sample(value);
  }
  void Counter(absl::string_view name, absl::string_view help, double value) {
    Counter(name, help);
    Sample(value);
  }
  std::string Take() { return std::move(text_); }

 private:
  static std::string Escaped(const std::string& value) {
    return absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
  }
  void Family(absl::string_view name, absl::string_view help, absl::string_view type) {
    name_ = std::string(name);
    absl::StrAppend(&text_, "# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
  }

  std::string text_;
  std::string name_;
};

double Seconds64(uint64_t nanos) { return static_cast<double>(nanos) / 1e9; }
double Number(uint64_t value) { return static_cast<double>(value); }

void Process(const MetricsSample& sample, Exposition& out) {
  out.Gauge("redis_up", "Whether the node answers.", 1);
  const bool leads = !sample.part || sample.part->status.group.role == GroupRole::kPrimary;
  out.Gauge("redis_instance_info", "What is running here.");
  out.Sample(1, {{"role", leads ? "master" : "slave"},
                 {"redis_version", kRedisVersion},
                 {"holdfast_version", kVersion},
                 {"redis_mode", "standalone"},
                 {"maxmemory_policy", "noeviction"},
                 {"tcp_port", absl::StrCat(sample.port)},
                 {"process_id", absl::StrCat(sample.process_id)},
                 {"run_id", sample.run_id}});
  out.Gauge("redis_uptime_in_seconds", "Seconds since the start.", sample.uptime_seconds);
  out.Gauge("redis_start_time_seconds", "When it was started, since 1970.", sample.started_at);
  out.Counter("redis_cpu_user_seconds_total", "CPU time in user mode.", sample.cpu_user_seconds);
  out.Counter("redis_cpu_sys_seconds_total", "CPU time in the kernel.", sample.cpu_system_seconds);
}

void Clients(const MetricsSample& sample, Exposition& out) {
  const WorkerCounters& counters = sample.counters;
  out.Gauge("redis_connected_clients", "Connections of clients.", Number(sample.sessions));
  out.Gauge("redis_max_clients", "How many there may be.", Number(sample.clients_max));
  out.Counter("redis_connections_received_total", "Connections accepted.",
              Number(counters.connections_received));
  out.Counter("redis_rejected_connections_total", "Connections refused.",
              Number(counters.connections_rejected));
  out.Gauge("holdfast_forwarded_clients", "Clients of other nodes that this one serves.",
            Number(sample.forwarded_clients));
  out.Counter("holdfast_requests_passed_on_total", "Requests passed on to the primary.",
              Number(counters.requests_passed_on));
  out.Counter("redis_net_input_bytes_total", "Bytes received from clients.",
              Number(counters.bytes_received));
  out.Counter("redis_net_output_bytes_total", "Bytes sent to clients.",
              Number(counters.bytes_sent));
}

void MemoryAndKeys(const MetricsSample& sample, Exposition& out) {
  const WorkerCounters& counters = sample.counters;
  out.Gauge("redis_memory_used_bytes", "Memory that counts against maxmemory.",
            Number(sample.used_bytes));
  out.Gauge("redis_memory_used_peak_bytes", "The most it has been.",
            Number(sample.used_bytes_peak));
  out.Gauge("redis_memory_used_rss_bytes", "Physical memory of the process.",
            Number(sample.resident_bytes));
  out.Gauge("redis_memory_max_bytes", "maxmemory; 0 is no limit.", Number(sample.memory_max));
  out.Gauge("redis_db_keys", "Keys of a database.");
  for (size_t i = 0; i < sample.databases.size(); ++i) {
    out.Sample(Number(sample.databases[i].keys), {{"db", absl::StrCat("db", i)}});
  }
  out.Gauge("redis_db_keys_expiring", "Keys of a database that have a deadline.");
  for (size_t i = 0; i < sample.databases.size(); ++i) {
    out.Sample(Number(sample.databases[i].with_deadline), {{"db", absl::StrCat("db", i)}});
  }
  out.Counter("redis_keyspace_hits_total", "Reads that found their key.",
              Number(counters.keyspace_hits));
  out.Counter("redis_keyspace_misses_total", "Reads that did not.",
              Number(counters.keyspace_misses));
  out.Counter("redis_expired_keys_total", "Keys gone at their deadline.",
              Number(counters.expired_keys));
  out.Counter("redis_evicted_keys_total", "Keys evicted for room; none ever is.", 0);
}

void Commands(const MetricsSample& sample, Exposition& out) {
  using Command = MetricsSample::Command;
  const auto family = [&](absl::string_view name, absl::string_view help, auto value) {
    out.Counter(name, help);
    for (const Command& command : sample.commands) {
      out.Sample(value(command), {{"cmd", std::string(command.name)}});
    }
  };
  out.Counter("redis_commands_processed_total", "Commands executed.",
              Number(sample.counters.commands_processed));
  out.Gauge("redis_instantaneous_ops_per_sec", "Commands per second, of late.",
            sample.operations_per_second);
  family("redis_commands_total", "Calls of a command.",
         [](const Command& command) { return Number(command.calls); });
  family("redis_commands_duration_seconds_total", "Time spent in a command.",
         [](const Command& command) { return Seconds64(command.nanos); });
  family("redis_commands_rejected_calls_total", "Calls refused before execution.",
         [](const Command& command) { return Number(command.rejected); });
  family("redis_commands_failed_calls_total", "Calls answered with an error.",
         [](const Command& command) { return Number(command.failed); });
  out.Counter("redis_errors_total", "Error replies by their code.");
  for (const auto& [code, count] : sample.errors) out.Sample(Number(count), {{"err", code}});
  out.Gauge("redis_slowlog_length", "Entries in the slow log.", Number(sample.slowlog_length));
}

void Replication(const MetricsSample& sample, Exposition& out) {
  const MetricsSample::Part* part = sample.part ? &*sample.part : nullptr;
  out.Gauge("redis_cluster_enabled", "Whether it may be part of a cluster.", part ? 1 : 0);
  const GroupReport group = part ? part->status.group : GroupReport{};
  out.Gauge("redis_connected_slaves", "Members that follow this primary.",
            Number(group.peers.size()));
  out.Gauge("redis_master_repl_offset", "LSN of the newest record.", Number(group.tail.value));
  if (part == nullptr) return;
  if (group.role == GroupRole::kPrimary) {
    out.Gauge("redis_connected_slave_offset_bytes", "LSN up to which a member holds the log.");
    for (const PeerReport& peer : group.peers) {
      const ClusterMap::Member* member = part->map.Find(peer.identity.node);
      if (member == nullptr) continue;
      out.Sample(Number(peer.held.value),
                 {{"slave_ip", member->host},
                  {"slave_port", absl::StrCat(member->port)},
                  {"slave_state", peer.in_sync ? "online" : "wait_bgsave"}});
    }
    return;
  }
  const ClusterMap::Member* primary = part->map.primary();
  const Labels labels = {{"master_host", primary ? primary->host : ""},
                         {"master_port", absl::StrCat(primary ? primary->port : 0)}};
  out.Gauge("redis_master_link_up", "Whether the primary's records arrive.");
  out.Sample(group.attached ? 1 : 0, labels);
  out.Gauge("redis_master_last_io_seconds_ago", "Since the primary was heard.");
  out.Sample(static_cast<double>(group.since_heard.value) / 1e9, labels);
  out.Gauge("redis_master_sync_in_progress", "Whether it is being filled.");
  out.Sample(group.syncing ? 1 : 0, labels);
  out.Gauge("redis_slave_repl_offset", "LSN up to which it has executed the log.");
  out.Sample(Number(group.applied.value), labels);
}

FaultTolerance ToleranceOf(const MetricsSample::Part& part) {
  return {.in_sync = static_cast<int>(part.status.configuration.group.in_sync.size()),
          .min_in_sync = static_cast<int>(part.status.min_in_sync),
          .live_voters = static_cast<int>(part.map.voters_reachable),
          .voters = static_cast<int>(part.map.voters)};
}

void GroupSeries(const MetricsSample::Part& part, Exposition& out) {
  const GroupReport& group = part.status.group;
  out.Gauge("holdfast_role", "1 for the part that the node has.");
  for (const absl::string_view role :
       {"primary", "replica", "learner", "waiting", "lost", "witness", "none"}) {
    out.Sample(RoleWord(part.status) == role ? 1 : 0, {{"role", std::string(role)}});
  }
  out.Gauge("holdfast_serving", "Whether it serves as the primary now.",
            part.status.serving ? 1 : 0);
  out.Gauge("holdfast_epoch", "The epoch as it is known here.", Number(part.map.epoch.value));
  out.Gauge("holdfast_configuration_version", "Version of the configuration known here.",
            Number(part.status.configuration.version));
  out.Counter("holdfast_failovers_total",
              "Changes of the primary that this node has seen since its start.",
              Number(part.failovers));
  out.Gauge("holdfast_in_sync_members", "Members in sync, the primary included.",
            Number(part.status.configuration.group.in_sync.size()));
  out.Gauge("holdfast_min_in_sync", "Members that must hold a write before it is acknowledged.",
            Number(part.status.min_in_sync));
  out.Gauge("holdfast_survivable_failures", "Nodes that may fail before writes stop.",
            ToleranceOf(part).Survives());
  out.Gauge("holdfast_commit_lag_records", "Records executed or received and not yet committed.",
            Number(group.tail.value - std::min(group.tail, group.commit).value));
  out.Gauge("holdfast_lease_margin_seconds", "Time left of a primary's lease.",
            static_cast<double>(std::max<int64_t>(0, group.lease_left.value)) / 1e9);
  out.Gauge("holdfast_held_replies", "Replies that wait for their commit.",
            Number(part.held.replies));
  out.Gauge("holdfast_oldest_held_seconds", "How long the oldest of them has waited.",
            static_cast<double>(part.held.oldest.value) / 1e9);
  out.Gauge("holdfast_log_bytes", "Memory of the log that is kept for others.",
            Number(part.log_bytes));
  out.Gauge("holdfast_open_change", "Whether a change of the set is under way.",
            group.change_open ? 1 : 0);
  out.Gauge("holdfast_unreachable_nodes", "Nodes of the cluster that cannot be reached from here.",
            Number(part.status.unreachable.size()));
  out.Gauge("holdfast_member_lag_records", "Records that a member has yet to hold.");
  for (const PeerReport& peer : group.peers) {
    const ClusterMap::Member* member = part.map.Find(peer.identity.node);
    if (member == nullptr) continue;
    out.Sample(Number(group.tail.value - std::min(group.tail, peer.held).value),
               {{"member", member->name}});
  }
  out.Gauge("holdfast_member_syncing", "Whether a member is being filled with a snapshot.");
  for (const PeerReport& peer : group.peers) {
    const ClusterMap::Member* member = part.map.Find(peer.identity.node);
    if (member != nullptr) out.Sample(peer.syncing ? 1 : 0, {{"member", member->name}});
  }
  out.Gauge("holdfast_member_sync_bytes", "Bytes of its snapshot that a member has taken so far.");
  for (const auto& [node, bytes] : part.status.sync_taken) {
    const ClusterMap::Member* member = part.map.Find(node);
    if (member != nullptr) out.Sample(Number(bytes), {{"member", member->name}});
  }
  out.Gauge("holdfast_sync_received_bytes",
            "Bytes of the snapshot that this node is being filled with, so far.",
            Number(part.status.sync_received));
}

// World stopped.
void CopyCommands(Node& node, MetricsSample& sample) {
  std::map<std::string, uint64_t> errors;
  for (const auto& worker : node.workers()) {
    for (const auto& [code, count] : worker->errors) errors[code] += count;
  }
  sample.errors.assign(errors.begin(), errors.end());
  for (const CommandSpec& spec : AllCommands()) {
    MetricsSample::Command command{.name = spec.name};
    for (const auto& worker : node.workers()) {
      const CommandCounters& counters = worker->commands[CommandTable::IndexOf(&spec)];
      command.calls += counters.calls;
      command.nanos += counters.nanos;
      command.rejected += counters.rejected;
      command.failed += counters.failed;
    }
    if (command.calls + command.rejected != 0) sample.commands.push_back(command);
  }
}

}  // namespace

MetricsSample SampleMetrics(Node& node) {
  MetricsSample sample;
  sample.commands.reserve(AllCommands().size());
  {
    WorldGate::Stop stop(node.gate(), node.background_participant());
    sample.counters = node.TotalCounters();
    CopyCommands(node, sample);
    sample.slowlog_length = node.slowlog().size();
  }
  const Settings& settings = node.settings();
  for (uint8_t i = 0; i < kDatabaseCount; ++i) {
    sample.databases[i] = {node.keyspace().Size(DatabaseId{i}),
                           node.keyspace().SizeWithDeadline(DatabaseId{i})};
  }
  sample.operations_per_second = node.samples().operations_per_second;
  sample.sessions = node.session_count();
  sample.forwarded_clients = node.forwarded_clients();
  sample.clients_max = static_cast<uint64_t>(settings.maxclients);
  sample.used_bytes = node.used_bytes();
  sample.used_bytes_peak = std::max(node.samples().used_bytes_peak, sample.used_bytes);
  sample.resident_bytes = node.runtime().resident_bytes();
  sample.memory_max = settings.maxmemory_bytes;
  sample.cpu_user_seconds = node.runtime().cpu_time().user_seconds;
  sample.cpu_system_seconds = node.runtime().cpu_time().system_seconds;
  const Nanos up = node.clock().Monotonic() - node.started();
  sample.uptime_seconds = static_cast<double>(up.value / 1'000'000'000);
  sample.started_at = static_cast<double>((node.clock().Wall() - up).value / 1'000'000'000);
  sample.port = settings.port;
  sample.process_id = node.runtime().process_id();
  sample.run_id = node.run_id();
  if (Membership* membership = node.membership()) {
    sample.part = MetricsSample::Part{.status = membership->driver().Status(),
                                      .map = membership->Map(),
                                      .held = membership->Held(),
                                      .failovers = membership->chronicle().failovers(),
                                      .log_bytes = membership->driver().log().held_bytes()};
  }
  return sample;
}

std::string MetricsText(const MetricsSample& sample) {
  Exposition out;
  Process(sample, out);
  Clients(sample, out);
  MemoryAndKeys(sample, out);
  Commands(sample, out);
  Replication(sample, out);
  if (sample.part) GroupSeries(*sample.part, out);
  return out.Take();
}

}  // namespace holdfast
