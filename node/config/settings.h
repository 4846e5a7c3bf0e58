// Settings: what the directives say, in the form that the node reads on its hot paths.
//
// Plain fields, one per directive that has an effect, named after it; a unit follows the name where
// the directive does not say it. The defaults stand in the directive table alone: a Settings is
// only meaningful inside a Config, which fills it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "net/runtime/logger.h"
#include "storage/log/fsync_policy.h"

namespace holdfast {

enum class IoBackend : uint8_t { kAuto, kUring, kEpoll };
enum class Supervision : uint8_t { kNone, kUpstart, kSystemd, kAuto };
// When a write is acknowledged: as soon as it was executed, once all in-sync members hold it, or
// once it is on the disks of all of them.
enum class Durability : uint8_t { kAsync, kReplicated, kFsync };
// Whether a node that is stopped saves a snapshot first: if there are save rules, or in any case.
enum class FinalSave : uint8_t { kByRules, kAlways, kNever };
// What a primary's right to answer reads rests on: leases, or a round of questions per read.
enum class ReadMode : uint8_t { kLease, kConfirm };
// How CLUSTER SLOTS and CLUSTER SHARDS name a node.
enum class EndpointType : uint8_t { kIp, kHostname, kUnknown };
// How a node that does not lead serves clients that need the primary.
enum class Redirects : uint8_t { kAuto, kForward, kMoved };
// Who may use a guarded feature: nobody, everybody, clients from this machine.
enum class Permission : uint8_t { kNobody, kEverybody, kLocal };
enum class MaxmemoryPolicy : uint8_t {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllkeysLru,
  kAllkeysLfu,
  kAllkeysRandom,
  kNoEviction,
};

// When a client that does not read its replies is cut; 0 bytes means never.
struct OutputBufferLimit {
  int64_t hard_bytes = 0;
  int64_t soft_bytes = 0;
  int64_t soft_seconds = 0;
  bool operator==(const OutputBufferLimit&) const = default;
};
// Index into client_output_buffer_limits.
enum OutputBufferClass { kNormalClients, kReplicaClients, kPubSubClients, kOutputBufferClasses };

struct SavePoint {
  int64_t seconds = 0;
  int64_t changes = 0;
  bool operator==(const SavePoint&) const = default;
};

struct Settings {
  // Threads and network. 0 workers: one per core. A bind address may start with '-': it is then no
  // error if the machine does not have it; "*" and "::*" are all addresses of their family.
  int workers = 0;
  IoBackend io = IoBackend::kAuto;
  std::vector<std::string> bind;
  int port = 0;
  std::string unixsocket;
  uint32_t unixsocketperm = 0;
  int tcp_backlog = 0;
  int tcp_keepalive = 0;
  bool protected_mode = false;
  // Other doors of a node; 0: none. kSentinelPortAuto: Sentinel's own port, if it can be had.
  static constexpr int kSentinelPortAuto = -1;
  int sentinel_port = kSentinelPortAuto;
  int http_port = 0;
  std::vector<std::string> http_bind;

  // Clients.
  int64_t maxclients = 0;
  int64_t timeout_seconds = 0;
  int64_t proto_max_bulk_len = 0;
  int64_t client_query_buffer_limit = 0;
  std::array<OutputBufferLimit, kOutputBufferClasses> client_output_buffer_limits;
  std::string requirepass;
  // From the original name to the new one; a new name that is empty removes the command.
  std::vector<std::pair<std::string, std::string>> rename_commands;
  Permission enable_protected_configs = Permission::kNobody;
  Permission enable_debug_command = Permission::kNobody;

  // Process.
  bool daemonize = false;
  Supervision supervised = Supervision::kNone;
  std::string pidfile;
  std::string dir;
  LogLevel loglevel = LogLevel::kNotice;
  std::string logfile;
  bool syslog_enabled = false;
  std::string syslog_ident;
  std::string syslog_facility;

  // Memory and data structures.
  uint64_t maxmemory_bytes = 0;
  MaxmemoryPolicy maxmemory_policy = MaxmemoryPolicy::kNoEviction;
  int64_t lfu_log_factor = 0;
  int64_t lfu_decay_time_minutes = 0;
  int64_t list_max_listpack_size = 0;
  int databases = 0;

  // Cluster. Times are milliseconds; 0 for cluster_port is port + 10000, and for min_in_sync what
  // the number of data members suggests.
  bool cluster_enabled = false;
  bool witness = false;
  int cluster_port = 0;
  std::string cluster_announce_ip;
  int cluster_announce_port = 0;  // 0: that of the configuration
  std::string cluster_announce_hostname;
  EndpointType cluster_preferred_endpoint_type = EndpointType::kIp;
  std::string cluster_secret;
  Durability durability = Durability::kReplicated;
  ReadMode read_mode = ReadMode::kLease;
  Redirects redirects = Redirects::kAuto;
  int min_in_sync = 0;
  int64_t commit_timeout_ms = 0;
  int64_t replica_max_staleness_ms = 0;
  int64_t heartbeat_interval_ms = 0;
  int64_t suspect_after_ms = 0;
  int64_t lease_ms = 0;
  int64_t repl_backlog_size = 0;
  int64_t replication_window = 0;  // bytes executed and not yet acknowledged by all who count
  int64_t resync_buffer = 0;       // bytes kept for a member that is being filled
  int64_t resync_block_size = 0;   // of a snapshot; an entry that is larger fills one by itself
  int64_t resync_blocks_in_flight = 0;

  // Persistence.
  std::vector<SavePoint> save;
  std::string dbfilename;
  bool rdbcompression = false;
  bool rdbchecksum = false;
  bool stop_writes_on_bgsave_error = false;
  int64_t snapshot_max_bandwidth = 0;  // bytes per second; 0: as fast as it goes
  bool appendonly = false;
  std::string appenddirname;
  FsyncPolicy appendfsync = FsyncPolicy::kOnTick;
  int64_t auto_aof_rewrite_percentage = 0;  // 0: never
  int64_t auto_aof_rewrite_min_bytes = 0;
  FinalSave save_on_sigint = FinalSave::kByRules;
  FinalSave save_on_sigterm = FinalSave::kByRules;

  // Observation.
  int hz = 0;
  int64_t slowlog_log_slower_than = 0;  // microseconds; negative: never
  int64_t slowlog_max_len = 0;
  int64_t latency_monitor_threshold = 0;  // milliseconds; 0: off
  bool latency_tracking = false;
  std::vector<double> latency_tracking_info_percentiles;
  std::string notify_keyspace_events;

  bool operator==(const Settings&) const = default;
};

}  // namespace holdfast
