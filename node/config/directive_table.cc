// The table: every directive of redis.conf 7.2, in the order of its sections, and our own.
//
// A row reads: kind and name, edges, default; older name; flags; field; what becomes of it.
#include <array>
#include <cstdint>

#include "net/base/limits.h"
#include "net/base/types.h"
#include "node/config/directive.h"
#include "node/config/special_values.h"

namespace holdfast {
namespace {

constexpr int64_t kIntMin = INT32_MIN;
constexpr uint64_t kIntMax = INT32_MAX;
constexpr uint64_t kLongMax = INT64_MAX;
constexpr uint64_t kPortMax = 65535;
constexpr int64_t kMebibyte = 1 << 20;

constexpr Directive Bool(absl::string_view name, absl::string_view value) {
  return {.name = name, .default_value = value, .kind = ValueKind::kBool};
}
constexpr Directive Integer(absl::string_view name, ValueRange range, absl::string_view value) {
  return {.name = name, .default_value = value, .kind = ValueKind::kInteger, .range = range};
}
constexpr Directive Octal(absl::string_view name, ValueRange range, absl::string_view value) {
  return {.name = name, .default_value = value, .kind = ValueKind::kOctal, .range = range};
}
constexpr Directive Memory(absl::string_view name, ValueRange range, absl::string_view value) {
  return {.name = name, .default_value = value, .kind = ValueKind::kMemory, .range = range};
}
constexpr Directive Text(absl::string_view name, absl::string_view value = "") {
  return {.name = name, .default_value = value, .kind = ValueKind::kString};
}
constexpr Directive Choice(absl::string_view name, absl::Span<const absl::string_view> choices,
                           absl::string_view value) {
  return {.name = name, .default_value = value, .kind = ValueKind::kChoice, .choices = choices};
}
constexpr Directive Function(absl::string_view name, CanonicalFunction canonical,
                             absl::string_view value) {
  return {
      .name = name, .default_value = value, .kind = ValueKind::kFunction, .canonical = canonical};
}
// A word that configuration files may contain and that has no value to get or set.
constexpr Directive FileOnly(absl::string_view name) {
  return {.name = name, .kind = ValueKind::kString, .flags = kFileOnly | kManyWords | kRepeatable};
}

constexpr absl::string_view kSyslogFacilities[] = {"user",   "local0", "local1", "local2", "local3",
                                                   "local4", "local5", "local6", "local7"};
constexpr absl::string_view kDisklessLoads[] = {"disabled", "on-empty-db", "swapdb"};
constexpr absl::string_view kTlsAuths[] = {"no", "yes", "optional"};
constexpr absl::string_view kOomScoreAdjustments[] = {"no", "yes", "relative", "absolute"};
constexpr absl::string_view kPubSubDefaults[] = {"allchannels", "resetchannels"};
constexpr absl::string_view kSanitizings[] = {"no", "yes", "clients"};
constexpr absl::string_view kPropagationErrors[] = {"ignore", "panic", "panic-on-replicas"};

constexpr absl::string_view kNoAcl = "this release has one user, guarded by requirepass";
constexpr absl::string_view kNoCluster = "this release makes groups of nodes with kvctl create";
constexpr absl::string_view kNoDefrag = "the allocator needs no defragmentation";
constexpr absl::string_view kNoEviction =
    "keys are never evicted: writes over maxmemory are refused";
constexpr absl::string_view kNoEvents = "this release publishes no keyspace events";
constexpr absl::string_view kNoLogo = "there is no logo";
constexpr absl::string_view kNoModules = "modules are not supported";
constexpr absl::string_view kForklessSave =
    "snapshots are taken without fork, and synced once, at their end";
constexpr absl::string_view kOwnLog = "the log on disk has a form of its own; see kvlog";
constexpr absl::string_view kChecked = "payloads are always checked in full";
constexpr absl::string_view kNoPinning = "threads run where the operating system puts them";
constexpr absl::string_view kNoReplicas =
    "this release replicates by a protocol of its own; see kvctl create";
constexpr absl::string_view kNoScripts = "this release runs no scripts";
constexpr absl::string_view kNoSentinel =
    "a node answers for its own cluster only, on sentinel-port, and needs no list";
constexpr absl::string_view kNoTick = "background work follows its deadlines, not a tick";
constexpr absl::string_view kNoTitle = "the process title is left alone";
constexpr absl::string_view kNoTls = "this release does not speak TLS";
constexpr absl::string_view kNoTracking = "this release keeps no client-side caching table";
constexpr absl::string_view kNoType = "this release has strings and lists only";
constexpr absl::string_view kAlwaysLazy = "large values are always freed off the command path";
constexpr absl::string_view kExactExpiry = "expiry follows an exact index and needs no tuning";
constexpr absl::string_view kNoCompression = "list chunks are not compressed";
constexpr absl::string_view kNoCrashReport = "crash reports are left to the operating system";
constexpr absl::string_view kNoRehashing = "tables grow step by step, in the foreground";
constexpr absl::string_view kSystemDecides = "left as the operating system has it";
constexpr absl::string_view kWorkersRead = "every worker reads and parses for its own clients";
constexpr absl::string_view kBytesCompare = "strings compare as bytes";
constexpr absl::string_view kForTests = "a knob for tests of Redis itself";
constexpr absl::string_view kObsolete = "obsolete, Redis ignores it as well";
constexpr absl::string_view kNoWarnings = "there are no warnings to ignore";
constexpr absl::string_view kSixteenDatabases = "holdfast has 16 databases, no more and no fewer";
static_assert(kDatabaseCount == 16);

constexpr Directive kDirectives[] = {
    // Ours.
    Integer("workers", {0, limits::kWorkersMax}, "0").With(kImmutable).Sets(&Settings::workers),
    Choice("io", kIoBackends, "auto").With(kImmutable).Sets(&StoreIo),
    Text("cluster-secret").With(kImmutable | kSensitive).Sets(&Settings::cluster_secret),
    Bool("witness", "no").With(kImmutable).Sets(&Settings::witness),
    Choice("durability", kDurabilities, "replicated").Sets(&StoreDurability),
    Choice("read-mode", kReadModes, "lease").Sets(&StoreReadMode),
    Choice("redirects", kRedirects, "auto").Sets(&StoreRedirects),
    Integer("min-in-sync", {0, limits::kGroupMembersMax}, "0")
        .With(kImmutable)
        .Sets(&Settings::min_in_sync),
    Integer("commit-timeout", {1, kIntMax}, "3000").Sets(&Settings::commit_timeout_ms),
    Integer("replica-max-staleness", {0, kIntMax}, "10000")
        .Sets(&Settings::replica_max_staleness_ms),
    Integer("heartbeat-interval", {1, 60'000}, "100")
        .With(kImmutable)
        .Sets(&Settings::heartbeat_interval_ms),
    Integer("suspect-after", {1, 600'000}, "300")
        .With(kImmutable)
        .Sets(&Settings::suspect_after_ms),
    Integer("lease", {1, 600'000}, "1000").With(kImmutable).Sets(&Settings::lease_ms),
    Memory("replication-window", {1024, kLongMax}, "67108864")
        .With(kImmutable)
        .Sets(&Settings::replication_window),
    Memory("resync-buffer", {1024, kLongMax}, "268435456")
        .With(kImmutable)
        .Sets(&Settings::resync_buffer),
    Memory("resync-block-size", {1, limits::kSnapshotPayloadBytesMax}, "65524")
        .With(kImmutable)
        .Sets(&Settings::resync_block_size),
    Integer("resync-blocks-in-flight", {1, limits::kSnapshotBlocksInFlightMax}, "32")
        .With(kImmutable)
        .Sets(&Settings::resync_blocks_in_flight),
    Function("sentinel-port", &CanonicalSentinelPort, "auto")
        .With(kImmutable)
        .Sets(&StoreSentinelPort),
    Integer("http-port", {0, kPortMax}, "0").With(kImmutable).Sets(&Settings::http_port),
    Function("http-bind", &CanonicalBind, "127.0.0.1 -::1")
        .With(kImmutable | kManyWords)
        .Sets(&StoreHttpBind),

    // Files and modules.
    FileOnly("include"),
    FileOnly("loadmodule").Refused(kNoModules),

    // Network.
    Function("bind", &CanonicalBind, "* -::*").With(kManyWords).Sets(&StoreBind),
    Text("bind-source-addr").Accepted(kNoReplicas),
    Bool("protected-mode", "yes").Sets(&Settings::protected_mode),
    Choice("enable-protected-configs", kPermissions, "no")
        .With(kImmutable)
        .Sets(&StoreProtectedConfigs),
    Choice("enable-debug-command", kPermissions, "no").With(kImmutable).Sets(&StoreDebugCommand),
    Choice("enable-module-command", kPermissions, "no").With(kImmutable).Accepted(kNoModules),
    // In the environment, an address instead of a number is Kubernetes's word and is passed over.
    Integer("port", {0, kPortMax}, "6379").Sets(&Settings::port),
    Integer("tcp-backlog", {0, kIntMax}, "511").With(kImmutable).Sets(&Settings::tcp_backlog),
    Text("unixsocket").With(kImmutable).Sets(&Settings::unixsocket),
    Octal("unixsocketperm", {0, 0777}, "0").With(kImmutable).Sets(&Settings::unixsocketperm),
    Integer("timeout", {0, kIntMax}, "0").Sets(&Settings::timeout_seconds),
    Integer("tcp-keepalive", {0, kIntMax}, "300").Sets(&Settings::tcp_keepalive),
    Integer("socket-mark-id", {0, UINT32_MAX}, "0")
        .With(kImmutable)
        .Accepted("sockets carry no mark"),

    // TLS.
    Integer("tls-port", {0, kPortMax}, "0").Refused(kNoTls),
    Bool("tls-cluster", "no").Refused(kNoTls),
    Bool("tls-replication", "no").Refused(kNoTls),
    Text("tls-cert-file").Accepted(kNoTls),
    Text("tls-key-file").Accepted(kNoTls),
    Text("tls-key-file-pass").With(kSensitive).Accepted(kNoTls),
    Text("tls-client-cert-file").Accepted(kNoTls),
    Text("tls-client-key-file").Accepted(kNoTls),
    Text("tls-client-key-file-pass").With(kSensitive).Accepted(kNoTls),
    Text("tls-dh-params-file").Accepted(kNoTls),
    Text("tls-ca-cert-file").Accepted(kNoTls),
    Text("tls-ca-cert-dir").Accepted(kNoTls),
    Choice("tls-auth-clients", kTlsAuths, "yes").Accepted(kNoTls),
    Text("tls-protocols").Accepted(kNoTls),
    Text("tls-ciphers").Accepted(kNoTls),
    Text("tls-ciphersuites").Accepted(kNoTls),
    Bool("tls-prefer-server-ciphers", "no").Accepted(kNoTls),
    Bool("tls-session-caching", "yes").Accepted(kNoTls),
    Integer("tls-session-cache-size", {0, kIntMax}, "20480").Accepted(kNoTls),
    Integer("tls-session-cache-timeout", {0, kIntMax}, "300").Accepted(kNoTls),

    // General.
    Bool("daemonize", "no").With(kImmutable).Sets(&Settings::daemonize),
    Choice("supervised", kSupervisions, "no").With(kImmutable).Sets(&StoreSupervision),
    Text("pidfile").With(kImmutable).Sets(&Settings::pidfile),
    Choice("loglevel", kLogLevels, "notice").Sets(&StoreLogLevel),
    Text("logfile").With(kImmutable).Sets(&Settings::logfile),
    Bool("syslog-enabled", "no").With(kImmutable).Sets(&Settings::syslog_enabled),
    Text("syslog-ident", "redis").With(kImmutable).Sets(&Settings::syslog_ident),
    Choice("syslog-facility", kSyslogFacilities, "local0")
        .With(kImmutable)
        .Sets(&Settings::syslog_facility),
    Bool("crash-log-enabled", "yes").Accepted(kNoCrashReport),
    Bool("crash-memcheck-enabled", "yes").Accepted(kNoCrashReport),
    Bool("use-exit-on-panic", "no").With(kHidden).Accepted(kForTests),
    Integer("databases", {1, kIntMax}, "16")
        .With(kImmutable)
        .Sets(&Settings::databases)
        .Refused(kSixteenDatabases),
    Bool("always-show-logo", "no").With(kImmutable).Accepted(kNoLogo),
    Bool("set-proc-title", "yes").With(kImmutable).Accepted(kNoTitle),
    Text("proc-title-template", "{title} {listen-addr} {server-mode}").Accepted(kNoTitle),
    Text("locale-collate").Accepted(kBytesCompare),
    Text("ignore-warnings").Accepted(kNoWarnings),

    // Snapshots.
    Function("save", &CanonicalSave, "3600 1 300 100 60 10000")
        .With(kManyWords | kRepeatable)
        .Sets(&StoreSave),
    Bool("stop-writes-on-bgsave-error", "yes").Sets(&Settings::stop_writes_on_bgsave_error),
    Bool("rdbcompression", "yes").Sets(&Settings::rdbcompression),
    Bool("rdbchecksum", "yes").With(kImmutable).Sets(&Settings::rdbchecksum),
    Memory("snapshot-max-bandwidth", {0, kLongMax}, "0").Sets(&Settings::snapshot_max_bandwidth),
    Choice("sanitize-dump-payload", kSanitizings, "no").Accepted(kChecked),
    Function("dbfilename", &CanonicalFileName, "dump.rdb")
        .With(kProtected)
        .Sets(&Settings::dbfilename),
    Bool("rdb-del-sync-files", "no").Accepted(kNoReplicas),
    Bool("rdb-save-incremental-fsync", "yes").Accepted(kForklessSave),
    Integer("rdb-key-save-delay", {kIntMin, kIntMax}, "0").With(kHidden).Accepted(kForTests),
    Integer("key-load-delay", {kIntMin, kIntMax}, "0").With(kHidden).Accepted(kForTests),
    Integer("loading-process-events-interval-bytes", {1024, kIntMax}, "2097152")
        .With(kHidden)
        .Accepted(kForTests),
    Text("dir").With(kProtected).Sets(&Settings::dir),

    // Replication.
    Function("replicaof", &CanonicalReplicaOf, "")
        .Alias("slaveof")
        .With(kManyWords | kImmutable)
        .Refused(kNoCluster),
    Text("masterauth").With(kSensitive).Accepted(kNoReplicas),
    Text("masteruser").With(kSensitive).Accepted(kNoReplicas),
    Bool("replica-serve-stale-data", "yes").Alias("slave-serve-stale-data").Accepted(kNoReplicas),
    Bool("replica-read-only", "yes").Alias("slave-read-only").Accepted(kNoReplicas),
    Bool("replica-ignore-disk-write-errors", "no").Accepted(kNoReplicas),
    Bool("repl-diskless-sync", "yes").Accepted(kNoReplicas),
    Integer("repl-diskless-sync-delay", {0, kIntMax}, "5").Accepted(kNoReplicas),
    Integer("repl-diskless-sync-max-replicas", {0, kIntMax}, "0").Accepted(kNoReplicas),
    Choice("repl-diskless-load", kDisklessLoads, "disabled").Accepted(kNoReplicas),
    Integer("repl-ping-replica-period", {1, kIntMax}, "10")
        .Alias("repl-ping-slave-period")
        .Accepted(kNoReplicas),
    Integer("repl-timeout", {1, kIntMax}, "60").Accepted(kNoReplicas),
    Bool("repl-disable-tcp-nodelay", "no").Accepted(kNoReplicas),
    Memory("repl-backlog-size", {1, kLongMax}, "1048576")
        .With(kImmutable)
        .Sets(&Settings::repl_backlog_size),
    Integer("repl-backlog-ttl", {0, kLongMax}, "3600").Accepted(kNoReplicas),
    Integer("replica-priority", {0, kIntMax}, "100").Alias("slave-priority").Accepted(kNoReplicas),
    Choice("propagation-error-behavior", kPropagationErrors, "ignore").Accepted(kNoReplicas),
    Bool("replica-announced", "yes").Accepted(kNoReplicas),
    Integer("min-replicas-to-write", {0, kIntMax}, "0")
        .Alias("min-slaves-to-write")
        .Refused(kNoReplicas),
    Integer("min-replicas-max-lag", {0, kIntMax}, "10")
        .Alias("min-slaves-max-lag")
        .Accepted(kNoReplicas),
    Text("replica-announce-ip").Alias("slave-announce-ip").Accepted(kNoReplicas),
    Integer("replica-announce-port", {0, kPortMax}, "0")
        .Alias("slave-announce-port")
        .Accepted(kNoReplicas),
    Bool("replica-lazy-flush", "no").Alias("slave-lazy-flush").Accepted(kNoReplicas),
    Bool("replica-ignore-maxmemory", "yes").Alias("slave-ignore-maxmemory").Accepted(kNoReplicas),

    // Keys tracking and security.
    Integer("tracking-table-max-keys", {0, kLongMax}, "1000000").Accepted(kNoTracking),
    FileOnly("user").With(kSensitive).Refused(kNoAcl),
    Integer("acllog-max-len", {0, kLongMax}, "128").Accepted(kNoAcl),
    Text("aclfile").With(kImmutable).Refused(kNoAcl),
    Text("requirepass").With(kSensitive).Sets(&Settings::requirepass),
    Choice("acl-pubsub-default", kPubSubDefaults, "resetchannels").Accepted(kNoAcl),
    FileOnly("rename-command"),
    FileOnly("sentinel").Refused(kNoSentinel),

    // Clients.
    Integer("maxclients", {1, UINT32_MAX}, "10000").Sets(&Settings::maxclients),
    Memory("client-query-buffer-limit", {kMebibyte, kLongMax}, "1073741824")
        .Sets(&Settings::client_query_buffer_limit),
    Memory("proto-max-bulk-len", {kMebibyte, kLongMax}, "536870912")
        .Sets(&Settings::proto_max_bulk_len),
    Function("client-output-buffer-limit", &CanonicalOutputBufferLimits,
             "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60")
        .With(kManyWords | kRepeatable)
        .Sets(&StoreOutputBufferLimits),

    // Memory.
    Memory("maxmemory", {0, UINT64_MAX}, "0").Sets(&Settings::maxmemory_bytes),
    Choice("maxmemory-policy", kMaxmemoryPolicies, "noeviction")
        .Sets(&StoreMaxmemoryPolicy)
        .Accepted(kNoEviction),
    Integer("maxmemory-samples", {1, kIntMax}, "5").Accepted(kNoEviction),
    Integer("maxmemory-eviction-tenacity", {0, 100}, "10").Accepted(kNoEviction),
    Directive{.name = "maxmemory-clients",
              .default_value = "0",
              .kind = ValueKind::kMemoryOrPercent,
              .range = {0, kLongMax}}
        .Accepted(kNoEviction),
    Integer("lfu-log-factor", {0, kIntMax}, "10")
        .Sets(&Settings::lfu_log_factor)
        .Accepted(kNoEviction),
    Integer("lfu-decay-time", {0, kIntMax}, "1")
        .Sets(&Settings::lfu_decay_time_minutes)
        .Accepted(kNoEviction),
    Integer("active-expire-effort", {1, 10}, "1").Accepted(kExactExpiry),
    Bool("lazyfree-lazy-eviction", "no").Accepted(kNoEviction),
    Bool("lazyfree-lazy-expire", "no").Accepted(kAlwaysLazy),
    Bool("lazyfree-lazy-server-del", "no").Accepted(kAlwaysLazy),
    Bool("lazyfree-lazy-user-del", "no").Accepted(kAlwaysLazy),
    Bool("lazyfree-lazy-user-flush", "no").Accepted(kAlwaysLazy),

    // Threads and kernel.
    Integer("io-threads", {1, limits::kWorkersMax}, "1").With(kImmutable).Mapped("workers"),
    Bool("io-threads-do-reads", "no").With(kImmutable).Accepted(kWorkersRead),
    Choice("oom-score-adj", kOomScoreAdjustments, "no").Accepted(kSystemDecides),
    Function("oom-score-adj-values", &CanonicalOomScores, "0 200 800")
        .With(kManyWords)
        .Accepted(kSystemDecides),
    Bool("disable-thp", "yes").With(kImmutable).Accepted(kSystemDecides),
    Text("server-cpulist").Alias("server_cpulist").With(kImmutable).Accepted(kNoPinning),
    Text("bio-cpulist").Alias("bio_cpulist").With(kImmutable).Accepted(kNoPinning),
    Text("aof-rewrite-cpulist").Alias("aof_rewrite_cpulist").With(kImmutable).Accepted(kNoPinning),
    Text("bgsave-cpulist").Alias("bgsave_cpulist").With(kImmutable).Accepted(kNoPinning),

    // Append-only file.
    Bool("appendonly", "no").With(kImmutable).Sets(&Settings::appendonly),
    Text("appendfilename", "appendonly.aof").With(kImmutable).Accepted(kOwnLog),
    Function("appenddirname", &CanonicalDirectoryName, "appendonlydir")
        .With(kImmutable)
        .Sets(&Settings::appenddirname),
    Choice("appendfsync", kFsyncs, "everysec").Sets(&StoreAppendFsync),
    Bool("no-appendfsync-on-rewrite", "no").Accepted(kForklessSave),
    Integer("auto-aof-rewrite-percentage", {0, kIntMax}, "100")
        .Sets(&Settings::auto_aof_rewrite_percentage),
    Memory("auto-aof-rewrite-min-size", {0, kLongMax}, "67108864")
        .Sets(&Settings::auto_aof_rewrite_min_bytes),
    Bool("aof-load-truncated", "yes").Accepted(kOwnLog),
    Bool("aof-use-rdb-preamble", "yes").Accepted(kOwnLog),
    Bool("aof-timestamp-enabled", "no").Accepted(kOwnLog),
    Bool("aof-rewrite-incremental-fsync", "yes").Accepted(kForklessSave),
    Bool("aof-disable-auto-gc", "no").Accepted(kOwnLog),

    // Shutdown.
    Integer("shutdown-timeout", {0, kIntMax}, "10").Accepted(kNoReplicas),
    Function("shutdown-on-sigint", &CanonicalShutdown, "default")
        .With(kManyWords)
        .Sets(&StoreShutdownOnSigint),
    Function("shutdown-on-sigterm", &CanonicalShutdown, "default")
        .With(kManyWords)
        .Sets(&StoreShutdownOnSigterm),

    // Scripts.
    Integer("busy-reply-threshold", {0, kLongMax}, "5000")
        .Alias("lua-time-limit")
        .Accepted(kNoScripts),
    FileOnly("lua-replicate-commands").Accepted(kObsolete),

    // Cluster.
    Bool("cluster-enabled", "no").With(kImmutable).Sets(&Settings::cluster_enabled),
    Text("cluster-config-file", "nodes.conf").With(kImmutable).Accepted(kNoCluster),
    Integer("cluster-node-timeout", {0, kLongMax}, "15000").Accepted(kNoCluster),
    Integer("cluster-port", {0, kPortMax}, "0").With(kImmutable).Sets(&Settings::cluster_port),
    Integer("cluster-replica-validity-factor", {0, kIntMax}, "10")
        .Alias("cluster-slave-validity-factor")
        .Accepted(kNoCluster),
    Integer("cluster-migration-barrier", {0, kIntMax}, "1").Accepted(kNoCluster),
    Bool("cluster-allow-replica-migration", "yes").Accepted(kNoCluster),
    Bool("cluster-require-full-coverage", "yes").Accepted(kNoCluster),
    Bool("cluster-replica-no-failover", "no")
        .Alias("cluster-slave-no-failover")
        .Accepted(kNoCluster),
    Bool("cluster-allow-reads-when-down", "no").Accepted(kNoCluster),
    Bool("cluster-allow-pubsubshard-when-down", "yes").Accepted(kNoCluster),
    Memory("cluster-link-sendbuf-limit", {0, UINT64_MAX}, "0").Accepted(kNoCluster),
    Text("cluster-announce-hostname").With(kImmutable).Sets(&Settings::cluster_announce_hostname),
    Text("cluster-announce-human-nodename").Accepted(kNoCluster),
    Choice("cluster-preferred-endpoint-type", kEndpointTypes, "ip").Sets(&StoreEndpointType),
    Text("cluster-announce-ip").With(kImmutable).Sets(&Settings::cluster_announce_ip),
    Integer("cluster-announce-port", {0, kPortMax}, "0")
        .With(kImmutable)
        .Sets(&Settings::cluster_announce_port),
    Integer("cluster-announce-tls-port", {0, kPortMax}, "0").Accepted(kNoCluster),
    Integer("cluster-announce-bus-port", {0, kPortMax}, "0").Accepted(kNoCluster),

    // Observation.
    Integer("slowlog-log-slower-than", {-1, kLongMax}, "10000")
        .Sets(&Settings::slowlog_log_slower_than),
    Integer("slowlog-max-len", {0, kLongMax}, "128").Sets(&Settings::slowlog_max_len),
    Integer("latency-monitor-threshold", {0, kLongMax}, "0")
        .Sets(&Settings::latency_monitor_threshold),
    Bool("latency-tracking", "yes").Sets(&Settings::latency_tracking),
    Function("latency-tracking-info-percentiles", &CanonicalPercentiles, "50 99 99.9")
        .With(kManyWords)
        .Sets(&StorePercentiles),
    Function("notify-keyspace-events", &CanonicalKeyspaceEvents, "")
        .Sets(&Settings::notify_keyspace_events)
        .Accepted(kNoEvents),

    // Data structures and housekeeping.
    Integer("hash-max-listpack-entries", {0, kLongMax}, "512")
        .Alias("hash-max-ziplist-entries")
        .Accepted(kNoType),
    Memory("hash-max-listpack-value", {0, kLongMax}, "64")
        .Alias("hash-max-ziplist-value")
        .Accepted(kNoType),
    Integer("list-max-listpack-size", {kIntMin, kIntMax}, "-2")
        .Alias("list-max-ziplist-size")
        .Sets(&Settings::list_max_listpack_size),
    Integer("list-compress-depth", {0, kIntMax}, "0").Accepted(kNoCompression),
    FileOnly("list-max-ziplist-entries").Accepted(kObsolete),
    FileOnly("list-max-ziplist-value").Accepted(kObsolete),
    Integer("set-max-intset-entries", {0, kLongMax}, "512").Accepted(kNoType),
    Integer("set-max-listpack-entries", {0, kLongMax}, "128").Accepted(kNoType),
    Memory("set-max-listpack-value", {0, kLongMax}, "64").Accepted(kNoType),
    Integer("zset-max-listpack-entries", {0, kLongMax}, "128")
        .Alias("zset-max-ziplist-entries")
        .Accepted(kNoType),
    Memory("zset-max-listpack-value", {0, kLongMax}, "64")
        .Alias("zset-max-ziplist-value")
        .Accepted(kNoType),
    Memory("hll-sparse-max-bytes", {0, kLongMax}, "3000").Accepted(kNoType),
    Memory("stream-node-max-bytes", {0, kLongMax}, "4096").Accepted(kNoType),
    Integer("stream-node-max-entries", {0, kLongMax}, "100").Accepted(kNoType),
    Bool("activerehashing", "yes").Accepted(kNoRehashing),
    Function("hz", &CanonicalHz, "10").Sets(&Settings::hz).Accepted(kNoTick),
    Bool("dynamic-hz", "yes").Accepted(kNoTick),
    Integer("watchdog-period", {0, kIntMax}, "0").With(kHidden).Accepted(kForTests),
    Bool("jemalloc-bg-thread", "yes").Accepted(kNoDefrag),
    Bool("activedefrag", "no").Accepted(kNoDefrag),
    Memory("active-defrag-ignore-bytes", {1, kLongMax}, "104857600").Accepted(kNoDefrag),
    Integer("active-defrag-threshold-lower", {0, 1000}, "10").Accepted(kNoDefrag),
    Integer("active-defrag-threshold-upper", {0, 1000}, "100").Accepted(kNoDefrag),
    Integer("active-defrag-cycle-min", {1, 99}, "1").Accepted(kNoDefrag),
    Integer("active-defrag-cycle-max", {1, 99}, "25").Accepted(kNoDefrag),
    Integer("active-defrag-max-scan-fields", {1, kLongMax}, "1000").Accepted(kNoDefrag),
};

}  // namespace

absl::Span<const Directive> AllDirectives() { return kDirectives; }

}  // namespace holdfast
