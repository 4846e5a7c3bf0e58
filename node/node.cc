#include "node/node.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/base/limits.h"
#include "net/base/planted_bug.h"
#include "net/base/status.h"
#include "net/runtime/patient_listen.h"
#include "node/forward_desk.h"
#include "node/ledger.h"
#include "node/map_askers.h"
#include "node/membership.h"
#include "node/persistence.h"
#include "node/protection.h"
#include "node/sentinel/sentinel_door.h"
#include "node/session.h"
#include "storage/effects/apply.h"

namespace holdfast {
namespace {

// How long a stopping node tries to hand over what it leads.
constexpr Nanos kHandoverPatience = Seconds(5);

std::string RandomHex(Entropy& entropy) {
  std::string text;
  while (text.size() < 40) absl::StrAppend(&text, absl::Hex(entropy.Next(), absl::kZeroPad16));
  text.resize(40);
  return text;
}

std::vector<CommandTable::Rename> Renames(const Settings& settings) {
  std::vector<CommandTable::Rename> renames;
  for (const auto& [from, to] : settings.rename_commands) renames.push_back({from, to});
  return renames;
}

// The last loops are the background's and the log's.
constexpr int kOtherLoops = 2;

int WorkerCount(const Runtime& runtime) { return runtime.loop_count() - kOtherLoops; }

constexpr Pause kStandstill{.until = Nanos{INT64_MAX}};

}  // namespace

Node::Node(Runtime& runtime, Options options)
    : runtime_(runtime),
      config_(std::move(options.config)),
      config_path_(std::move(options.config_path)),
      on_stopped_(std::move(options.on_stopped)),
      run_id_(RandomHex(runtime.entropy())),
      started_(runtime.clock().Monotonic()),
      log_(options.log),
      leads_(log_ == nullptr ? std::optional(Epoch{}) : std::nullopt),
      keyspace_(runtime.entropy().Next()),
      log_clock_(runtime.clock()),
      commands_(Renames(config_.settings())),
      gate_(runtime.loop_count()),
      snapshots_(*this, runtime.loop(WorkerCount(runtime))),
      persistence_(std::make_unique<Persistence>(*this, runtime.loop(WorkerCount(runtime)),
                                                 runtime.loop(WorkerCount(runtime) + 1))),
      listeners_(runtime.loop(0), [this](auto connection) { Accept(std::move(connection)); }),
      background_changes_(keyspace_, watches_, background_counters_.dirty),
      background_execution_(*this, runtime.loop(WorkerCount(runtime))) {
  const bool clustered = config_.settings().cluster_enabled;
  const int workers = WorkerCount(runtime);
  CHECK(workers >= 1);
  for (int i = 0; i < workers; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(*this, runtime.loop(i), i, runtime.entropy().Next()));
  }
  if (clustered) {
    membership_ = std::make_unique<Membership>(*this, runtime.loop(workers + 1));
    ledger_ = membership_.get();
    log_ = &membership_->driver().log();
    leads_ = std::nullopt;
    if (config_.settings().sentinel_port != 0) {
      sentinel_door_ = std::make_unique<SentinelDoor>(*this);
    }
    for (auto& worker : workers_) {
      worker->desk = std::make_unique<ForwardDesk>(*worker, membership_->forwarder());
    }
    membership_->forwarder().Open(membership_->driver().forward_ways());
  }
}

Node::~Node() = default;

// Where there is nothing to load clients find the node ready; otherwise they are told to wait.
void Node::Start(StatusHandler done) {
  if (membership_ != nullptr) return StartMember(std::move(done));
  persistence_->Look([this, done = std::move(done)](absl::StatusOr<bool> found) mutable {
    if (!found.ok()) {
      runtime_.loop(0).Post(
          [status = found.status(), done = std::move(done)]() mutable { done(status); });
    } else if (*found) {
      StartLoading(std::move(done));
    } else {
      persistence_->Recover([this, done = std::move(done)](absl::Status status) mutable {
        if (status.ok()) return StartEmpty(std::move(done));
        runtime_.loop(0).Post([status, done = std::move(done)]() mutable { done(status); });
      });
    }
  });
}

// What is on the disk is brought back once it is known which group it is of.
void Node::StartMember(StatusHandler done) {
  if (!settings().appendonly) return StartEmpty(std::move(done));
  persistence_->Look([this, done = std::move(done)](absl::StatusOr<bool> found) mutable {
    if (!found.ok()) {
      return runtime_.loop(0).Post(
          [status = found.status(), done = std::move(done)]() mutable { done(status); });
    }
    persistence_->set_holds_foreign_data(*found);
    StartEmpty(std::move(done));
  });
}

void Node::StartLoading(StatusHandler done) {
  persistence_->set_loading(true);
  Open([this, done = std::move(done)](absl::Status open) mutable {
    if (!open.ok()) return done(open);
    persistence_->Recover([this, done = std::move(done)](absl::Status status) mutable {
      if (status.ok()) persistence_->set_loading(false);
      runtime_.loop(0).Post([status, done = std::move(done)]() mutable { done(status); });
    });
  });
}

// A client that is let in may ask about the cluster: the node knows its part before it listens.
void Node::StartEmpty(StatusHandler done) {
  if (membership_ == nullptr) return Open(std::move(done));
  membership_->driver().Start([this, done = std::move(done)](absl::Status joined) mutable {
    if (!joined.ok()) {
      runtime_.loop(0).Post([joined, done = std::move(done)]() mutable { done(joined); });
    } else {
      Open(std::move(done));
    }
  });
}

void Node::Open(StatusHandler done) {
  runtime_.loop(0).Post([this, done = std::move(done)]() mutable {
    ListenPatiently(runtime_.loop(0), clock(),
                    {.listen = [this] { return Listen(settings()); },
                     .done =
                         [this, done = std::move(done)](absl::Status status) mutable {
                           OpenSentinelDoor(std::move(status), std::move(done));
                         }});
  });
}

// A port that was asked for must be had. One that nobody asked for may belong to a Sentinel, or to
// another node on this machine: a node serves without it.
void Node::OpenSentinelDoor(absl::Status listening, StatusHandler done) {
  if (membership_ == nullptr || !listening.ok())
    return Begin(std::move(listening), std::move(done));
  const bool must = settings().sentinel_port != Settings::kSentinelPortAuto;
  NodeDoors doors{.client_port = static_cast<uint16_t>(settings().cluster_announce_port),
                  .hostname = settings().cluster_announce_hostname};
  if (sentinel_door_ == nullptr) {
    membership_->driver().SetDoors(std::move(doors));
    return Begin(std::move(listening), std::move(done));
  }
  auto opened = [this, doors](const absl::Status& status) mutable {
    if (status.ok()) {
      doors.sentinel_port = sentinel_door_->port();
    } else {
      Log(LogLevel::kNotice,
          "no-sentinel-port reason=\"%s\"; set sentinel-port to another one, or to 0 for none",
          status.message());
    }
    membership_->driver().SetDoors(doors);
  };
  if (!must) Begin(absl::OkStatus(), std::exchange(done, nullptr));
  ListenPatiently(runtime_.loop(0), clock(),
                  {.listen =
                       [this] {
                         // The node may have been stopped meanwhile.
                         return stopping_.load() ? absl::CancelledError("the node is stopping")
                                                 : sentinel_door_->Listen(settings());
                       },
                   .done =
                       [this, must, opened, done = std::move(done)](absl::Status status) mutable {
                         if (status.ok() || !must) opened(status);
                         if (must) Begin(std::move(status), std::move(done));
                       }});
}

void Node::Begin(absl::Status listening, StatusHandler done) {
  if (listening.ok() && listeners_.empty()) {
    listening = absl::FailedPreconditionError(
        "nothing to listen on: set port, bind or unixsocket in the configuration");
  }
  if (listening.ok()) {
    for (size_t i = 0; i < workers_.size(); ++i) {
      workers_[i]->loop.Post([this, i] { WorkerTick(static_cast<int>(i)); });
    }
    runtime_.loop(background_participant()).Post([this] { BackgroundTick(); });
  }
  done(std::move(listening));
}

absl::Status Node::Listen(const Settings& settings) {
  if (stopping_.load(std::memory_order_relaxed)) {
    return absl::FailedPreconditionError("the node is stopping");
  }
  // Sentinel's port is on `bind`, too.
  const bool both = sentinel_door_ != nullptr && sentinel_door_->listening();
  if (both) RETURN_IF_ERROR(sentinel_door_->Listen(settings));
  absl::Status status = listeners_.Change(settings);
  if (status.ok() || !both) return status;
  const absl::Status back = sentinel_door_->Listen(this->settings());
  if (back.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(status.message(), "; and ", back.message()));
}

void Node::Accept(std::unique_ptr<Connection> connection) {
  const bool local = IsLoopback(connection->peer());
  std::string refusal;
  {
    GateHolder gate(gate_, 0);
    WorkerCounters& counters = workers_[0]->counters;
    if (session_count() >= static_cast<size_t>(settings().maxclients)) {
      refusal = "-ERR max number of clients reached\r\n";
    } else if (!MayConnect(settings(), connection->peer())) {
      refusal = std::string(kProtectedModeError);
    }
    ++(refusal.empty() ? counters.connections_received : counters.connections_rejected);
  }
  if (!refusal.empty()) {
    RefuseConnection(runtime_.loop(0), std::move(connection), refusal);
    return;
  }
  session_count_.fetch_add(1, std::memory_order_relaxed);
  Worker& worker = *workers_[next_worker_++ % workers_.size()];
  const uint64_t id = next_session_id_.fetch_add(1, std::memory_order_relaxed);
  worker.loop.Post([this, &worker, id, local, connection = std::move(connection)]() mutable {
    GateHolder gate(gate_, worker.index);
    if (stopping_.load(std::memory_order_relaxed)) {
      session_count_.fetch_sub(1, std::memory_order_relaxed);
      return;
    }
    auto session = std::make_unique<Session>(worker, id);
    session->info().from_loopback = local;
    session->Attach(std::move(connection));
    worker.Insert(std::move(session));
  });
}

Session& Node::AddRelayed(Worker& worker, Relay& relay, const ClientState& state) {
  const uint64_t id = next_session_id_.fetch_add(1, std::memory_order_relaxed);
  auto session = std::make_unique<Session>(worker, id);
  session->Attach(relay, state);
  forwarded_clients_.fetch_add(1, std::memory_order_relaxed);
  return *worker.Insert(std::move(session));
}

void Node::RemoveSession(Session& session) {
  Worker& worker = session.worker();
  const bool relayed = session.relay() != nullptr;
  const uint64_t id = session.info().id;
  GateHolder gate(gate_, worker.index);
  if (session.info().monitor) {
    WorldGate::Stop stop(gate_, worker.index);
    std::erase(monitors_, std::pair(worker.index, id));
  }
  std::erase(worker.holding, &session);
  worker.Erase(session);
  (relayed ? forwarded_clients_ : session_count_).fetch_sub(1, std::memory_order_relaxed);
}

Session* Node::FindSession(uint64_t id) {
  for (auto& worker : workers_) {
    if (Session* session = worker->Find(id)) return session;
  }
  return nullptr;
}

void Node::ForEachSession(absl::FunctionRef<void(Session&)> visit) {
  for (auto& worker : workers_) {
    for (auto& session : worker->sessions) visit(*session);
  }
}

void Node::PostToSession(int worker_index, uint64_t session_id,
                         absl::AnyInvocable<void(Session&)> task) {
  Worker& worker = *workers_[static_cast<size_t>(worker_index)];
  worker.loop.Post([this, &worker, session_id, task = std::move(task)]() mutable {
    GateHolder gate(gate_, worker.index);
    if (Session* session = worker.Find(session_id)) task(*session);
  });
}

bool Node::Pauses(const CommandSpec& spec, const Session& session) const {
  if (pause_.until <= clock().Monotonic()) return false;
  if (!pause_.writes_only) return true;
  if (spec.is(kWrite)) return true;
  const auto& queue = session.transaction().queue;
  return spec.name == "exec" && std::any_of(queue.begin(), queue.end(), [](const auto& command) {
           return command.spec->is(kWrite);
         });
}

void Node::SetPause(const Pause& pause) {
  pause_ = pause;
  const Nanos delay = std::max(pause.until - clock().Monotonic(), Nanos{0});
  for (auto& worker : workers_) {
    worker->loop.Post([this, delay, &worker = *worker] {
      worker.loop.RunAfter(delay, [this, &worker] {
        GateHolder gate(gate_, worker.index);
        if (pause_.until > clock().Monotonic()) return;
        // Going on may close sessions, but destroys none before their OnClosed.
        for (size_t i = 0; i < worker.sessions.size(); ++i) {
          if (worker.sessions[i]->paused()) worker.sessions[i]->Unblock();
        }
      });
    });
  }
}

absl::StatusOr<TouchedSlots> Node::ApplyRecord(Millis log_time, absl::string_view payload) {
  if (BUG("relative-ttl-in-the-log")) log_time = log_clock_.Now();
  return ApplyEffects(
      payload, keyspace_,
      {.now = log_time, .list_limits = list_limits(), .listener = &background_changes_});
}

void Node::WriteTo(Ledger& ledger, Epoch epoch) {
  ledger_ = &ledger;
  log_ = &ledger.log();
  leads_ = epoch;
}

void Node::ReplaceKeyspace(Keyspace& with) {
  WorldGate::Stop stop(gate_, background_participant());
  for (uint8_t database = 0; database < kDatabaseCount; ++database) {
    watches_.TouchDatabase(DatabaseId{database}, [](absl::string_view) { return true; });
  }
  keyspace_.Swap(with);
}

bool Node::IsCongested() const {
  return keyspace_.CutCongested() || (ledger_ != nullptr && ledger_->IsCongested());
}

void Node::Stop(StopOptions options, StatusHandler refused) {
  if (stop_asked_.exchange(true)) return;
  if (membership_ != nullptr) {
    return membership_->driver().Shutdown(kHandoverPatience, [this] { Abandon(); });
  }
  if (persistence_->loading()) return Abandon();
  runtime_.loop(background_participant())
      .Post([this, options, refused = std::move(refused)]() mutable {
        StopStandingAlone(options, std::move(refused));
      });
}

// Nothing is executed any more: what the snapshot and the log then hold is the end.
void Node::StopStandingAlone(const StopOptions& options, StatusHandler refused) {
  bool save = false;
  Pause before;
  {
    GateHolder gate(gate_, background_participant());
    WorldGate::Stop stop(gate_, background_participant());
    save = options.save == FinalSave::kAlways ||
           (options.save == FinalSave::kByRules && !settings().save.empty());
    before = std::exchange(pause_, kStandstill);
  }
  persistence_->Finish(save, [this, force = options.force, before,
                              refused = std::move(refused)](const absl::Status& status) mutable {
    if (status.ok() || force) return Abandon();
    Log(LogLevel::kWarning, "The node goes on, since it could not be stopped safely: %s",
        status.message());
    runtime_.loop(background_participant())
        .Post([this, before, status, refused = std::move(refused)]() mutable {
          GateHolder gate(gate_, background_participant());
          WorldGate::Stop stop(gate_, background_participant());
          SetPause(before);
          stop_asked_.store(false);
          if (refused) refused(status);
        });
  });
}

void Node::Abandon() {
  if (stopping_.exchange(true)) return;
  runtime_.loop(0).Post([this] {
    listeners_.Close();
    if (sentinel_door_ != nullptr) sentinel_door_->Close();
    auto left = std::make_shared<std::atomic<size_t>>(workers_.size());
    for (auto& worker : workers_) {
      worker->loop.Post([this, left, &worker = *worker] {
        {
          GateHolder gate(gate_, worker.index);
          for (auto& session : worker.sessions) session->CloseAfterReply(), session->Push("");
        }
        if (left->fetch_sub(1) == 1 && on_stopped_) on_stopped_();
      });
    }
  });
}

}  // namespace holdfast
