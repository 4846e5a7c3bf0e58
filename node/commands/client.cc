#include "node/commands/client.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/resp/number_text.h"
#include "node/commands/client_list.h"
#include "node/commands/connection.h"
#include "node/commands/server.h"
#include "node/node.h"
#include "node/session.h"

namespace holdfast {
namespace {

// Replies OK after having set a switch to what ON or OFF says.
void SetSwitch(CommandContext& context, bool* target) {
  if (context.Is(2, "ON")) {
    *target = true;
  } else if (context.Is(2, "OFF")) {
    *target = false;
  } else {
    context.SyntaxError();
    return;
  }
  context.reply.Ok();
}

// The ids behind CLIENT LIST ID; nothing after having replied that one is none.
std::optional<std::vector<uint64_t>> IdArguments(CommandContext& context) {
  std::vector<uint64_t> ids;
  for (size_t i = 3; i < context.arguments.size(); ++i) {
    const auto id = context.Integer(i, "ERR Invalid client ID");
    if (!id) return std::nullopt;
    ids.push_back(static_cast<uint64_t>(*id));
  }
  return ids;
}

}  // namespace

void ClientGetNameCommand(CommandContext& context) {
  const std::string& name = context.session.info().name;
  name.empty() ? context.reply.Null() : context.reply.Bulk(name);
}

void ClientGetRedirCommand(CommandContext& context) { context.reply.Integer(-1); }

void ClientIdCommand(CommandContext& context) {
  context.reply.Integer(static_cast<int64_t>(context.session.info().id));
}

void ClientInfoCommand(CommandContext& context) {
  context.reply.Verbatim("txt", ClientLine(context.session));
}

void ClientListCommand(CommandContext& context) {
  const size_t count = context.arguments.size();
  std::string lines;
  if (count == 4 && context.Is(2, "TYPE") && !IsClientType(context.arguments[3])) {
    context.Error(absl::StrCat("ERR Unknown client type '", context.arguments[3], "'"));
    return;
  }
  if (count > 3 && context.Is(2, "ID")) {
    const auto ids = IdArguments(context);
    if (!ids) return;
    for (const uint64_t id : *ids) {
      Session* session = context.node.FindSession(id);
      if (session != nullptr && session->attached()) lines += ClientLine(*session);
    }
  } else if (count == 2 || (count == 4 && context.Is(2, "TYPE"))) {
    std::vector<Session*> sessions;
    context.node.ForEachSession([&](Session& session) {
      if (session.attached()) sessions.push_back(&session);
    });
    if (count == 4 && !IsNormalClientType(context.arguments[3])) sessions.clear();
    std::sort(sessions.begin(), sessions.end(),
              [](Session* left, Session* right) { return left->info().id < right->info().id; });
    for (Session* session : sessions) lines += ClientLine(*session);
  } else {
    context.SyntaxError();
    return;
  }
  context.reply.Verbatim("txt", lines);
}

void ClientNoEvictCommand(CommandContext& context) {
  SetSwitch(context, &context.session.info().no_evict);
}

void ClientNoTouchCommand(CommandContext& context) {
  SetSwitch(context, &context.session.info().no_touch);
}

void ClientPauseCommand(CommandContext& context) {
  bool writes_only = false;
  if (context.arguments.size() > 4) {
    ReplySubcommandArity(context);
    return;
  }
  if (context.arguments.size() == 4) {
    writes_only = context.Is(3, "WRITE");
    if (!writes_only && !context.Is(3, "ALL")) {
      context.Error("ERR CLIENT PAUSE mode must be WRITE or ALL");
      return;
    }
  }
  const auto timeout = context.Integer(2, "ERR timeout is not an integer or out of range");
  if (!timeout) return;
  if (*timeout < 0) {
    context.Error("ERR timeout is negative");
    return;
  }
  const Nanos now = context.node.clock().Monotonic();
  if (*timeout > (std::numeric_limits<int64_t>::max() - now.value) / 1'000'000) {
    context.Error("ERR timeout is out of range");
    return;
  }
  // A pause under way is only ever made longer and stricter.
  const Pause& current = context.node.pause();
  Pause pause{.until = now + Milliseconds(*timeout), .writes_only = writes_only};
  if (current.until > now) {
    pause.until = std::max(pause.until, current.until);
    pause.writes_only = pause.writes_only && current.writes_only;
  }
  context.node.SetPause(pause);
  context.reply.Ok();
}

void ClientUnpauseCommand(CommandContext& context) {
  context.node.SetPause({});
  context.reply.Ok();
}

void ClientReplyCommand(CommandContext& context) {
  // What a client of another node is to see is decided there.
  if (context.session.relay() != nullptr) return context.reply.Ok();
  ReplyMode& mode = context.session.info().reply_mode;
  if (context.Is(2, "ON")) {
    mode = ReplyMode::kOn;
    context.reply.Ok();
  } else if (context.Is(2, "OFF")) {
    mode = ReplyMode::kOff;
  } else if (context.Is(2, "SKIP")) {
    if (mode != ReplyMode::kOff) mode = ReplyMode::kSkipNext;
  } else {
    context.SyntaxError();
  }
}

void ClientSetInfoCommand(CommandContext& context) {
  ClientInfo& info = context.session.info();
  std::string* target = nullptr;
  if (context.Is(2, "LIB-NAME")) {
    target = &info.library_name;
  } else if (context.Is(2, "LIB-VER")) {
    target = &info.library_version;
  } else {
    context.Error(absl::StrCat("ERR Unrecognized option '", context.arguments[2], "'"));
    return;
  }
  if (!IsClientAttribute(context.arguments[3])) {
    context.Error(absl::StrCat("ERR ", context.arguments[2],
                               " cannot contain spaces, newlines or special characters."));
    return;
  }
  *target = std::string(context.arguments[3]);
  context.reply.Ok();
}

void ClientSetNameCommand(CommandContext& context) {
  if (!IsClientAttribute(context.arguments[2])) {
    context.Error("ERR Client names cannot contain spaces, newlines or special characters.");
    return;
  }
  context.session.info().name = std::string(context.arguments[2]);
  context.reply.Ok();
}

void ClientTrackingCommand(CommandContext& context) {
  if (context.Is(2, "OFF") && context.arguments.size() == 3) {
    context.reply.Ok();
  } else if (context.Is(2, "ON") || context.Is(2, "OFF")) {
    context.Error("ERR CLIENT TRACKING is not supported by this version of Holdfast");
  } else {
    context.SyntaxError();
  }
}

void ClientTrackingInfoCommand(CommandContext& context) {
  ReplyWriter& reply = context.reply;
  reply.Map(3);
  reply.Bulk("flags");
  reply.Set(1);
  reply.Bulk("off");
  reply.Bulk("redirect");
  reply.Integer(-1);
  reply.Bulk("prefixes");
  reply.Array(0);
}

void ClientUnblockCommand(CommandContext& context) {
  if (context.arguments.size() > 4 ||
      (context.arguments.size() == 4 && !context.Is(3, "TIMEOUT") && !context.Is(3, "ERROR"))) {
    context.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    return;
  }
  if (!context.Integer(2)) return;
  // No command waits for data, so no client is blocked by one.
  context.reply.Integer(0);
}

}  // namespace holdfast
