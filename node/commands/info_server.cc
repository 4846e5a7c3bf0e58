// The sections of INFO that describe the process and its surroundings.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "node/commands/info.h"
#include "node/commands/keys_access.h"
#include "node/node.h"
#include "node/session.h"
#include "node/version.h"

namespace holdfast {
namespace {

void ListenerFields(const Settings& settings, InfoText& info) {
  int number = 0;
  if (settings.port != 0) {
    std::string binds;
    for (const std::string& address : settings.bind) absl::StrAppend(&binds, ",bind=", address);
    info.Field(absl::StrCat("listener", number++),
               absl::StrCat("name=tcp", binds, ",port=", settings.port));
  }
  if (!settings.unixsocket.empty()) {
    info.Field(absl::StrCat("listener", number),
               absl::StrCat("name=unix,bind=", settings.unixsocket));
  }
}

// What the buffers of all sessions hold.
struct SessionBuffers {
  size_t bytes = 0;
  size_t input_bytes_max = 0;
  size_t output_bytes_max = 0;
};

SessionBuffers MeasureSessions(Node& node) {
  SessionBuffers buffers;
  node.ForEachSession([&](Session& session) {
    if (!session.attached()) return;
    buffers.bytes += sizeof(Session) + session.query_capacity() + session.output_bytes();
    buffers.input_bytes_max = std::max(buffers.input_bytes_max, session.query_capacity());
    buffers.output_bytes_max = std::max(buffers.output_bytes_max, session.output_bytes());
  });
  return buffers;
}

double Ratio(uint64_t numerator, uint64_t denominator) {
  return denominator == 0 ? 0 : static_cast<double>(numerator) / static_cast<double>(denominator);
}

}  // namespace

void ServerSection(Node& node, InfoText& info) {
  const Settings& settings = node.settings();
  const int64_t uptime_seconds = (node.clock().Monotonic() - node.started()).value / 1'000'000'000;
  info.Section("Server");
  info.Field("redis_version", kRedisVersion);
  info.Field("holdfast_version", kVersion);
  info.Field("redis_git_sha1", "00000000");
  info.Field("redis_git_dirty", 0);
  info.Field("redis_build_id", 0);
  // Also in a cluster. Who reads "cluster" here gives up databases, commands on several slots and
  // scripts over them, all of which every node serves; a cluster's client asks CLUSTER, or looks at
  // cluster_enabled, and a Sentinel's at the role.
  info.Field("redis_mode", "standalone");
  info.Field("os", "Linux");
  info.Field("arch_bits", 8 * sizeof(void*));
  info.Field("monotonic_clock", "POSIX clock_gettime");
  info.Field("multiplexing_api", node.runtime().io_name());
  info.Field("atomicvar_api", "c11-builtin");
  info.Field("gcc_version", absl::StrCat(__GNUC__, ".", __GNUC_MINOR__, ".", __GNUC_PATCHLEVEL__));
  info.Field("process_id", node.runtime().process_id());
  info.Field("process_supervised", "no");
  info.Field("run_id", node.run_id());
  info.Field("tcp_port", settings.port);
  info.Field("server_time_usec", node.clock().Wall().value / 1000);
  info.Field("uptime_in_seconds", uptime_seconds);
  info.Field("uptime_in_days", uptime_seconds / 86'400);
  info.Field("hz", settings.hz);
  info.Field("configured_hz", settings.hz);
  info.Field("lru_clock", AccessClock(node.log_clock().Now()));
  info.Field("executable", "kvnode");
  info.Field("config_file", node.config_path());
  info.Field("workers", node.workers().size());
  info.Field("io_threads_active", 0);
  ListenerFields(settings, info);
}

void ClientsSection(Node& node, InfoText& info) {
  const SessionBuffers buffers = MeasureSessions(node);
  info.Section("Clients");
  info.Field("connected_clients", node.session_count());
  info.Field("forwarded_clients", node.forwarded_clients());
  info.Field("cluster_connections", 0);
  info.Field("maxclients", node.settings().maxclients);
  info.Field("client_recent_max_input_buffer", buffers.input_bytes_max);
  info.Field("client_recent_max_output_buffer", buffers.output_bytes_max);
  info.Field("blocked_clients", 0);
  info.Field("tracking_clients", 0);
  info.Field("clients_in_timeout_table", 0);
  info.Field("total_blocking_keys", 0);
  info.Field("total_blocking_keys_on_nokey", 0);
}

void MemorySection(Node& node, InfoText& info) {
  const Settings& settings = node.settings();
  const uint64_t used = node.used_bytes();
  const uint64_t peak = std::max(node.samples().used_bytes_peak, used);
  const uint64_t resident = node.runtime().resident_bytes();
  const auto above_used = static_cast<int64_t>(resident) - static_cast<int64_t>(used);
  info.Section("Memory");
  info.Memory("used_memory", used);
  info.Memory("used_memory_rss", resident);
  info.Memory("used_memory_peak", peak);
  info.Field("used_memory_peak_perc", absl::StrFormat("%.2f%%", 100 * Ratio(used, peak)));
  info.Field("used_memory_overhead", 0);
  info.Field("used_memory_startup", 0);
  info.Field("used_memory_dataset", used);
  info.Field("used_memory_dataset_perc", used == 0 ? "0.00%" : "100.00%");
  info.Field("allocator_allocated", used);
  info.Field("allocator_active", resident);
  info.Field("allocator_resident", resident);
  info.Memory("total_system_memory", node.runtime().machine_memory_bytes());
  info.Memory("used_memory_lua", 0);
  info.Field("used_memory_vm_eval", 0);
  info.Field("used_memory_scripts_eval", 0);
  info.Field("number_of_cached_scripts", 0);
  info.Field("number_of_functions", 0);
  info.Field("number_of_libraries", 0);
  info.Field("used_memory_vm_functions", 0);
  info.Memory("used_memory_vm_total", 0);
  info.Field("used_memory_functions", 0);
  info.Memory("used_memory_scripts", 0);
  info.Memory("maxmemory", settings.maxmemory_bytes);
  // Whatever policy is asked for, nothing is evicted: a write over the limit is refused.
  info.Field("maxmemory_policy", "noeviction");
  info.Decimal("allocator_frag_ratio", Ratio(resident, used), 2);
  info.Field("allocator_frag_bytes", above_used);
  info.Decimal("allocator_rss_ratio", 1, 2);
  info.Field("allocator_rss_bytes", 0);
  info.Decimal("rss_overhead_ratio", 1, 2);
  info.Field("rss_overhead_bytes", 0);
  info.Decimal("mem_fragmentation_ratio", Ratio(resident, used), 2);
  info.Field("mem_fragmentation_bytes", above_used);
  info.Field("mem_not_counted_for_evict", 0);
  info.Field("mem_replication_backlog", 0);
  info.Field("mem_total_replication_buffers", 0);
  info.Field("mem_clients_slaves", 0);
  info.Field("mem_clients_normal", MeasureSessions(node).bytes);
  info.Field("mem_cluster_links", 0);
  info.Field("mem_aof_buffer", 0);
  info.Field("mem_allocator", "slab");
  info.Field("active_defrag_running", 0);
  info.Field("lazyfree_pending_objects", 0);
  info.Field("lazyfreed_objects", 0);
}

void CpuSection(Node& node, InfoText& info) {
  const Runtime::CpuTime cpu = node.runtime().cpu_time();
  info.Section("CPU");
  info.Decimal("used_cpu_sys", cpu.system_seconds, 6);
  info.Decimal("used_cpu_user", cpu.user_seconds, 6);
  info.Decimal("used_cpu_sys_children", 0, 6);
  info.Decimal("used_cpu_user_children", 0, 6);
  // Every thread does what the main thread of Redis does.
  info.Decimal("used_cpu_sys_main_thread", cpu.system_seconds, 6);
  info.Decimal("used_cpu_user_main_thread", cpu.user_seconds, 6);
}

void ModulesSection(Node&, InfoText& info) { info.Section("Modules"); }

void ClusterSection(Node& node, InfoText& info) {
  info.Section("Cluster");
  info.Field("cluster_enabled", node.membership() == nullptr ? 0 : 1);
}

}  // namespace holdfast
