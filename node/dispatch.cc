#include "node/dispatch.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "node/command_table.h"
#include "node/commands/server.h"
#include "node/commands/transactions.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/persistence.h"
#include "node/session.h"
#include "node/worker.h"

namespace holdfast {
namespace {

constexpr absl::string_view kOutOfMemory =
    "OOM command not allowed when used memory > 'maxmemory'.";

using Keys = absl::InlinedVector<Key, 4>;

// The locks of a set of slots, taken in slot order.
class SlotLocks {
 public:
  explicit SlotLocks(Keyspace& keyspace) : keyspace_(keyspace) {}
  ~SlotLocks() {
    if (!locked_) return;
    for (const Slot slot : slots_) keyspace_.lock(slot).Unlock();
  }
  SlotLocks(const SlotLocks&) = delete;
  SlotLocks& operator=(const SlotLocks&) = delete;

  void Add(Slot slot) { slots_.push_back(slot); }
  void Lock() {
    if (slots_.size() > 1) {
      std::sort(slots_.begin(), slots_.end());
      slots_.erase(std::unique(slots_.begin(), slots_.end()), slots_.end());
    }
    for (const Slot slot : slots_) keyspace_.lock(slot).Lock();
    locked_ = true;
  }
  // The locks are held, or the world is stopped.
  void NoteDependencies(Execution& execution) const {
    for (const Slot slot : slots_) execution.DependOn(slot);
  }

 private:
  Keyspace& keyspace_;
  absl::InlinedVector<Slot, 8> slots_;
  bool locked_ = false;
};

// Notes that a command starts now, which ends the one before, and returns its log time.
Millis StartTiming(Session& session, const CommandSpec& spec, Arguments arguments) {
  Worker& worker = session.worker();
  const Nanos start = worker.node.clock().Monotonic();
  if (worker.running.spec != nullptr) {
    const RunningCommand& running = worker.running;
    CountDuration(*running.session, *running.spec, running.arguments, start - running.start);
  }
  worker.running = {&spec, arguments, &session, start};
  const Membership* membership = worker.node.membership();
  // Who follows reads at the time that its records have reached.
  if (membership != nullptr && session.access().role != ServingRole::kLeading) {
    return membership->read_time();
  }
  return ToMillis(worker.node.log_clock().At(start));
}

void CollectKeys(const Keyspace& keyspace, const CommandSpec& spec, Arguments arguments,
                 Keys& keys) {
  // Arguments that do not say which the keys are leave none; the handler refuses them.
  ExtractKeys(spec, arguments,
              [&](absl::string_view key) { keys.push_back(keyspace.MakeKey(key)); });
}

void CountCall(Worker& worker, const CommandSpec& spec) {
  ++worker.counters.commands_processed;
  ++worker.commands[CommandTable::IndexOf(&spec)].calls;
}

// Commands without keys that look at the keyspace look at all of it: counts, scans.
bool LooksEverywhere(const CommandSpec& spec) {
  return spec.keys.first == 0 && spec.keys.count_at == 0 && spec.is(kReadonly | kWrite);
}

struct RunOptions {
  bool world_stopped = false;
  // The commands of an EXEC share the time that it began at; otherwise the command reads its own.
  std::optional<Millis> now;
};

void RunHandler(Session& session, const CommandSpec& spec, Arguments arguments,
                absl::Span<const Key> keys, const RunOptions& options) {
  Worker& worker = session.worker();
  const Millis now = StartTiming(session, spec, arguments);
  CommandContext context({.node = worker.node,
                          .worker = worker,
                          .session = session,
                          .reply = session.reply(),
                          .database = session.database(),
                          .now = options.now.value_or(now),
                          .world_stopped = options.world_stopped},
                         spec, arguments, keys);
  CountCall(worker, spec);
  worker.execution.RunAt(context.now);
  spec.handler(context);
  if (LooksEverywhere(spec)) worker.execution.DependOnAll();
}

void Execute(Session& session, const CommandSpec& spec, Arguments arguments,
             const PreparedRequest& prepared) {
  Worker& worker = session.worker();
  Node& node = worker.node;
  if (spec.is(kWorld)) {
    FinishTiming(worker);
    WorldGate::Stop stop(node.gate(), worker.index);
    Keys keys;
    CollectKeys(node.keyspace(), spec, arguments, keys);
    RunHandler(session, spec, arguments, keys, {.world_stopped = true});
    worker.execution.LogEffects();
    return;
  }
  if (prepared.has_first_key && spec.keys.last == spec.keys.first) {
    SpinLock& lock = node.keyspace().lock(prepared.first_key.slot);
    if (!lock.TryLock()) {
      FinishTiming(worker);
      lock.Lock();
    }
    RunHandler(session, spec, arguments, absl::MakeConstSpan(&prepared.first_key, 1), {});
    worker.execution.DependOn(prepared.first_key.slot);
    worker.execution.LogEffects();
    lock.Unlock();
    return;
  }
  Keys keys;
  CollectKeys(node.keyspace(), spec, arguments, keys);
  SlotLocks locks(node.keyspace());
  for (const Key& key : keys) locks.Add(key.slot);
  locks.Lock();
  RunHandler(session, spec, arguments, keys, {});
  locks.NoteDependencies(worker.execution);
  worker.execution.LogEffects();
}

// After the execution, so that EXEC is seen behind the commands it ran.
void ShowToMonitors(Session& session, const CommandSpec& spec, Arguments arguments) {
  Node& node = session.worker().node;
  if (!node.monitors().empty() && !spec.is(kSkipMonitor)) FeedMonitors(node, session, arguments);
}

// Refuses a command before it is executed or queued; an open transaction will then abort. An EXEC
// that is refused aborts it at once.
void Refuse(Session& session, const CommandSpec* spec, absl::string_view error) {
  Worker& worker = session.worker();
  std::string abort_error;
  if (spec != nullptr) {
    ++worker.commands[CommandTable::IndexOf(spec)].rejected;
    if (spec->handler == ExecCommand) {
      DiscardTransaction(session);
      abort_error = absl::StrCat("EXECABORT Transaction discarded because of: ",
                                 absl::StripPrefix(error, "ERR "));
      error = abort_error;
    }
  }
  if (session.transaction().open) session.transaction().failed = true;
  worker.CountError(error);
  session.reply().Error(error);
}

// A browser that was lured into posting a form here sends these words; what follows them may look
// like commands. Nothing is answered.
bool IsWebRequest(Arguments arguments) {
  return absl::EqualsIgnoreCase(arguments[0], "post") ||
         absl::EqualsIgnoreCase(arguments[0], "host:");
}

// Leadership is being handed over, or too much is on its way to where it is kept.
bool MustWait(Session& session, const CommandSpec& spec) {
  const Node& node = session.worker().node;
  if (session.access().role == ServingRole::kDraining) {
    return Membership::TouchesData(spec, session) || spec.is(kBlocking);
  }
  return node.IsCongested() && session.access().role == ServingRole::kLeading &&
         Membership::Writes(spec, session);
}

// Why a command may not run in the session's present state, or nothing.
std::optional<std::string> Objection(Session& session, const CommandSpec& spec,
                                     Arguments arguments) {
  Node& node = session.worker().node;
  if (!spec.ArityOk(arguments.size())) {
    return absl::StrCat("ERR wrong number of arguments for '", spec.name, "' command");
  }
  if (CommandTable::IsContainer(spec) && arguments.size() > 1) {
    return UnknownSubcommandError(spec, arguments[1]);
  }
  if (!session.info().authenticated && !spec.is(kNoAuth)) {
    return "NOAUTH Authentication required.";
  }
  const Transaction& transaction = session.transaction();
  if (transaction.open && spec.is(kNoMulti)) {
    return "ERR Command not allowed inside a transaction";
  }
  if (node.persistence().loading() && !spec.is(kLoading)) {
    return "LOADING Redis is loading the dataset in memory";
  }
  if (node.membership() != nullptr) {
    auto objection = node.membership()->Objection(session.access(), spec, arguments, session);
    if (objection) return objection;
  }
  if (auto objection = node.persistence().WriteObjection()) {
    if (Membership::Writes(spec, session)) return objection;
  }
  if (spec.is(kDenyOom) && node.settings().maxmemory_bytes != 0 && node.OverMemoryLimit()) {
    return std::string(kOutOfMemory);
  }
  return std::nullopt;
}

}  // namespace

void CountDuration(Session& session, const CommandSpec& spec, Arguments arguments, Nanos duration) {
  Worker& worker = session.worker();
  const Settings& settings = worker.node.settings();
  const auto nanos = static_cast<uint64_t>(duration.value);
  CommandCounters& counters = worker.commands[CommandTable::IndexOf(&spec)];
  counters.nanos += nanos;
  if (counters.latency == nullptr) counters.latency = std::make_unique<LatencyHistogram>();
  counters.latency->Add(nanos);
  const int64_t slow = settings.slowlog_log_slower_than;
  if (slow >= 0 && nanos >= static_cast<uint64_t>(slow) * 1000) {
    LogSlowCommand(session, spec, arguments, duration);
  }
  const int64_t spike = settings.latency_monitor_threshold;
  if (spike > 0 && nanos >= static_cast<uint64_t>(spike) * 1'000'000) {
    NoteLatencySpike(worker.node, spec, duration);
  }
}

PreparedRequest Prepare(Node& node, Arguments arguments) {
  PreparedRequest prepared;
  prepared.spec = node.commands().Find(arguments);
  if (prepared.spec == nullptr || prepared.spec->keys.first == 0 ||
      !prepared.spec->ArityOk(arguments.size())) {
    return prepared;
  }
  prepared.first_key =
      node.keyspace().MakeKey(arguments[static_cast<size_t>(prepared.spec->keys.first)]);
  prepared.has_first_key = true;
  return prepared;
}

DispatchResult Dispatch(Session& session, Arguments arguments, const PreparedRequest& prepared) {
  Worker& worker = session.worker();
  Node& node = worker.node;
  const CommandSpec* spec = prepared.spec;
  // Also if it turns out to be no command: what another client's did is not to be taken for its
  // own.
  worker.execution.Begin();
  if (spec == nullptr) {
    if (IsWebRequest(arguments)) {
      node.Log(
          LogLevel::kWarning,
          "Possible attack: client %d sent '%s', which a web browser would. Connection closed.",
          session.info().id, arguments[0]);
      session.Kill();
      return DispatchResult::kDone;
    }
    Refuse(session, nullptr, UnknownCommandError(arguments));
    return DispatchResult::kDone;
  }
  session.info().last_command = spec;
  if (session.access().beginning && session.info().authenticated &&
      Membership::TouchesData(*spec, session) && session.WaitForReign()) {
    return DispatchResult::kPaused;
  }
  if (const auto objection = Objection(session, *spec, arguments)) {
    Refuse(session, spec, *objection);
    return DispatchResult::kDone;
  }
  Transaction& transaction = session.transaction();
  if (node.pause().until.value != 0 && node.Pauses(*spec, session)) return DispatchResult::kPaused;
  if (MustWait(session, *spec)) {
    session.WaitABit();
    return DispatchResult::kPaused;
  }
  if (transaction.open && !spec->is(kNotQueued)) {
    transaction.queue.push_back({spec, {arguments.begin(), arguments.end()}});
    session.reply().Simple("QUEUED");
    return DispatchResult::kDone;
  }
  // On a node that does not lead a write has been passed on, or refused.
  CHECK(!session.access().passes_on || !spec->is(kWrite));
  Execute(session, *spec, arguments, prepared);
  ShowToMonitors(session, *spec, arguments);
  return DispatchResult::kDone;
}

void FinishTiming(Worker& worker) {
  if (worker.running.spec == nullptr) return;
  StartTiming(*worker.running.session, *worker.running.spec, {});
  worker.running.spec = nullptr;
}

namespace {

// Whether a watched key has changed, or has reached its deadline without anybody having looked.
bool WatchBroken(CommandContext& context) {
  Transaction& transaction = context.session.transaction();
  for (const WatchedKey& watched : transaction.watched) {
    context.Find(watched.database, context.keyspace.MakeKey(watched.key));
  }
  return transaction.watch_broken.load(std::memory_order_relaxed);
}

std::vector<absl::string_view> Views(const std::vector<std::string>& arguments) {
  return {arguments.begin(), arguments.end()};
}

void RunQueue(CommandContext& exec, bool world_stopped) {
  Session& session = exec.session;
  // Read again: the locks are held only now.
  CommandContext context({.node = exec.node,
                          .worker = exec.worker,
                          .session = session,
                          .reply = exec.reply,
                          .database = exec.database,
                          .now = exec.node.log_clock().Now(),
                          .world_stopped = world_stopped},
                         exec.spec, exec.arguments, {});
  exec.worker.execution.RunAt(context.now);
  if (WatchBroken(context)) {
    exec.reply.NullArray();
    return;
  }
  // It stays open meanwhile: no queued command can change it.
  const std::vector<QueuedCommand>& queue = session.transaction().queue;
  exec.reply.Array(queue.size());
  for (const QueuedCommand& command : queue) {
    const std::vector<absl::string_view> arguments = Views(command.arguments);
    Keys keys;
    CollectKeys(exec.keyspace, *command.spec, arguments, keys);
    RunHandler(session, *command.spec, arguments, keys,
               {.world_stopped = world_stopped, .now = context.now});
    ShowToMonitors(session, *command.spec, arguments);
    FinishTiming(exec.worker);
  }
}

}  // namespace

void ExecuteTransaction(CommandContext& context) {
  Session& session = context.session;
  Node& node = context.node;
  Transaction& transaction = session.transaction();
  bool needs_world = false;
  bool denies_oom = false;
  SlotLocks locks(node.keyspace());
  for (const QueuedCommand& command : transaction.queue) {
    needs_world |= command.spec->is(kWorld) || command.spec->is(kWalks);
    denies_oom |= command.spec->is(kDenyOom);
    ExtractKeys(*command.spec, Views(command.arguments),
                [&](absl::string_view key) { locks.Add(node.keyspace().MakeKey(key).slot); });
  }
  for (const WatchedKey& watched : transaction.watched) {
    locks.Add(node.keyspace().MakeKey(watched.key).slot);
  }
  FinishTiming(context.worker);
  if (transaction.failed) {
    context.Error("EXECABORT Transaction discarded because of previous errors.");
  } else if (denies_oom && node.settings().maxmemory_bytes != 0 && node.OverMemoryLimit()) {
    context.Error(absl::StrCat("EXECABORT Transaction discarded because of: ", kOutOfMemory));
  } else if (session.LostWatches()) {
    // Nothing is looked at here.
    context.worker.execution.RunAt({});
    context.reply.NullArray();
  } else if (needs_world) {
    WorldGate::Stop stop(node.gate(), context.worker.index);
    RunQueue(context, true);
    locks.NoteDependencies(context.worker.execution);
    context.worker.execution.LogEffects();
  } else {
    locks.Lock();
    RunQueue(context, false);
    locks.NoteDependencies(context.worker.execution);
    context.worker.execution.LogEffects();
  }
}

}  // namespace holdfast
