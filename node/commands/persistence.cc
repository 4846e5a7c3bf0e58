#include "node/commands/persistence.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cluster/log/replication_log.h"
#include "node/commands/info.h"
#include "node/commands/waiting.h"
#include "node/ledger.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/persistence.h"
#include "node/session.h"

namespace holdfast {
namespace {

constexpr absl::string_view kSavingAlready = "ERR Background save already in progress";

// How many seconds something has taken, or -1.
int64_t SecondsOf(const std::optional<Nanos>& duration) {
  return duration ? duration->value / 1'000'000'000 : -1;
}

// WAITAOF: how many disks have what this connection wrote.
struct DisksAwaited {
  int64_t local = 0;
  int64_t replicas = 0;
  Nanos give_up;  // monotonic; 0: never
};

struct DisksReached {
  int64_t local = 0;
  int64_t replicas = 0;
  bool Suffice(const DisksAwaited& awaited) const {
    return local >= awaited.local && replicas >= awaited.replicas;
  }
};

DisksReached Reached(Node& node, Lsn last_write) {
  const Ledger* ledger = node.ledger();
  if (ledger == nullptr) return {};
  return {.local = ledger->synced() >= last_write ? 1 : 0,
          .replicas = ledger->ReplicasSynced(last_write)};
}

void ReplyReached(Session& session, const DisksReached& reached) {
  session.reply().Array(2);
  session.reply().Integer(reached.local);
  session.reply().Integer(reached.replicas);
}

// Whether WAITAOF has its answer now.
bool AnswerDisks(Session& session, const DisksAwaited& awaited) {
  Node& node = session.worker().node;
  const DisksReached reached = Reached(node, session.last_write());
  const bool late = awaited.give_up.value != 0 && node.clock().Monotonic() >= awaited.give_up;
  if (node.leads() && !late && !reached.Suffice(awaited)) return false;
  if (node.leads()) {
    ReplyReached(session, reached);
  } else {
    session.reply().Error("TRYAGAIN another node leads now");
  }
  return true;
}

}  // namespace

void SaveCommand(CommandContext& context) {
  Saver& saver = context.node.persistence().saver();
  if (!MayWait(context)) return;
  if (saver.running()) return context.Error(kSavingAlready);
  auto done = AnswerLater(context, [](Session& session, const absl::Status& status) {
    if (status.ok()) {
      session.reply().Ok();
    } else {
      session.reply().Error(absl::StrCat("ERR ", status.message()));
    }
  });
  // Somebody else may have begun one just now: then the next one is ours.
  saver.BeginNext(done);
}

void BgSaveCommand(CommandContext& context) {
  const bool schedule = context.arguments.size() == 2 && context.Is(1, "SCHEDULE");
  if (context.arguments.size() > 1 && !schedule) return context.SyntaxError();
  Saver& saver = context.node.persistence().saver();
  if (saver.TryBegin(nullptr)) return context.reply.Simple("Background saving started");
  if (!schedule) return context.Error(kSavingAlready);
  saver.BeginNext([](const absl::Status&) {});
  context.reply.Simple("Background saving scheduled");
}

// The log is not rewritten: a snapshot takes the place of what came before it.
void BgRewriteAofCommand(CommandContext& context) {
  Saver& saver = context.node.persistence().saver();
  if (saver.TryBegin(nullptr)) {
    return context.reply.Simple("Background append only file rewriting started");
  }
  saver.BeginNext([](const absl::Status&) {});
  context.reply.Simple("Background append only file rewriting scheduled");
}

void LastSaveCommand(CommandContext& context) {
  context.reply.Integer(context.node.persistence().saver().Describe(0).last_save_s);
}

void WaitAofCommand(CommandContext& context) {
  const auto local = context.Integer(1);
  if (!local) return;
  const auto replicas = context.Integer(2);
  if (!replicas) return;
  const auto timeout = context.Integer(3, "ERR timeout is not an integer or out of range");
  if (!timeout) return;
  if (*local < 0 || *local > 1 || *replicas < 0) {
    return context.Error("ERR value is out of range, must be between 0 and 1");
  }
  if (*timeout < 0) return context.Error("ERR timeout is negative");
  Node& node = context.node;
  if (!node.leads()) {
    return context.Error(
        "ERR WAITAOF cannot be used with replica instances. Please also note that writes to "
        "replicas are just local and are not propagated.");
  }
  if (*local == 1 && !node.settings().appendonly) {
    return context.Error(
        "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  }
  const DisksReached reached = Reached(node, context.session.last_write());
  const Nanos now = node.clock().Monotonic();
  const DisksAwaited awaited{.local = *local,
                             .replicas = *replicas,
                             .give_up = *timeout == 0 ? Nanos{} : now + Milliseconds(*timeout)};
  if (RunsInTransaction(context) || reached.Suffice(awaited)) {
    return ReplyReached(context.session, reached);
  }
  if (Ledger* ledger = node.ledger()) ledger->Need({.fsync = true});
  context.session.Block();
  node.PostToSession(context.worker.index, context.session.info().id, [awaited](Session& session) {
    LookUntilAnswered(session, Milliseconds(2),
                      [awaited](Session& later) { return AnswerDisks(later, awaited); });
  });
}

void PersistenceSection(Node& node, InfoText& info) {
  const Persistence& persistence = node.persistence();
  const Saver::Report save = persistence.saver().Describe(node.TotalCounters().dirty);
  const bool loading = persistence.loading();
  const bool writes_log = node.settings().appendonly && node.ledger() != nullptr;
  const Nanos now = node.clock().Monotonic();
  info.Section("Persistence");
  info.Field("loading", loading ? 1 : 0);
  info.Field("async_loading", 0);
  info.Field("current_cow_peak", 0);
  info.Field("current_cow_size", 0);
  info.Field("current_cow_size_age", 0);
  const double share =
      save.running && save.entries_total > 0
          ? static_cast<double>(save.entries) / static_cast<double>(save.entries_total)
          : 0;
  info.Decimal("current_fork_perc", 100 * std::min(share, 1.0), 2);
  info.Field("current_save_keys_processed", save.running ? save.entries : 0);
  info.Field("current_save_keys_total", save.running ? save.entries_total : 0);
  info.Field("rdb_changes_since_last_save", save.dirty);
  info.Field("rdb_bgsave_in_progress", save.running ? 1 : 0);
  info.Field("rdb_last_save_time", save.last_save_s);
  info.Field("rdb_last_bgsave_status", save.last_status.ok() ? "ok" : "err");
  info.Field("rdb_last_bgsave_time_sec", SecondsOf(save.last_duration));
  info.Field("rdb_current_bgsave_time_sec",
             save.running ? SecondsOf(now - save.started) : int64_t{-1});
  info.Field("rdb_saves", save.saves);
  info.Field("rdb_last_cow_size", 0);
  info.Field("rdb_last_load_keys_expired", 0);
  info.Field("rdb_last_load_keys_loaded", persistence.loaded().keys);
  info.Field("aof_enabled", writes_log ? 1 : 0);
  info.Field("aof_rewrite_in_progress", 0);
  info.Field("aof_rewrite_scheduled", save.scheduled ? 1 : 0);
  info.Field("aof_last_rewrite_time_sec", SecondsOf(save.last_duration));
  info.Field("aof_current_rewrite_time_sec", -1);
  info.Field("aof_last_bgrewrite_status", save.last_status.ok() ? "ok" : "err");
  info.Field("aof_rewrites", save.saves);
  info.Field("aof_rewrites_consecutive_failures", 0);
  // A node whose log cannot be written stops.
  info.Field("aof_last_write_status", "ok");
  info.Field("aof_last_cow_size", 0);
  info.Field("module_fork_in_progress", 0);
  info.Field("module_fork_last_cow_size", 0);
  if (writes_log) {
    info.Field("aof_current_size", node.ledger()->file_bytes());
    info.Field("aof_base_size", save.last_bytes);
    info.Field("log_tail_lsn", node.log()->tail().value);
    info.Field("log_synced_lsn", node.ledger()->synced().value);
    info.Field("log_records_loaded", persistence.loaded().records);
  }
  if (!loading) return;
  const auto progress = persistence.progress();
  const Nanos elapsed = now - persistence.loading_since();
  const auto percent = progress.bytes_total == 0 ? 0.0
                                                 : 100 * static_cast<double>(progress.bytes) /
                                                       static_cast<double>(progress.bytes_total);
  info.Field("loading_start_time", (node.clock().Wall() - elapsed).value / 1'000'000'000);
  info.Field("loading_total_bytes", progress.bytes_total);
  info.Field("loading_rdb_used_mem", 0);
  info.Field("loading_loaded_bytes", progress.bytes);
  info.Decimal("loading_loaded_perc", percent, 2);
  info.Field("loading_loaded_keys", progress.keys);
  info.Field("loading_loaded_records", progress.records);
  const double seconds = static_cast<double>(elapsed.value) / 1e9;
  info.Field(
      "loading_eta_seconds",
      percent <= 0 ? int64_t{-1} : static_cast<int64_t>(seconds * (100 - percent) / percent));
}

}  // namespace holdfast
