#include "node/commands/connection.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "node/commands/keys_access.h"
#include "node/node.h"
#include "node/protection.h"
#include "node/session.h"
#include "node/version.h"

namespace holdfast {
namespace {

// There is one user, "default". Without requirepass any password is right.
bool Authenticate(CommandContext& context, absl::string_view user, absl::string_view password) {
  const std::string& expected = context.node.settings().requirepass;
  if (user != "default" || (!expected.empty() && !SamePassword(password, expected))) {
    context.Error("WRONGPASS invalid username-password pair or user is disabled.");
    return false;
  }
  context.session.info().authenticated = true;
  return true;
}

struct HelloOptions {
  std::optional<Protocol> protocol;
  std::optional<absl::string_view> user;
  absl::string_view password;
  std::optional<absl::string_view> client_name;
};

// Nothing after having replied what is wrong.
std::optional<HelloOptions> ParseHello(CommandContext& context) {
  HelloOptions options;
  const Arguments& arguments = context.arguments;
  if (arguments.size() == 1) return options;
  const auto version = context.Integer(1, "ERR Protocol version is not an integer or out of range");
  if (!version) return std::nullopt;
  if (*version != 2 && *version != 3) {
    context.Error("NOPROTO unsupported protocol version");
    return std::nullopt;
  }
  options.protocol = static_cast<Protocol>(*version);
  for (size_t i = 2; i < arguments.size(); ++i) {
    const size_t following = arguments.size() - 1 - i;
    if (context.Is(i, "AUTH") && following >= 2) {
      options.user = arguments[i + 1];
      options.password = arguments[i + 2];
      i += 2;
    } else if (context.Is(i, "SETNAME") && following >= 1) {
      options.client_name = arguments[++i];
      if (!IsClientAttribute(*options.client_name)) {
        context.Error("ERR Client names cannot contain spaces, newlines or special characters.");
        return std::nullopt;
      }
    } else {
      context.Error(absl::StrCat("ERR Syntax error in HELLO option '", arguments[i], "'"));
      return std::nullopt;
    }
  }
  return options;
}

void ReplyHello(CommandContext& context) {
  ReplyWriter& reply = context.reply;
  reply.Map(7);
  reply.Bulk("server");
  reply.Bulk("redis");
  reply.Bulk("version");
  reply.Bulk(kRedisVersion);
  reply.Bulk("proto");
  reply.Integer(static_cast<int>(reply.protocol()));
  reply.Bulk("id");
  reply.Integer(static_cast<int64_t>(context.session.info().id));
  // As INFO's redis_mode, and for its reasons.
  reply.Bulk("mode");
  reply.Bulk("standalone");
  reply.Bulk("role");
  reply.Bulk(context.node.leads() ? "master" : "replica");
  reply.Bulk("modules");
  reply.Array(0);
}

}  // namespace

bool IsClientAttribute(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

void AuthCommand(CommandContext& context) {
  if (context.arguments.size() > 3) {
    context.SyntaxError();
    return;
  }
  const bool names_user = context.arguments.size() == 3;
  if (!names_user && context.node.settings().requirepass.empty()) {
    context.Error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
    return;
  }
  const absl::string_view user = names_user ? context.arguments[1] : "default";
  if (Authenticate(context, user, context.arguments.back())) context.reply.Ok();
}

void EchoCommand(CommandContext& context) { context.reply.Bulk(context.arguments[1]); }

void HelloCommand(CommandContext& context) {
  const auto options = ParseHello(context);
  if (!options) return;
  if (options->user && !Authenticate(context, *options->user, options->password)) return;
  ClientInfo& info = context.session.info();
  if (!info.authenticated) {
    context.Error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
    return;
  }
  if (options->client_name) info.name = std::string(*options->client_name);
  if (options->protocol) context.reply.set_protocol(*options->protocol);
  ReplyHello(context);
}

void PingCommand(CommandContext& context) {
  switch (context.arguments.size()) {
    case 1:
      context.reply.Simple("PONG");
      return;
    case 2:
      context.reply.Bulk(context.arguments[1]);
      return;
    default:
      context.Error("ERR wrong number of arguments for 'ping' command");
  }
}

void QuitCommand(CommandContext& context) {
  context.reply.Ok();
  context.session.CloseAfterReply();
}

void ResetCommand(CommandContext& context) {
  Session& session = context.session;
  if (session.info().monitor) {
    // The list of monitors is read by every worker, so it changes only while they stand still.
    WorldGate::Stop stop(context.node.gate(), context.worker.index);
    std::erase(context.node.monitors(), std::pair(context.worker.index, session.info().id));
    session.info().monitor = false;
  }
  session.Reset();
  context.reply.Simple("RESET");
}

void SelectCommand(CommandContext& context) {
  const auto database = DatabaseArgument(context, 1);
  if (!database) return;
  context.session.set_database(*database);
  context.reply.Ok();
}

}  // namespace holdfast
