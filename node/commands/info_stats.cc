// The sections of INFO that count what happened, and what there is.
#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "net/base/random.h"
#include "node/command_table.h"
#include "node/commands/info.h"
#include "node/node.h"
#include "node/worker.h"

namespace holdfast {
namespace {

// What has been counted for a command, all workers together.
CommandCounters CountersOf(Node& node, const CommandSpec& spec) {
  CommandCounters sum;
  for (const auto& worker : node.workers()) {
    const CommandCounters& counters = worker->commands[CommandTable::IndexOf(&spec)];
    sum.calls += counters.calls;
    sum.nanos += counters.nanos;
    sum.rejected += counters.rejected;
    sum.failed += counters.failed;
    if (counters.latency == nullptr) continue;
    if (sum.latency == nullptr) sum.latency = std::make_unique<LatencyHistogram>();
    sum.latency->Merge(*counters.latency);
  }
  return sum;
}

// Keys that AverageTtl looks at.
constexpr int kTtlSamples = 128;

// How long the keys of a database with a deadline still have on average: an estimate from keys
// of slots in turn, a slot counting as much as it has keys. 0 if it met none with a deadline.
int64_t AverageTtlMillis(Node& node, DatabaseId database) {
  const Keyspace& keyspace = node.keyspace();
  if (keyspace.SizeWithDeadline(database) == 0) return 0;
  const Millis now = node.log_clock().Now();
  // Few keys stand in few slots, which an even step would pass over.
  const int step = keyspace.Size(database) <= kTtlSamples ? 1 : kSlotCount / kTtlSamples;
  double weighted_millis = 0;
  double weight = 0;
  int from = 0;
  for (int sample = 0; sample < kTtlSamples; ++sample) {
    const auto slot = keyspace.NextSlotWithKeys(from);
    if (!slot) {
      // Once more from the start: a slot may have many keys.
      from = 0;
      continue;
    }
    // The next multiple of the step behind this slot.
    from = (slot->value / step + 1) * step;
    const Entry* entry = keyspace.Pick(database, *slot, MixBits(static_cast<uint64_t>(sample)));
    if (entry == nullptr || !entry->has_deadline()) continue;
    const auto keys = static_cast<double>(keyspace.SlotSize(database, *slot));
    weighted_millis +=
        keys * static_cast<double>(std::max(entry->deadline() - now, Millis{}).value);
    weight += keys;
  }
  return weight == 0 ? 0 : static_cast<int64_t>(weighted_millis / weight);
}

}  // namespace

void StatsSection(Node& node, InfoText& info) {
  const WorkerCounters total = node.TotalCounters();
  const Samples& samples = node.samples();
  info.Section("Stats");
  info.Field("total_connections_received", total.connections_received);
  info.Field("total_commands_processed", total.commands_processed);
  info.Decimal("instantaneous_ops_per_sec", samples.operations_per_second, 0);
  info.Field("total_net_input_bytes", total.bytes_received);
  info.Field("total_net_output_bytes", total.bytes_sent);
  info.Field("total_net_repl_input_bytes", 0);
  info.Field("total_net_repl_output_bytes", 0);
  info.Decimal("instantaneous_input_kbps", samples.input_kilobytes_per_second, 2);
  info.Decimal("instantaneous_output_kbps", samples.output_kilobytes_per_second, 2);
  info.Field("instantaneous_input_repl_kbps", "0.00");
  info.Field("instantaneous_output_repl_kbps", "0.00");
  info.Field("rejected_connections", total.connections_rejected);
  info.Field("sync_full", 0);
  info.Field("sync_partial_ok", 0);
  info.Field("sync_partial_err", 0);
  info.Field("expired_keys", total.expired_keys);
  info.Field("expired_stale_perc", "0.00");
  info.Field("expired_time_cap_reached_count", 0);
  info.Field("expire_cycle_cpu_milliseconds", 0);
  info.Field("evicted_keys", 0);
  info.Field("evicted_clients", 0);
  info.Field("total_eviction_exceeded_time", 0);
  info.Field("current_eviction_exceeded_time", 0);
  info.Field("keyspace_hits", total.keyspace_hits);
  info.Field("keyspace_misses", total.keyspace_misses);
  info.Field("pubsub_channels", 0);
  info.Field("pubsub_patterns", 0);
  info.Field("pubsubshard_channels", 0);
  info.Field("latest_fork_usec", 0);
  info.Field("total_forks", 0);
  info.Field("migrate_cached_sockets", 0);
  info.Field("slave_expires_tracked_keys", 0);
  info.Field("active_defrag_hits", 0);
  info.Field("active_defrag_misses", 0);
  info.Field("active_defrag_key_hits", 0);
  info.Field("active_defrag_key_misses", 0);
  info.Field("total_active_defrag_time", 0);
  info.Field("current_active_defrag_time", 0);
  info.Field("tracking_total_keys", 0);
  info.Field("tracking_total_items", 0);
  info.Field("tracking_total_prefixes", 0);
  info.Field("unexpected_error_replies", 0);
  info.Field("total_error_replies", total.error_replies);
  info.Field("dump_payload_sanitizations", 0);
  info.Field("total_reads_processed", total.reads_processed);
  info.Field("total_writes_processed", total.writes_processed);
  info.Field("io_threaded_reads_processed", 0);
  info.Field("io_threaded_writes_processed", 0);
  info.Field("reply_buffer_shrinks", 0);
  info.Field("reply_buffer_expands", 0);
  info.Field("client_query_buffer_limit_disconnections", total.query_buffer_limit_disconnections);
  info.Field("client_output_buffer_limit_disconnections", total.output_limit_disconnections);
}

void CommandStatsSection(Node& node, InfoText& info) {
  info.Section("Commandstats");
  for (const CommandSpec& spec : AllCommands()) {
    const CommandCounters counters = CountersOf(node, spec);
    if (counters.calls == 0 && counters.rejected == 0) continue;
    const uint64_t microseconds = counters.nanos / 1000;
    info.Field(
        absl::StrCat("cmdstat_", spec.name),
        absl::StrFormat("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
                        counters.calls, microseconds,
                        counters.calls == 0 ? 0.0
                                            : static_cast<double>(counters.nanos) / 1000 /
                                                  static_cast<double>(counters.calls),
                        counters.rejected, counters.failed));
  }
}

void ErrorStatsSection(Node& node, InfoText& info) {
  std::map<std::string, uint64_t> errors;
  for (const auto& worker : node.workers()) {
    for (const auto& [code, count] : worker->errors) errors[code] += count;
  }
  info.Section("Errorstats");
  for (const auto& [code, count] : errors) {
    info.Field(absl::StrCat("errorstat_", code), absl::StrCat("count=", count));
  }
}

void LatencyStatsSection(Node& node, InfoText& info) {
  info.Section("Latencystats");
  const Settings& settings = node.settings();
  if (!settings.latency_tracking) return;
  for (const CommandSpec& spec : AllCommands()) {
    const CommandCounters counters = CountersOf(node, spec);
    if (counters.latency == nullptr) continue;
    std::string percentiles;
    for (const double percentile : settings.latency_tracking_info_percentiles) {
      absl::StrAppendFormat(&percentiles, "%sp%g=%.3f", percentiles.empty() ? "" : ",", percentile,
                            counters.latency->Percentile(percentile / 100));
    }
    info.Field(absl::StrCat("latency_percentiles_usec_", spec.name), percentiles);
  }
}

void KeyspaceSection(Node& node, InfoText& info) {
  info.Section("Keyspace");
  for (int i = 0; i < kDatabaseCount; ++i) {
    const DatabaseId database{static_cast<uint8_t>(i)};
    const uint64_t keys = node.keyspace().Size(database);
    if (keys == 0) continue;
    info.Field(absl::StrCat("db", i),
               absl::StrCat("keys=", keys, ",expires=", node.keyspace().SizeWithDeadline(database),
                            ",avg_ttl=", AverageTtlMillis(node, database)));
  }
}

}  // namespace holdfast
