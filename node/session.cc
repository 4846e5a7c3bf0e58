#include "node/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cluster/log/replication_log.h"
#include "net/base/planted_bug.h"
#include "net/base/witness.h"
#include "node/commands/transactions.h"
#include "node/dispatch.h"
#include "node/node.h"
#include "node/worker.h"

namespace holdfast {
namespace {

// An empty query buffer larger than this is given back.
constexpr size_t kQueryBufferKeep = 32 * 1024;

// How many requests are prefetched together: enough to hide one cache miss behind another, few
// enough that nothing loaded is lost again before its use.
constexpr size_t kPrefetchWindow = 16;

// How soon a request that had to wait is tried again.
constexpr Nanos kLookAgain = Milliseconds(1);

// Of the command that was just executed.
bool TouchedData(const CommandSpec& spec, const Session& session) {
  // What an EXEC ran is not in its queue any more.
  const bool is_exec = spec.handler == ExecCommand;
  if (is_exec && !BUG("reads-of-an-exec-are-not-confirmed")) return true;
  return Membership::TouchesData(spec, session);
}

}  // namespace

Session::Session(Worker& worker, uint64_t id) : worker_(worker), reply_(output_, Protocol::kResp2) {
  info_.id = id;
  info_.created = info_.last_interaction = worker.node.clock().Monotonic();
  info_.authenticated = worker.node.settings().requirepass.empty();
  durability_ = worker.node.settings().durability;
}

Session::~Session() { worker_.node.watches().Unwatch(transaction_); }

void Session::Attach(std::unique_ptr<Connection> connection) {
  Node& node = worker_.node;
  asked_for_map_ = node.map_askers().Asked(connection->peer(), node.clock().Monotonic());
  stream_ = &worker_.loop.Attach(std::move(connection), *this);
}

void Session::NoteAskedForMap() {
  asked_for_map_ = true;
  worker_.node.map_askers().Note(stream_->peer(), worker_.node.clock().Monotonic());
}

void Session::OnReceive(absl::string_view bytes) {
  GateHolder gate(worker_.node.gate(), worker_.index);
  worker_.counters.bytes_received += bytes.size();
  ++worker_.counters.reads_processed;
  if (closing_) return;
  LookAround();
  if (!blocked_ && query_.empty()) {
    size_t consumed = 0;
    Consume(bytes, &consumed);
    bytes.remove_prefix(consumed);
    query_.Append(bytes);
    PutBackRequeued();
  } else {
    if (query_.empty()) query_.Reserve(bytes.size());
    query_.Append(bytes);
    if (!blocked_) ConsumeQuery();
  }
  if (!blocked_ && parser_.bytes_wanted() > query_.capacity()) {
    query_.Reserve(parser_.bytes_wanted());
  }
  RefuseOversizedQuery();
  FlushReplies();
}

void Session::ConsumeQuery() {
  size_t consumed = 0;
  Consume(query_.view(), &consumed);
  query_.RemovePrefix(consumed);
  if (query_.empty() && query_.capacity() > kQueryBufferKeep) query_.Release();
  PutBackRequeued();
}

void Session::PutBackRequeued() {
  if (requeued_.empty()) return;
  requeued_.Append(query_.view());
  query_ = std::move(requeued_);
  requeued_ = Buffer();
}

// Executes what is whole at the front of `input`, and tells how much that was. Requests that a
// pause holds back end up in requeued_.
void Session::Consume(absl::string_view input, size_t* consumed) {
  const Settings& settings = worker_.node.settings();
  while (!closing_ && !blocked_) {
    batch_.Clear();
    const ParserLimits limits{
        .bulk_bytes_max = settings.proto_max_bulk_len,
        .authenticated = info_.authenticated,
        .requests_max = info_.authenticated ? size_t{limits::kPipelineBatchMax} : 1};
    const ParseProgress progress = parser_.Parse(input.substr(*consumed), limits, batch_);
    *consumed += progress.consumed;
    ExecuteBatch();
    if (progress.protocol_error && !blocked_ && !closing_) {
      protocol_error_ = absl::StrCat("ERR ", *progress.protocol_error);
      EndWithProtocolError();
    }
    if (batch_.requests.empty()) break;
    if (batch_.requests.size() < limits.requests_max) break;
    // Between batches whoever wants to stop the world gets its turn.
    worker_.node.gate().Leave(worker_.index);
    worker_.node.gate().Enter(worker_.index);
  }
  if (input.size() == *consumed) batch_.Clear();
}

// Once everything before it is answered.
void Session::EndWithProtocolError() {
  if (front_ != nullptr && front_->busy()) {
    front_wait_ = FrontWait::kIdle;
    return Block();
  }
  worker_.CountError(protocol_error_);
  reply_.Error(protocol_error_);
  closing_ = true;
}

void Session::ExecuteBatch() {
  Node& node = worker_.node;
  const size_t count = batch_.requests.size();
  if (count == 0) return;
  if (node.ledger() != nullptr) replies_.reserve(replies_.size() + count);
  std::vector<PreparedRequest>& prepared = worker_.prepared;
  prepared.resize(count);
  for (size_t window = 0; window < count && !closing_ && !blocked_; window += kPrefetchWindow) {
    const size_t end = std::min(window + kPrefetchWindow, count);
    for (size_t i = window; i < end; ++i) {
      prepared[i] = PassesOn() ? PreparedRequest{.spec = node.commands().Find(batch_.Arguments(i))}
                               : Prepare(node, batch_.Arguments(i));
      if (prepared[i].has_first_key) node.keyspace().PrefetchSlot(prepared[i].first_key.slot);
    }
    if (end - window > 1 && !PassesOn()) {
      PrefetchKeys(absl::MakeConstSpan(prepared).subspan(window, end - window));
    }
    for (size_t i = window; i < end; ++i) {
      const DispatchResult result = DispatchOne(batch_.Arguments(i), prepared[i]);
      if (result == DispatchResult::kPaused) {
        paused_ = true;
        Block();
        Requeue(i);
        break;
      }
      if (closing_) break;
      if (blocked_) {
        Requeue(i + 1);
        break;
      }
    }
  }
  FinishTiming(worker_);
  if (front_ != nullptr) SendRequests();
  info_.last_interaction = std::max(info_.last_interaction, worker_.running.start);
}

void Session::PrefetchKeys(absl::Span<const PreparedRequest> prepared) {
  Keyspace& keyspace = worker_.node.keyspace();
  for (const PreparedRequest& request : prepared) {
    if (request.has_first_key) keyspace.PrefetchTable(database_, request.first_key);
  }
  for (const PreparedRequest& request : prepared) {
    if (!request.has_first_key) continue;
    SpinLock& lock = keyspace.lock(request.first_key.slot);
    if (!lock.TryLock()) continue;
    keyspace.PrefetchEntry(database_, request.first_key);
    lock.Unlock();
  }
}

// What may be done is looked up after the requests were received and inside the gate: if the lease
// was good then, nobody else can have changed anything before.
void Session::LookAround() {
  if (worker_.node.membership() == nullptr) return;
  access_ = worker_.node.membership()->Look();
  // Requests that are passed on wait from now, and are the client's last sign of life.
  if (PassesOn()) info_.last_interaction = worker_.node.clock().Monotonic();
}

// Dispatches a request; its reply is dropped if the client asked for none.
DispatchResult Session::DispatchOne(Arguments arguments, const PreparedRequest& prepared) {
  const ReplyMode mode = info_.reply_mode;
  const size_t reply_start = output_.size();
  if (front_ != nullptr || relay_ != nullptr || access_.passes_on) {
    switch (PassageOf(arguments, prepared)) {
      case Passage::kHere:
        break;
      case Passage::kWait:
        return DispatchResult::kPaused;
      case Passage::kRefused:
        closing_ = true;
        return DispatchResult::kDone;
      case Passage::kPassOn:
        PassOn(arguments, *prepared.spec);
        if (mode == ReplyMode::kSkipNext) info_.reply_mode = ReplyMode::kOn;
        return DispatchResult::kDone;
    }
  }
  const DispatchResult result = Dispatch(*this, arguments, prepared);
  if (result == DispatchResult::kPaused) return result;
  waiting_since_ = {};
  Testify();
  if (mode == ReplyMode::kOn) {
    if (worker_.node.ledger() != nullptr) NoteReply(reply_start);
    return result;
  }
  if (mode == ReplyMode::kSkipNext && info_.reply_mode == ReplyMode::kSkipNext) {
    info_.reply_mode = ReplyMode::kOn;
  }
  // CLIENT REPLY ON itself is answered.
  if (mode == ReplyMode::kSkipNext || info_.reply_mode == ReplyMode::kOff) {
    output_.Truncate(reply_start);
  }
  if (worker_.node.ledger() != nullptr) NoteReply(reply_start);
  return result;
}

Epoch Session::EpochNow() const {
  const Node& node = worker_.node;
  if (node.leads()) return *node.leads();
  if (node.membership() == nullptr) return {};
  return {node.membership()->state().epoch.load(std::memory_order_relaxed)};
}

// Tells the simulator's judges what only this node knows of the request in hand.
void Session::Testify() {
  const Node& node = worker_.node;
  const ExecutionOutcome& outcome = worker_.execution.outcome();
  const bool executed = outcome.log_time.value != 0;
  const bool leads = node.leads().has_value();
  WitnessReply(
      {.connection = stream_->descriptor(),
       .ordinal = NextNumber(),
       .epoch = executed ? EpochNow() : Epoch{},
       .executed_at = outcome.lsn,
       .depends_on = leads || node.log() == nullptr ? outcome.depends_on : node.log()->applied(),
       .log_time = outcome.log_time,
       .on_replica = executed && !leads});
}

// Remembers what the reply that was just written has to wait for.
void Session::NoteReply(size_t reply_start) {
  const ExecutionOutcome& outcome = worker_.execution.outcome();
  if (outcome.wrote()) last_write_ = outcome.lsn;
  if (outcome.unlogged) {
    worker_.node.ledger()->HaltFor("a change was executed that could not be logged");
    return Kill();
  }
  if (output_.size() == reply_start) return;
  const bool waits = access_.role == ServingRole::kLeading && durability_ != Durability::kAsync;
  const Lsn until = waits ? outcome.visible_at() : Lsn{};
  HeldReply reply{.end = output_.size(),
                  .until = until,
                  .wrote = outcome.wrote(),
                  .fsync = durability_ == Durability::kFsync};
  const bool looked =
      outcome.log_time.value != 0 && !outcome.wrote() && TouchedData(*info_.last_command, *this);
  if (waits && looked && access_.confirm) reply.token = NeedConfirmation();
  replies_.push_back(reply);
  replies_until_ = std::max(replies_until_, until);
  replies_fsync_ |= reply.fsync;
}

// One token serves all that is asked in one turn.
uint64_t Session::NeedConfirmation() {
  if (replies_token_ == 0) replies_token_ = worker_.node.membership()->NewToken();
  return replies_token_;
}

bool Session::MustHold(const Visible& visible) const {
  const Lsn reached = replies_fsync_ ? visible.durable : visible.committed;
  return !holder_.empty() || replies_token_ != 0 || replies_until_ > reached;
}

void Session::HoldOutput(const Visible& visible) {
  // Bytes that no request asked for.
  if (replies_.empty() || replies_.back().end != output_.size()) {
    replies_.push_back({.end = output_.size()});
  }
  if (holder_.empty()) worker_.holding.push_back(this);
  holder_.Hold(std::move(output_), std::move(replies_), worker_.node.clock().Monotonic());
  output_ = Buffer();
  replies_ = {};
  replies_until_ = {};
  worker_.node.ledger()->NoteHolding(
      worker_,
      {.token = std::exchange(replies_token_, 0), .fsync = std::exchange(replies_fsync_, false)},
      visible);
}

void Session::SendOutput(Buffer bytes) {
  worker_.counters.bytes_sent += bytes.size();
  ++worker_.counters.writes_processed;
  stream_->Send(std::move(bytes));
}

bool Session::ReleaseHeld(const Visible& visible) {
  if (stream_ == nullptr) return true;
  holder_.Release(visible, [&](Buffer bytes) { SendOutput(std::move(bytes)); });
  if (holder_.empty() && closing_) stream_->Close(CloseMode::kAfterSend);
  return holder_.empty();
}

bool Session::FailHeld(const Visible& visible, const HeldErrors& errors, Nanos held_since) {
  if (stream_ == nullptr) return true;
  holder_.Fail(visible, errors, held_since, [&](Buffer bytes) { SendOutput(std::move(bytes)); });
  if (holder_.empty() && closing_) stream_->Close(CloseMode::kAfterSend);
  return holder_.empty();
}

bool Session::WaitForReign() {
  const Nanos now = worker_.node.clock().Monotonic();
  if (waiting_since_.value == 0) waiting_since_ = now;
  if (now - waiting_since_ >= Milliseconds(worker_.node.settings().commit_timeout_ms)) return false;
  WaitABit();
  return true;
}

void Session::WaitABit() {
  if (worker_.waiting.empty()) {
    worker_.loop.RunAfter(kLookAgain, [&worker = worker_] {
      const std::vector<uint64_t> waiting = std::exchange(worker.waiting, {});
      for (const uint64_t id : waiting) {
        worker.node.PostToSession(worker.index, id, [](Session& session) { session.Unblock(); });
      }
    });
  }
  worker_.waiting.push_back(info_.id);
}

// Writes the requests of the batch from `first` on back as bytes, for when execution goes on.
void Session::Requeue(size_t first) {
  ReplyWriter writer(requeued_, Protocol::kResp2);
  for (size_t i = first; i < batch_.requests.size(); ++i) {
    const Arguments arguments = batch_.Arguments(i);
    writer.Array(arguments.size());
    for (const absl::string_view argument : arguments) writer.Bulk(argument);
  }
  // What the parser remembers of an incomplete request counts from a place that has moved.
  parser_ = RequestParser();
}

void Session::RefuseOversizedQuery() {
  if (closing_ ||
      query_.size() <= static_cast<size_t>(worker_.node.settings().client_query_buffer_limit)) {
    return;
  }
  ++worker_.counters.query_buffer_limit_disconnections;
  worker_.node.Log(LogLevel::kWarning,
                   "Closing client %d that reached max query buffer length (%d bytes)", info_.id,
                   query_.size());
  Kill();
}

void Session::SendOrHold() {
  const Ledger* ledger = worker_.node.ledger();
  const Visible visible = ledger != nullptr ? ledger->visible() : Visible{};
  if (ledger != nullptr && MustHold(visible)) return HoldOutput(visible);
  SendOutput(std::move(output_));
  output_ = Buffer();
  replies_.clear();
  replies_until_ = {};
  replies_fsync_ = false;
}

void Session::FlushReplies() {
  if (stream_ == nullptr) return;
  // What the peer has left lying; the replies of this turn are only about to be sent.
  unsent_bytes_ = stream_->unsent_bytes();
  if (!output_.empty()) SendOrHold();
  if (closing_) {
    if (holder_.empty()) stream_->Close(CloseMode::kAfterSend);
  } else if (OverOutputLimit(info_.last_interaction)) {
    ++worker_.counters.output_limit_disconnections;
    worker_.node.Log(LogLevel::kWarning,
                     "Client %d scheduled to be closed ASAP for overcoming of output buffer limits "
                     "(%d bytes are waiting to be sent).",
                     info_.id, stream_->unsent_bytes());
    Kill();
  }
}

bool Session::OverOutputLimit(Nanos monotonic) {
  const OutputBufferLimit& limit = worker_.node.settings().client_output_buffer_limits[0];
  const size_t waiting = stream_->unsent_bytes() + holder_.bytes();
  if (limit.hard_bytes > 0 && waiting > static_cast<size_t>(limit.hard_bytes)) return true;
  if (limit.soft_bytes <= 0 || waiting <= static_cast<size_t>(limit.soft_bytes)) {
    over_soft_limit_since_ = {};
    return false;
  }
  if (over_soft_limit_since_.value == 0) {
    over_soft_limit_since_ = monotonic;
    return false;
  }
  return monotonic - over_soft_limit_since_ > Seconds(limit.soft_seconds);
}

void Session::CheckLimits(Nanos monotonic) {
  if (stream_ == nullptr || closing_) return;
  unsent_bytes_ = stream_->unsent_bytes();
  const int64_t timeout = worker_.node.settings().timeout_seconds;
  if (timeout > 0 && !blocked_ && !info_.monitor && relay_ == nullptr &&
      monotonic - info_.last_interaction > Seconds(timeout)) {
    Kill();
    return;
  }
  if (OverOutputLimit(monotonic)) {
    ++worker_.counters.output_limit_disconnections;
    Kill();
  }
}

void Session::OnSendDrained() {
  GateHolder gate(worker_.node.gate(), worker_.index);
  unsent_bytes_ = 0;
  if (front_wait_ == FrontWait::kReader) Unblock();
}

void Session::OnClosed(const absl::Status& reason) {
  (void)reason;
  Node& node = worker_.node;
  {
    // Whoever stops the world may be looking at the stream.
    GateHolder gate(node.gate(), worker_.index);
    LeaveFront();
    stream_ = nullptr;
    closing_ = true;
  }
  node.RemoveSession(*this);
}

void Session::Kill() {
  closing_ = true;
  if (stream_ != nullptr) stream_->Close(CloseMode::kAbort);
}

void Session::Block() {
  blocked_ = true;
  stream_->SetReceiving(false);
}

void Session::Unblock() {
  if (!blocked_) return;
  blocked_ = false;
  paused_ = false;
  front_wait_ = FrontWait::kNone;
  if (stream_ == nullptr) return;
  stream_->SetReceiving(true);
  LookAround();
  if (!protocol_error_.empty()) EndWithProtocolError();
  ConsumeQuery();
  RefuseOversizedQuery();
  FlushReplies();
}

void Session::Reset() {
  DiscardTransaction(*this);
  database_ = DatabaseId{0};
  reply_.set_protocol(Protocol::kResp2);
  info_.name.clear();
  info_.no_evict = false;
  info_.no_touch = false;
  readonly_ = false;
  asked_for_map_ = false;
  durability_ = worker_.node.settings().durability;
  info_.reply_mode = ReplyMode::kOn;
  info_.authenticated = worker_.node.settings().requirepass.empty();
}

void Session::Push(absl::string_view bytes) {
  if (stream_ == nullptr || closing_) return;
  output_.Append(bytes);
  FlushReplies();
}

}  // namespace holdfast
