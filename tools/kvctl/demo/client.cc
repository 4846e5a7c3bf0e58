#include "tools/kvctl/demo/client.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "net/base/check.h"

namespace holdfast::kvctl {
namespace {

// How long a client waits for a reply before it takes the connection for dead. Many clients have
// no such limit unless they are given one: the plain ones stand for them.
constexpr Nanos kPatience = Milliseconds(1500);
constexpr Nanos kPatienceOfPlain = Seconds(60);
constexpr Nanos kPauseAfterBreak = Milliseconds(10);
constexpr Nanos kPauseAfterRefusal = Milliseconds(5);

// "... The primary is 127.0.0.1:7002", "MOVED 3999 127.0.0.1:7002": the address; false if the text
// names none.
bool NamedAddress(absl::string_view error, Endpoint* named) {
  for (absl::string_view word : absl::StrSplit(error, ' ')) {
    while (!word.empty() && !absl::ascii_isalnum(static_cast<unsigned char>(word.back()))) {
      word.remove_suffix(1);
    }
    if (word.rfind(':') == absl::string_view::npos) continue;
    Result<Endpoint> endpoint = ParseEndpoint(word);
    if (!endpoint.ok()) continue;
    *named = *endpoint;
    return true;
  }
  return false;
}

// What the sender may simply ask again where it is, or has to take for what it is.
bool StaysAfter(absl::string_view error) {
  return absl::StartsWith(error, "TRYAGAIN") || absl::StartsWith(error, "INDETERMINATE") ||
         absl::StartsWith(error, "NOREPLICAS");
}

bool IsTextPair(const ReplyValue& reply, size_t host, size_t port) {
  return reply.children.size() > std::max(host, port);
}

// [[first slot, last slot, [host, port, ...], ...], ...]: the first range's server.
bool FirstOwner(const ReplyValue& map, const Endpoint& asked, Endpoint* owner) {
  if (map.children.empty() || map.children[0].children.size() < 3) return false;
  const ReplyValue& server = map.children[0].children[2];
  if (!IsTextPair(server, 0, 1)) return false;
  // An empty host stands for the one that was asked.
  owner->host = server.children[0].text.empty() ? asked.host : server.children[0].text;
  owner->port = static_cast<uint16_t>(server.children[1].integer);
  return owner->port != 0;
}

bool NamedMaster(const ReplyValue& reply, Endpoint* master) {
  uint32_t port = 0;
  if (!IsTextPair(reply, 0, 1) || !absl::SimpleAtoi(reply.children[1].text, &port)) return false;
  *master = {reply.children[0].text, static_cast<uint16_t>(port)};
  return true;
}

}  // namespace

absl::string_view DoorName(Door door) {
  constexpr absl::string_view kNames[] = {"plain", "replica", "sentinel", "cluster"};
  return kNames[static_cast<size_t>(door)];
}

DemoClient::DemoClient(const ClientOptions& options, const Doors& doors, Record& record)
    : options_(options),
      doors_(doors),
      record_(record),
      random_(options.seed),
      has_target_(options.door == Door::kPlain || options.door == Door::kReplica),
      target_(options.first) {}

pollfd DemoClient::Wanted() const { return wire_ == nullptr ? pollfd{-1, 0, 0} : wire_->Wanted(); }

Nanos DemoClient::NextTime() const {
  if (stage_ == Stage::kAway) return stopping_ ? kForever : retry_;
  if (stage_ == Stage::kWorking && outstanding_.empty()) return stopping_ ? kForever : due_;
  // A socket that could not be made has nothing to wait for.
  return wire_->Wanted().fd < 0 ? Nanos{} : deadline_;
}

void DemoClient::Proceed(Nanos now, bool ready) {
  if (stage_ == Stage::kAway) {
    if (!stopping_ && now >= retry_) Open(now);
    return;
  }
  if (ready || wire_->Wanted().fd < 0) {
    std::vector<ReplyValue> replies;
    const bool open = wire_->Move(&replies);
    for (ReplyValue& reply : replies) {
      if (stage_ != Stage::kAway) Take(std::move(reply), now);
    }
    if (stage_ == Stage::kAway) return;
    if (!open) return Leave(now, kPauseAfterBreak);
  }
  if (stage_ == Stage::kWorking && outstanding_.empty()) return Work(now);
  if (now >= deadline_) Leave(now, kPauseAfterBreak);
}

void DemoClient::Open(Nanos now) {
  if (has_target_) {
    has_target_ = false;
    return OpenTo(target_, now);
  }
  switch (options_.door) {
    case Door::kSentinel:
      Connect(AnyOf(doors_.sentinels), now);
      wire_->Send({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", doors_.master_name});
      stage_ = Stage::kLooking;
      break;
    case Door::kCluster:
      Connect(AnyOf(doors_.servers), now);
      wire_->Send({"CLUSTER", "SLOTS"});
      stage_ = Stage::kLooking;
      break;
    case Door::kPlain:
    case Door::kReplica:
      OpenTo(AnotherServer(), now);
  }
}

void DemoClient::Connect(const Endpoint& to, Nanos now) {
  wire_ = std::make_unique<Wire>(to);
  deadline_ = now + kPatience;
}

void DemoClient::OpenTo(const Endpoint& to, Nanos now) {
  target_ = to;
  Connect(to, now);
  connection_ = record_.NextConnection();
  greetings_left_ = 0;
  if (options_.async) {
    wire_->Send({"CLIENT", "DURABILITY", "ASYNC"});
    ++greetings_left_;
  }
  if (options_.door == Door::kSentinel) {
    wire_->Send({"ROLE"});
    ++greetings_left_;
  }
  stage_ = greetings_left_ == 0 ? Stage::kWorking : Stage::kGreeting;
  due_ = now + Nanos{static_cast<int64_t>(random_.Below(options_.interval.value))};
}

void DemoClient::Work(Nanos now) {
  if (!refusal_.empty()) return Follow(now);
  if (!stopping_ && now >= due_) SendBatch(now);
}

void DemoClient::SendBatch(Nanos now) {
  // What a pause cost is not caught up, but for one batch.
  due_ = std::max(due_ + options_.interval, now - options_.interval);
  deadline_ = now + (options_.door == Door::kPlain ? kPatienceOfPlain : kPatience);
  for (int i = 0; i < kBatch; ++i) {
    Command command;
    if (record_.keys().empty() || random_.Chance(1, 2)) {
      const std::string key = record_.NewKey(options_.number);
      command = {"SET", key, absl::StrCat("value of ", key)};
    } else {
      command = {"GET", record_.RecentKey(random_.Next())};
    }
    wire_->Send(command);
    outstanding_.push_back(
        record_.NoteRequest(options_.number, connection_, now, std::move(command)));
  }
}

void DemoClient::Take(ReplyValue reply, Nanos now) {
  if (stage_ == Stage::kLooking) return TakeLookup(reply, now);
  if (stage_ == Stage::kGreeting) return TakeGreeting(reply, now);
  // Nobody asked for this: the stream cannot be trusted.
  if (outstanding_.empty()) return Leave(now, kPauseAfterBreak);
  const std::string error = reply.is_error() ? reply.text : "";
  record_.NoteReply(outstanding_.front(), now, std::move(reply));
  outstanding_.pop_front();
  if (error.empty()) return;
  if (StaysAfter(error)) {
    due_ = std::max(due_, now + kPauseAfterRefusal);
  } else if (refusal_.empty()) {
    refusal_ = error;
  }
}

void DemoClient::TakeLookup(const ReplyValue& reply, Nanos now) {
  Endpoint found;
  const bool named = options_.door == Door::kSentinel ? NamedMaster(reply, &found)
                                                      : FirstOwner(reply, wire_->to(), &found);
  if (!named) return Leave(now, kPauseAfterBreak);
  OpenTo(found, now);
}

void DemoClient::TakeGreeting(const ReplyValue& reply, Nanos now) {
  const bool is_role = options_.door == Door::kSentinel && greetings_left_ == 1;
  if (is_role && (reply.children.empty() || reply.children[0].text != "master")) {
    return Leave(now, kPauseAfterBreak);
  }
  if (--greetings_left_ == 0) stage_ = Stage::kWorking;
}

void DemoClient::Follow(Nanos now) {
  Endpoint named;
  const bool names = NamedAddress(refusal_, &named);
  refusal_.clear();
  Leave(now, kPauseAfterRefusal, names ? &named : nullptr);
}

void DemoClient::Leave(Nanos now, Nanos pause, const Endpoint* target) {
  wire_.reset();
  outstanding_.clear();
  refusal_.clear();
  stage_ = Stage::kAway;
  // Not all at the same instant.
  retry_ = now + pause + Nanos{static_cast<int64_t>(random_.Below(pause.value))};
  if (target == nullptr) return;
  target_ = *target;
  has_target_ = true;
}

const Endpoint& DemoClient::AnyOf(const std::vector<Endpoint>& endpoints) {
  CHECK(!endpoints.empty());
  return endpoints[random_.Below(endpoints.size())];
}

const Endpoint& DemoClient::AnotherServer() {
  while (true) {
    const Endpoint& server = AnyOf(doors_.servers);
    if (doors_.servers.size() == 1 || server != target_) return server;
  }
}

}  // namespace holdfast::kvctl
