#include "node/sentinel/sentinel_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "net/base/limits.h"
#include "node/commands/server.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/protection.h"
#include "node/sentinel/sentinel_door.h"
#include "node/version.h"
#include "storage/types/glob.h"

namespace holdfast {

SentinelSession::SentinelSession(Node& node, SentinelDoor& door, uint64_t id)
    : node_(node),
      door_(door),
      id_(id),
      reply_(output_, Protocol::kResp2),
      authenticated_(node.settings().requirepass.empty()) {}

void SentinelSession::Attach(EventLoop& loop, std::unique_ptr<Connection> connection) {
  stream_ = &loop.Attach(std::move(connection), *this);
}

void SentinelSession::OnReceive(absl::string_view bytes) {
  if (closing_) return;
  query_.Append(bytes);
  if (query_.size() > limits::kSentinelRequestBytesMax) return Close();
  Consume();
  Flush();
}

void SentinelSession::OnClosed(const absl::Status&) {
  stream_ = nullptr;
  door_.Remove(*this);
}

void SentinelSession::Close() {
  closing_ = true;
  if (stream_ != nullptr) stream_->Close(CloseMode::kAbort);
}

void SentinelSession::Consume() {
  GateHolder gate(node_.gate(), SentinelDoor::kLoop);
  RequestBatch batch;
  while (!closing_ && !waiting_) {
    batch.Clear();
    const ParseProgress progress =
        parser_.Parse(query_.view(),
                      {.bulk_bytes_max = static_cast<int64_t>(limits::kSentinelRequestBytesMax),
                       .authenticated = authenticated_,
                       .requests_max = 1},
                      batch);
    if (!batch.requests.empty()) Execute(batch.Arguments(0));
    query_.RemovePrefix(progress.consumed);
    if (progress.protocol_error) {
      Error(absl::StrCat("ERR ", *progress.protocol_error));
      closing_ = true;
    }
    if (batch.requests.empty()) return;
  }
}

void SentinelSession::Flush() {
  if (stream_ == nullptr) return;
  if (!output_.empty()) stream_->Send(std::move(output_));
  output_ = Buffer();
  if (stream_->unsent_bytes() > limits::kSentinelUnsentBytesMax) return Close();
  if (closing_) stream_->Close(CloseMode::kAfterSend);
}

absl::Span<const SentinelSession::Command> SentinelSession::Commands() {
  using S = SentinelSession;
  static constexpr Command kCommands[] = {
      {"ping", -1, &S::Ping, false, true},
      {"hello", -1, &S::Hello, true, true},
      {"auth", -2, &S::Auth, true},
      {"client", -2, &S::Client},
      {"command", -1, &S::CommandList},
      {"info", -1, &S::Info},
      {"role", 1, &S::Role},
      {"quit", -1, &S::Quit, true, true},
      {"reset", 1, &S::Reset, true, true},
      {"subscribe", -2, &S::SubscribeChannels, false, true},
      {"psubscribe", -2, &S::SubscribePatterns, false, true},
      {"unsubscribe", -1, &S::UnsubscribeChannels, false, true},
      {"punsubscribe", -1, &S::UnsubscribePatterns, false, true},
      {"publish", 3, &S::Publish},
      {"sentinel", -2, &S::Sentinel},
  };
  return kCommands;
}

void SentinelSession::Execute(Arguments arguments) {
  const auto commands = Commands();
  const auto command = std::find_if(commands.begin(), commands.end(), [&](const Command& row) {
    return absl::EqualsIgnoreCase(row.name, arguments[0]);
  });
  if (command == commands.end()) return Error(UnknownCommandError(arguments));
  const auto count = static_cast<int>(arguments.size());
  if (command->arity >= 0 ? count != command->arity : count < -command->arity) {
    return Error(absl::StrCat("ERR wrong number of arguments for '", command->name, "' command"));
  }
  if (!authenticated_ && !command->without_auth) return Error("NOAUTH Authentication required.");
  if (subscribed() && reply_.protocol() == Protocol::kResp2 && !command->while_subscribed) {
    return Error(absl::StrCat("ERR Can't execute '", command->name,
                              "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                              "allowed in this context"));
  }
  map_ = node_.membership()->Map();
  (this->*command->run)(arguments);
}

// Of the connection.

void SentinelSession::Ping(Arguments arguments) {
  if (arguments.size() > 2) return Error("ERR wrong number of arguments for 'ping' command");
  const absl::string_view text = arguments.size() == 2 ? arguments[1] : "";
  if (subscribed() && reply_.protocol() == Protocol::kResp2) {
    reply_.Array(2);
    reply_.Bulk("pong");
    reply_.Bulk(text);
  } else if (arguments.size() == 2) {
    reply_.Bulk(text);
  } else {
    reply_.Simple("PONG");
  }
}

bool SentinelSession::Authenticate(absl::string_view user, absl::string_view password) {
  const std::string& expected = node_.settings().requirepass;
  if (user == "default" && (expected.empty() || SamePassword(password, expected))) {
    authenticated_ = true;
    return true;
  }
  Error("WRONGPASS invalid username-password pair or user is disabled.");
  return false;
}

void SentinelSession::Auth(Arguments arguments) {
  if (arguments.size() > 3) return Error("ERR syntax error");
  if (arguments.size() == 2 && node_.settings().requirepass.empty()) {
    return Error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  const absl::string_view user = arguments.size() == 3 ? arguments[1] : "default";
  if (Authenticate(user, arguments.back())) reply_.Ok();
}

void SentinelSession::Hello(Arguments arguments) {
  int version = static_cast<int>(reply_.protocol());
  if (arguments.size() > 1 && !absl::SimpleAtoi(arguments[1], &version)) {
    return Error("ERR Protocol version is not an integer or out of range");
  }
  if (version != 2 && version != 3) return Error("NOPROTO unsupported protocol version");
  for (size_t i = 2; i < arguments.size(); ++i) {
    const size_t following = arguments.size() - 1 - i;
    if (absl::EqualsIgnoreCase(arguments[i], "AUTH") && following >= 2) {
      if (!Authenticate(arguments[i + 1], arguments[i + 2])) return;
      i += 2;
    } else if (absl::EqualsIgnoreCase(arguments[i], "SETNAME") && following >= 1) {
      name_ = std::string(arguments[++i]);
    } else {
      return Error(absl::StrCat("ERR Syntax error in HELLO option '", arguments[i], "'"));
    }
  }
  if (!authenticated_) {
    return Error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  }
  reply_.set_protocol(static_cast<Protocol>(version));
  reply_.Map(6);
  reply_.Bulk("server");
  reply_.Bulk("redis");
  reply_.Bulk("version");
  reply_.Bulk(kRedisVersion);
  reply_.Bulk("proto");
  reply_.Integer(version);
  reply_.Bulk("id");
  reply_.Integer(static_cast<int64_t>(id_));
  reply_.Bulk("mode");
  reply_.Bulk("sentinel");
  reply_.Bulk("modules");
  reply_.Array(0);
}

void SentinelSession::Client(Arguments arguments) {
  const auto is = [&](absl::string_view word, size_t count) {
    return arguments.size() == count && absl::EqualsIgnoreCase(arguments[1], word);
  };
  if (is("SETNAME", 3)) {
    name_ = std::string(arguments[2]);
    reply_.Ok();
  } else if (is("GETNAME", 2)) {
    name_.empty() ? reply_.Null() : reply_.Bulk(name_);
  } else if (is("ID", 2)) {
    reply_.Integer(static_cast<int64_t>(id_));
  } else if (is("SETINFO", 4)) {
    reply_.Ok();
  } else if (is("INFO", 2) || is("LIST", 2)) {
    reply_.Verbatim(
        "txt",
        absl::StrFormat("id=%d addr=%s laddr=%s fd=%d name=%s flags=%s db=0 sub=%d "
                        "psub=%d user=default resp=%d\n",
                        id_, stream_->peer().ToString(), stream_->local().ToString(),
                        stream_->descriptor(), name_, subscribed() ? "P" : "N", channels_.size(),
                        patterns_.size(), static_cast<int>(reply_.protocol())));
  } else {
    Error(absl::StrCat("ERR unknown subcommand or wrong number of arguments for '", arguments[1],
                       "'. On this port CLIENT knows SETNAME, GETNAME, ID, SETINFO, INFO, LIST."));
  }
}

// Enough for those who ask at the start: nothing here has keys, and redis-cli shows its own hints.
void SentinelSession::CommandList(Arguments arguments) {
  if (arguments.size() > 1 && absl::EqualsIgnoreCase(arguments[1], "COUNT")) {
    return reply_.Integer(static_cast<int64_t>(Commands().size()));
  }
  if (arguments.size() > 1 && absl::EqualsIgnoreCase(arguments[1], "LIST")) {
    reply_.Array(Commands().size());
    for (const Command& command : Commands()) reply_.Bulk(command.name);
    return;
  }
  reply_.Array(0);
}

void SentinelSession::Quit(Arguments) {
  reply_.Ok();
  closing_ = true;
}

void SentinelSession::Reset(Arguments) {
  channels_.clear();
  patterns_.clear();
  name_.clear();
  reply_.set_protocol(Protocol::kResp2);
  authenticated_ = node_.settings().requirepass.empty();
  reply_.Simple("RESET");
}

// Channels.

void SentinelSession::Publish(const SentinelMessage& message) {
  if (closing_) return;
  if (channels_.contains(message.channel)) {
    reply_.Push(3);
    reply_.Bulk("message");
    reply_.Bulk(message.channel);
    reply_.Bulk(message.text);
  }
  for (const std::string& pattern : patterns_) {
    if (!GlobMatch(pattern, message.channel)) continue;
    reply_.Push(4);
    reply_.Bulk("pmessage");
    reply_.Bulk(pattern);
    reply_.Bulk(message.channel);
    reply_.Bulk(message.text);
  }
  Flush();
}

void SentinelSession::ReplySubscription(absl::string_view kind, absl::string_view channel) {
  reply_.Push(3);
  reply_.Bulk(kind);
  reply_.Bulk(channel);
  reply_.Integer(static_cast<int64_t>(channels_.size() + patterns_.size()));
}

void SentinelSession::Subscribe(Arguments arguments, std::set<std::string>& to,
                                absl::string_view kind) {
  for (const absl::string_view channel : arguments.subspan(1)) {
    if (channels_.size() + patterns_.size() >= limits::kSentinelSubscriptionsMax) {
      return Error("ERR too many subscriptions on one connection");
    }
    to.insert(std::string(channel));
    ReplySubscription(kind, channel);
  }
}

void SentinelSession::Unsubscribe(Arguments arguments, std::set<std::string>& from,
                                  absl::string_view kind) {
  std::vector<std::string> gone(arguments.begin() + 1, arguments.end());
  if (gone.empty()) gone.assign(from.begin(), from.end());
  for (const std::string& channel : gone) {
    from.erase(channel);
    ReplySubscription(kind, channel);
  }
  if (!gone.empty()) return;
  reply_.Push(3);
  reply_.Bulk(kind);
  reply_.Null();
  reply_.Integer(static_cast<int64_t>(channels_.size() + patterns_.size()));
}

void SentinelSession::SubscribeChannels(Arguments arguments) {
  Subscribe(arguments, channels_, "subscribe");
}
void SentinelSession::SubscribePatterns(Arguments arguments) {
  Subscribe(arguments, patterns_, "psubscribe");
}
void SentinelSession::UnsubscribeChannels(Arguments arguments) {
  Unsubscribe(arguments, channels_, "unsubscribe");
}
void SentinelSession::UnsubscribePatterns(Arguments arguments) {
  Unsubscribe(arguments, patterns_, "punsubscribe");
}

// Redis's Sentinels greet each other so; there is nobody to greet.
void SentinelSession::Publish(Arguments arguments) {
  if (arguments[1] != "__sentinel__:hello") {
    return Error("ERR Only HELLO messages are accepted by Sentinel instances.");
  }
  reply_.Integer(0);
}

}  // namespace holdfast
