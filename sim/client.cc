#include "sim/client.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/sim_network.h"

namespace holdfast {
namespace {

constexpr Nanos kReconnectDelayMax = Milliseconds(100);
constexpr Nanos kDisconnectDelayMax = Milliseconds(2);
constexpr Nanos kSlowReaderPauseMax = Seconds(2);

void AppendCommand(const Command& command, Buffer& out) {
  std::vector<absl::string_view> views(command.begin(), command.end());
  AppendRequest(views, out);
}

// Whether the next try had better go to another node.
bool SendsElsewhere(const ReplyValue& reply) {
  if (!reply.is_error()) return false;
  for (absl::string_view code :
       {"READONLY", "MOVED", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "INDETERMINATE"}) {
    if (absl::StartsWith(reply.text, code)) return true;
  }
  return false;
}

}  // namespace

SimClient::SimClient(Runtime& runtime, Options options)
    : loop_(runtime.loop(0)),
      options_(std::move(options)),
      draws_(options_.kernel->draws("client", options_.entity)) {
  Connect();
}

void SimClient::Connect() {
  const Address& server = options_.servers[server_ % options_.servers.size()];
  loop_.Connect(server, [this](absl::StatusOr<std::unique_ptr<Connection>> connection) {
    if (!connection.ok()) {
      ++server_;
      loop_.RunAfter(draws_.Between(Nanos{}, kReconnectDelayMax), [this] { Connect(); });
      return;
    }
    stream_ = &loop_.Attach(*std::move(connection), *this);
    socket_ = SimNetwork::IdOf(*stream_);
    connection_ = (*options_.next_connection)++;
    requests_ = 0;
    refused_ = false;
    parser_ = ReplyParser();
    Greet();
  });
}

void SimClient::Greet() {
  Buffer greeting;
  if (options_.profile.resp3) AppendCommand({"HELLO", "3"}, greeting);
  if (options_.profile.reads_replicas) AppendCommand({"READONLY"}, greeting);
  requests_ = (options_.profile.resp3 ? 1 : 0) + (options_.profile.reads_replicas ? 1 : 0);
  if (requests_ == 0) return Think();
  for (uint64_t i = 0; i < requests_; ++i) pending_.push_back({});
  stream_->Send(std::move(greeting));
  WatchForSilence();
}

void SimClient::LeaveForNext() {
  ++server_;
  stream_->Close(CloseMode::kAbort);
}

void SimClient::Think() {
  loop_.RunAfter(draws_.Exponential(options_.profile.think_mean), [this] {
    if (stream_ != nullptr && pending_.empty()) SendBatch();
  });
}

void SimClient::SendBatch() {
  const int64_t count = draws_.Between(1, options_.profile.pipeline_max);
  Buffer bytes;
  bool finished = false;
  for (int64_t i = 0; i < count && !finished; ++i) {
    std::optional<PlannedOperation> planned = options_.next();
    finished = !planned;
    if (!planned || !planned->sent) continue;
    Operation& operation = planned->operation;
    const size_t extra = operation.is_transaction ? operation.commands.size() + 1 : 0;
    operation.connection = connection_;
    operation.server_connection = static_cast<int>(PeerOf(socket_));
    operation.ordinal = requests_ + extra;
    operation.begin = options_.kernel->now();
    requests_ += extra + 1;
    AppendOperation(operation, bytes);
    pending_.push_back({.history_index = options_.history->size(), .replies_left = extra + 1});
    options_.history->push_back(std::move(operation));
  }
  if (pending_.empty()) {
    if (!finished) return Think();
    finished_ = true;
    stream_->Close(CloseMode::kAfterSend);
    return;
  }
  stream_->Send(std::move(bytes));
  WatchForSilence();
  Misbehave();
}

void SimClient::AppendOperation(const Operation& operation, Buffer& out) {
  if (operation.is_transaction) AppendCommand({"MULTI"}, out);
  for (const Command& command : operation.commands) AppendCommand(command, out);
  if (operation.is_transaction) AppendCommand({"EXEC"}, out);
}

void SimClient::Misbehave() {
  const uint32_t connection = connection_;
  const auto later = [&](Nanos delay, auto act) {
    loop_.RunAfter(delay, [this, connection, act] {
      if (stream_ != nullptr && connection_ == connection) act(*stream_);
    });
  };
  if (draws_.Chance(options_.profile.slow_reader)) {
    stream_->SetReceiving(false);
    later(draws_.Between(Nanos{}, kSlowReaderPauseMax),
          [](Stream& stream) { stream.SetReceiving(true); });
  }
  if (draws_.Chance(options_.profile.disconnect)) {
    const CloseMode mode = draws_.Chance({1, 2}) ? CloseMode::kAbort : CloseMode::kAfterSend;
    later(draws_.Between(Nanos{}, kDisconnectDelayMax),
          [mode](Stream& stream) { stream.Close(mode); });
  }
}

void SimClient::WatchForSilence() {
  loop_.Cancel(silence_);
  const uint64_t replies = replies_;
  silence_ = loop_.RunAfter(options_.profile.patience, [this, replies] {
    if (stream_ == nullptr || pending_.empty()) return;
    if (replies_ == replies) {
      stream_->Close(CloseMode::kAbort);
    } else {
      WatchForSilence();
    }
  });
}

void SimClient::OnReceive(absl::string_view bytes) {
  parser_.Feed(bytes);
  while (fault_.empty()) {
    absl::StatusOr<absl::optional<ReplyValue>> reply = parser_.Next();
    if (!reply.ok()) return Fail(absl::StrCat("not RESP: ", reply.status().message()));
    if (!reply->has_value()) return;
    TakeReply(**std::move(reply));
  }
}

void SimClient::TakeReply(ReplyValue reply) {
  ++replies_;
  if (pending_.empty()) return Fail("a reply that nobody asked for: " + reply.ToString());
  Pending& oldest = pending_.front();
  if (oldest.history_index) {
    Operation& operation = (*options_.history)[*oldest.history_index];
    const bool is_last = oldest.replies_left == 1;
    const bool is_first = oldest.replies_left == operation.commands.size() + 2;
    // A command that is refused when it is queued makes EXEC refuse the rest.
    const bool refused = !is_first && OutcomeOf(reply) == Operation::Outcome::kNoEffect;
    if (!is_last && !refused && reply.text != (is_first ? "OK" : "QUEUED")) {
      return Fail(absl::StrCat("a command was not queued: ", reply.ToString()));
    }
    if (is_last) Conclude(operation, std::move(reply));
  } else if (OutcomeOf(reply) == Operation::Outcome::kNoEffect) {
    refused_ = true;
  } else if (reply.is_error()) {
    return Fail("a greeting was refused: " + reply.ToString());
  }
  if (--oldest.replies_left > 0) return;
  pending_.pop_front();
  if (!pending_.empty()) return;
  if (refused_) return LeaveForNext();
  Think();
}

void SimClient::Conclude(Operation& operation, ReplyValue reply) {
  operation.outcome = OutcomeOf(reply);
  // A fate that the server does not know either may still be decided later.
  if (operation.outcome != Operation::Outcome::kUnknown) operation.end = options_.kernel->now();
  // A node that cannot show anything may be cut off for good; people give up sooner or later.
  const bool again = reply.is_error() && absl::StartsWith(reply.text, "TRYAGAIN");
  refused_ |= SendsElsewhere(reply) || (again && draws_.Chance({1, 4}));
  operation.reply = std::move(reply);
  if (options_.on_answer) options_.on_answer(operation);
}

void SimClient::Fail(std::string fault) {
  fault_ = std::move(fault);
  finished_ = true;
  stream_->Close(CloseMode::kAbort);
}

void SimClient::OnClosed(const absl::Status&) {
  stream_ = nullptr;
  for (const Pending& pending : pending_) {
    if (pending.history_index) lost_.push_back({*pending.history_index, PeerOf(socket_)});
  }
  pending_.clear();
  if (finished_) return;
  loop_.RunAfter(draws_.Between(Nanos{}, kReconnectDelayMax), [this] { Connect(); });
}

}  // namespace holdfast
