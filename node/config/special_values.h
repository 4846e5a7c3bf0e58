// Directives whose values are more than a number, a word or a choice: their canonical spellings and
// their way into Settings. The texts of the errors are Redis's.
#pragma once

#include "node/config/directive.h"

namespace holdfast {

// save <seconds> <changes> ...; one empty word: never.
absl::StatusOr<std::string> CanonicalSave(Words words, absl::string_view current);
void StoreSave(Settings& settings, absl::string_view value);

// client-output-buffer-limit <class> <hard> <soft> <seconds> ...; classes not named keep theirs.
absl::StatusOr<std::string> CanonicalOutputBufferLimits(Words words, absl::string_view current);
void StoreOutputBufferLimits(Settings& settings, absl::string_view value);

// latency-tracking-info-percentiles <0..100> ...
absl::StatusOr<std::string> CanonicalPercentiles(Words words, absl::string_view current);
void StorePercentiles(Settings& settings, absl::string_view value);

// bind <address> ...
absl::StatusOr<std::string> CanonicalBind(Words words, absl::string_view current);
void StoreBind(Settings& settings, absl::string_view value);

// notify-keyspace-events <letters>: in Redis's order, all event classes as 'A'.
absl::StatusOr<std::string> CanonicalKeyspaceEvents(Words words, absl::string_view current);
// oom-score-adj-values <primary> <replica> <child>
absl::StatusOr<std::string> CanonicalOomScores(Words words, absl::string_view current);
// replicaof <host> <port>, replicaof no one
absl::StatusOr<std::string> CanonicalReplicaOf(Words words, absl::string_view current);
// hz: out of range is brought into range, as in Redis.
absl::StatusOr<std::string> CanonicalHz(Words words, absl::string_view current);
// shutdown-on-sigint, shutdown-on-sigterm: "default" or some of save, nosave, now, force.
absl::StatusOr<std::string> CanonicalShutdown(Words words, absl::string_view current);
// dbfilename: a name, not a path.
absl::StatusOr<std::string> CanonicalFileName(Words words, absl::string_view current);

// appenddirname: a name, not a path.
absl::StatusOr<std::string> CanonicalDirectoryName(Words words, absl::string_view current);

void StoreShutdownOnSigint(Settings& settings, absl::string_view value);
void StoreShutdownOnSigterm(Settings& settings, absl::string_view value);
void StoreIo(Settings& settings, absl::string_view value);
void StoreLogLevel(Settings& settings, absl::string_view value);
void StoreSupervision(Settings& settings, absl::string_view value);
void StoreMaxmemoryPolicy(Settings& settings, absl::string_view value);
void StoreProtectedConfigs(Settings& settings, absl::string_view value);
void StoreDebugCommand(Settings& settings, absl::string_view value);
void StoreDurability(Settings& settings, absl::string_view value);
void StoreAppendFsync(Settings& settings, absl::string_view value);
void StoreReadMode(Settings& settings, absl::string_view value);
void StoreRedirects(Settings& settings, absl::string_view value);

void StoreEndpointType(Settings& settings, absl::string_view value);

// sentinel-port: "auto" or a port.
absl::StatusOr<std::string> CanonicalSentinelPort(Words words, absl::string_view current);
void StoreSentinelPort(Settings& settings, absl::string_view value);
// http-bind <address> ...
void StoreHttpBind(Settings& settings, absl::string_view value);

inline constexpr absl::string_view kEndpointTypes[] = {"ip", "hostname", "unknown-endpoint"};
inline constexpr absl::string_view kIoBackends[] = {"auto", "uring", "epoll"};
inline constexpr absl::string_view kDurabilities[] = {"async", "replicated", "fsync"};
inline constexpr absl::string_view kFsyncs[] = {"everysec", "always", "no"};
inline constexpr absl::string_view kReadModes[] = {"lease", "confirm"};
inline constexpr absl::string_view kRedirects[] = {"auto", "forward", "moved"};
inline constexpr absl::string_view kLogLevels[] = {"debug", "verbose", "notice", "warning"};
inline constexpr absl::string_view kSupervisions[] = {"no", "upstart", "systemd", "auto"};
inline constexpr absl::string_view kPermissions[] = {"no", "yes", "local"};
inline constexpr absl::string_view kMaxmemoryPolicies[] = {
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
    "allkeys-lru",  "allkeys-lfu",  "allkeys-random",  "noeviction"};

}  // namespace holdfast
