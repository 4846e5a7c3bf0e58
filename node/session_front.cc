// A session whose requests are passed on to the primary, and the session there that serves them.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cluster/log/replication_log.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/base/mark.h"
#include "net/base/planted_bug.h"
#include "node/commands/cluster.h"
#include "node/commands/transactions.h"
#include "node/forward_desk.h"
#include "node/node.h"
#include "node/relay.h"
#include "node/session.h"
#include "node/worker.h"

namespace holdfast {
namespace {

absl::string_view ErrorOf(Front::Fate fate) {
  switch (fate) {
    case Front::Fate::kUnknown:
      return "INDETERMINATE the way to the primary broke; whether this was applied is not known "
             "here";
    case Front::Fate::kMayBeAsked:
      return "TRYAGAIN the way to the primary broke";
    case Front::Fate::kNotDone:
      return "CLUSTERDOWN No primary could be reached in time; nothing was applied";
    case Front::Fate::kNil:
      break;
  }
  return "";
}

// Whether EXEC's reply says that the queue was executed.
bool WasExecuted(absl::string_view reply) {
  return reply.size() > 1 && reply[0] == '*' && reply[1] != '-';
}

}  // namespace

// On the client's own node.

// Whether a request is for the primary, and there is nothing to be said against it here.
bool Session::WantsPrimary(const CommandSpec& spec, Arguments arguments) const {
  if (!info_.authenticated || !spec.ArityOk(arguments.size())) return false;
  const bool watching = front_ != nullptr && front_->watching();
  if (transaction_.open) {
    if (spec.handler == DiscardCommand) return watching;
    if (spec.handler != ExecCommand || transaction_.failed || LostWatches()) return false;
    if (watching) return true;
  } else if (spec.handler == ExecCommand || spec.handler == DiscardCommand) {
    return false;
  } else if (spec.handler == UnwatchCommand) {
    return watching;
  }
  if (spec.handler == WaitCommand) return true;
  return Membership::NeedsPrimary(access_, spec, *this) &&
         !worker_.node.membership()->Objection(access_, spec, arguments, *this);
}

Session::Passage Session::PassageOf(Arguments arguments, const PreparedRequest& prepared) {
  if (relay_ != nullptr) {
    const bool leads =
        access_.role == ServingRole::kLeading || access_.role == ServingRole::kDraining;
    if (leads) return Passage::kHere;
    MARK("a request was passed on to a node that does not lead");
    if (!BUG("forwarded-request-executed-without-leading")) return Passage::kRefused;
  }
  const bool busy = front_ != nullptr && front_->busy();
  if (PassesOn() && prepared.spec != nullptr && WantsPrimary(*prepared.spec, arguments)) {
    return MustWaitToPassOn(*prepared.spec) ? Passage::kWait : Passage::kPassOn;
  }
  // Its reply has to stand behind those that are on their way.
  if (busy && !BUG("forward-answers-out-of-order")) {
    front_wait_ = FrontWait::kIdle;
    return Passage::kWait;
  }
  if (front_ != nullptr && !PassesOn()) {
    CloseRemote();
    // What was written through another node is behind the end of the log at most.
    if (std::exchange(wrote_elsewhere_, false)) last_write_ = worker_.node.log()->tail();
  }
  return Passage::kHere;
}

bool Session::MustWaitToPassOn(const CommandSpec& spec) {
  Node& node = worker_.node;
  if (node.pause().until.value != 0 && node.Pauses(spec, *this)) return true;
  // What EXEC changes about the connection decides how the next request is understood.
  if (!following_.empty()) {
    front_wait_ = FrontWait::kIdle;
    return true;
  }
  if (stream_->unsent_bytes() > limits::kForwardUnreadMax) {
    MARK("a client that does not read is not passed on");
    front_wait_ = FrontWait::kReader;
    return true;
  }
  if (front_ != nullptr && (front_->requests() >= limits::kForwardRequestsMax ||
                            front_->bytes() >= limits::kForwardBytesMax)) {
    front_wait_ = FrontWait::kRoom;
    return true;
  }
  if (worker_.desk->pending_bytes() < limits::kForwardWorkerMax) return false;
  WaitABit();
  return true;
}

void Session::PassOn(Arguments arguments, const CommandSpec& spec) {
  if (front_ == nullptr) {
    front_ = std::make_unique<Front>();
    worker_.desk->Join(*this);
    wrote_elsewhere_ = last_write_.value != 0;
  }
  info_.last_command = &spec;
  ++worker_.counters.requests_passed_on;
  Front::Request request{.number = requests_++,
                         .writes = Membership::Writes(spec, *this),
                         .watches = spec.handler == WatchCommand,
                         .silent = info_.reply_mode != ReplyMode::kOn,
                         .since = info_.last_interaction};
  wrote_elsewhere_ |= request.writes;
  if (spec.handler == ExecCommand) return PassOnTransaction(request);
  static constexpr absl::string_view kUnwatch[] = {"UNWATCH"};
  if (spec.handler == DiscardCommand) {
    transaction_.open = false;
    transaction_.failed = false;
    transaction_.queue.clear();
    arguments = kUnwatch;
  }
  if (spec.handler == DiscardCommand || spec.handler == UnwatchCommand) front_->ForgetWatch();
  AddRequest(request, absl::MakeConstSpan(&arguments, 1));
}

// MULTI, what was queued, and EXEC, in one go.
void Session::PassOnTransaction(Front::Request request) {
  static constexpr absl::string_view kMulti[] = {"MULTI"};
  static constexpr absl::string_view kExec[] = {"EXEC"};
  const std::vector<QueuedCommand> queue = std::exchange(transaction_.queue, {});
  std::vector<std::vector<absl::string_view>> views;
  for (const QueuedCommand& command : queue) {
    views.emplace_back(command.arguments.begin(), command.arguments.end());
    const bool own = command.spec->group == CommandGroup::kConnection && !command.spec->is(kAdmin);
    if (own) following_.push_back(command);
  }
  std::vector<Arguments> commands = {kMulti};
  commands.insert(commands.end(), views.begin(), views.end());
  commands.push_back(kExec);
  request.count = static_cast<uint32_t>(commands.size());
  request.number -= request.count - 1;
  request.conditional = front_->watching();
  AddRequest(request, commands);
  front_->ForgetWatch();
  transaction_.open = false;
  transaction_.failed = false;
}

void Session::AddRequest(const Front::Request& request, absl::Span<const Arguments> commands) {
  Buffer& out = front_->Add(request);
  const size_t before = out.size();
  for (const Arguments& command : commands) AppendRequest(command, out);
  front_->SizeLast(out.size() - before);
  CountPending();
}

void Session::CountPending() {
  const size_t before = std::exchange(pending_bytes_, front_ == nullptr ? 0 : front_->bytes());
  worker_.desk->ChangePending(before, pending_bytes_);
}

void Session::SendRequests() {
  ForwardDesk& desk = *worker_.desk;
  const uint64_t way = desk.way();
  if (way == 0 || stream_ == nullptr || !front_->has_unsent()) return;
  // What becomes of those sent by an earlier way is yet to be heard.
  if (front_->way() != 0 && front_->way() != way) return;
  const uint64_t client = ForwardDesk::ClientKey(worker_.index, info_.id);
  const bool open = front_->open_way() == way;
  if (!open || !SameState(*sent_state_)) {
    if (!open) CloseRemote();
    sent_state_ = StateToSend();
    desk.Send(way, {.kind = open ? ForwardItem::Kind::kState : ForwardItem::Kind::kOpen,
                    .client = client,
                    .count = open ? 0 : front_->NextSession(),
                    .bytes = EncodeState(*sent_state_).view()});
    front_->set_open_way(way);
  }
  front_->Send(way, client, [&](const ForwardItem& item) { desk.Send(way, item); });
}

ClientState Session::StateToSend() const {
  return {.database = database_,
          .protocol = reply_.protocol(),
          .durability = durability_,
          .no_touch = info_.no_touch,
          .wrote = wrote_elsewhere_,
          .descriptor = stream_->descriptor(),
          .peer = stream_->peer(),
          .local = stream_->local(),
          .name = info_.name,
          .library_name = info_.library_name,
          .library_version = info_.library_version};
}

bool Session::SameState(const ClientState& sent) const {
  return sent.database == database_ && sent.protocol == reply_.protocol() &&
         sent.durability == durability_ && sent.no_touch == info_.no_touch &&
         sent.name == info_.name && sent.library_name == info_.library_name &&
         sent.library_version == info_.library_version;
}

void Session::OnAnswer(uint64_t way, const ForwardItem& item) {
  if (stream_ == nullptr || front_ == nullptr || front_->open_way() != way) return;
  if (item.count != front_->session()) return;
  if (item.kind == ForwardItem::Kind::kReplies) {
    absl::string_view last;
    const absl::Status taken = front_->TakeReplies(item.bytes, [&](absl::string_view replies) {
      output_.Append(replies);
      last = replies;
    });
    if (!taken.ok()) {
      worker_.node.Log(LogLevel::kWarning, "forward-garbled client=%d reason=\"%s\"", info_.id,
                       taken.message());
      return Kill();
    }
    if (!following_.empty() && !front_->busy()) FollowTransaction(last);
  } else if (item.number == 0) {
    // Cut over there, as CLIENT KILL does: then here, too.
    return Kill();
  } else {
    front_->Refused([this](Front::Fate fate) { Conclude(fate); });
    if (worker_.desk->way() == way) {
      worker_.desk->TryAgainSoon();
    } else {
      SendRequests();
    }
  }
  AfterAnswers();
}

void Session::OnWayEnded(uint64_t way) {
  if (front_->open_way() != way) return;
  front_->Broken([this](Front::Fate fate) { Conclude(fate); });
  if (stream_ == nullptr) return;
  SendRequests();
  AfterAnswers();
}

void Session::GiveUpRequests(Nanos before) {
  if (!front_->busy()) return;
  front_->GiveUp(before, [this](Front::Fate fate) { Conclude(fate); });
  if (stream_ != nullptr) AfterAnswers();
}

// Replies in the primary's stead.
void Session::Conclude(Front::Fate fate) {
  if (fate == Front::Fate::kNil) {
    MARK("an EXEC has lost its WATCH on the way");
    reply_.NullArray();
    return;
  }
  worker_.CountError(ErrorOf(fate));
  reply_.Error(ErrorOf(fate));
}

void Session::AfterAnswers() {
  CountPending();
  FlushReplies();
  if (stream_ == nullptr || closing_) return;
  if (!front_->busy()) following_.clear();
  const bool room = front_->requests() <= limits::kForwardRequestsMax / 2 &&
                    front_->bytes() <= limits::kForwardBytesMax / 2;
  if (front_wait_ == FrontWait::kIdle ? !front_->busy() : front_wait_ == FrontWait::kRoom && room) {
    Unblock();
  }
}

// What the queue of an EXEC did to the connection at the primary is done here, too.
void Session::FollowTransaction(absl::string_view reply) {
  const std::vector<QueuedCommand> following = std::exchange(following_, {});
  if (!WasExecuted(reply)) return;
  const size_t start = output_.size();
  for (const QueuedCommand& command : following) {
    const std::vector<absl::string_view> views(command.arguments.begin(), command.arguments.end());
    Dispatch(*this, views, {.spec = command.spec});
    FinishTiming(worker_);
    output_.Truncate(start);
  }
  sent_state_ = StateToSend();
}

bool Session::LostWatches() const {
  if (front_ != nullptr && front_->watching()) {
    return !PassesOn() || !front_->WatchHolds(worker_.desk->way());
  }
  // Watched here, while this node led.
  return PassesOn() && !transaction_.watched.empty() && !readonly_;
}

void Session::ForgetRemoteWatches() {
  if (front_ == nullptr || !front_->watching()) return;
  front_->ForgetWatch();
  // The next session over there begins without any.
  if (!front_->busy()) CloseRemote();
}

// The session at the primary is not needed any more.
void Session::CloseRemote() {
  const uint64_t way = front_->open_way();
  if (way == 0) return;
  worker_.desk->Send(way, {.kind = ForwardItem::Kind::kClose,
                           .client = ForwardDesk::ClientKey(worker_.index, info_.id)});
  front_->set_open_way(0);
}

void Session::LeaveFront() {
  if (front_ == nullptr) return;
  CloseRemote();
  front_.reset();
  CountPending();
  worker_.desk->Leave(*this);
}

// On the primary.

void Session::Attach(Relay& relay, const ClientState& state) {
  relay_ = &relay;
  stream_ = &relay;
  info_.authenticated = true;
  Adopt(state);
  // Where its writes ended is not known here; the end of the log is behind all of them.
  const ReplicationLog* log = worker_.node.log();
  if (state.wrote && log != nullptr) last_write_ = log->tail();
}

void Session::Adopt(const ClientState& state) {
  database_ = state.database;
  reply_.set_protocol(state.protocol);
  durability_ = state.durability;
  info_.no_touch = state.no_touch;
  info_.name = state.name;
  info_.library_name = state.library_name;
  info_.library_version = state.library_version;
}

// The place of the request in hand among those of the client's connection.
uint64_t Session::NextNumber() { return relay_ == nullptr ? requests_++ : relay_->NextNumber(); }

}  // namespace holdfast
