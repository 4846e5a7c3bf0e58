// Metrics: what a scrape sees of a node, in Prometheus' text format.
//
// Series that redis_exporter has are named and labelled as it does, so that dashboards made for it
// work; ours begin with holdfast_. All figures are copied in a stopped world, microseconds of it,
// and written down afterwards.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/cluster_map.h"
#include "node/membership.h"
#include "node/worker.h"

namespace holdfast {

struct MetricsSample {
  struct Command {
    absl::string_view name;
    uint64_t calls = 0;
    uint64_t nanos = 0;
    uint64_t rejected = 0;
    uint64_t failed = 0;
  };
  struct Database {
    uint64_t keys = 0;
    uint64_t with_deadline = 0;
  };
  // The part of the node in a cluster.
  struct Part {
    ClusterStatus status;
    ClusterMap map;
    HeldSummary held;
    uint64_t failovers = 0;
    uint64_t log_bytes = 0;
  };

  WorkerCounters counters;
  std::vector<Command> commands;                         // those that were called
  std::vector<std::pair<std::string, uint64_t>> errors;  // by code
  std::array<Database, kDatabaseCount> databases;
  double operations_per_second = 0;
  uint64_t sessions = 0;
  uint64_t forwarded_clients = 0;
  uint64_t clients_max = 0;
  uint64_t used_bytes = 0;
  uint64_t used_bytes_peak = 0;
  uint64_t resident_bytes = 0;
  uint64_t memory_max = 0;
  uint64_t slowlog_length = 0;
  double cpu_user_seconds = 0;
  double cpu_system_seconds = 0;
  double uptime_seconds = 0;
  double started_at = 0;  // seconds since 1970
  int port = 0;
  int process_id = 0;
  std::string run_id;
  std::optional<Part> part;  // nothing if it stands alone
};

// On the background loop, inside its gate.
MetricsSample SampleMetrics(Node& node);

std::string MetricsText(const MetricsSample& sample);

}  // namespace holdfast
