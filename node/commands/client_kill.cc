// CLIENT KILL: which connections a call means, and how they are closed.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/commands/client.h"
#include "node/commands/client_list.h"
#include "node/node.h"
#include "node/session.h"

namespace holdfast {
namespace {

// All conditions that are given must hold.
struct KillFilter {
  std::optional<uint64_t> id;
  std::optional<absl::string_view> address;
  std::optional<absl::string_view> local_address;
  bool other_types_only = false;
  bool skip_caller = true;

  bool Matches(const Session& session) const {
    return session.attached() && !other_types_only && (!id || *id == session.info().id) &&
           (!address || *address == PeerText(session)) &&
           (!local_address || *local_address == LocalText(session));
  }
};

// Adds one "name value" pair; false after having replied what is wrong.
bool AddCondition(CommandContext& context, size_t at, KillFilter* filter) {
  const absl::string_view value = context.arguments[at + 1];
  if (context.Is(at, "ID")) {
    const auto id = context.Integer(at + 1, "ERR client-id should be greater than 0");
    if (!id) return false;
    if (*id < 1) {
      context.Error("ERR client-id should be greater than 0");
      return false;
    }
    filter->id = static_cast<uint64_t>(*id);
  } else if (context.Is(at, "TYPE")) {
    if (!IsClientType(value)) {
      context.Error(absl::StrCat("ERR Unknown client type '", value, "'"));
      return false;
    }
    filter->other_types_only = !IsNormalClientType(value);
  } else if (context.Is(at, "ADDR")) {
    filter->address = value;
  } else if (context.Is(at, "LADDR")) {
    filter->local_address = value;
  } else if (context.Is(at, "USER")) {
    if (value != "default") {
      context.Error(absl::StrCat("ERR No such user '", value, "'"));
      return false;
    }
  } else if (context.Is(at, "SKIPME") && absl::EqualsIgnoreCase(value, "yes")) {
    filter->skip_caller = true;
  } else if (context.Is(at, "SKIPME") && absl::EqualsIgnoreCase(value, "no")) {
    filter->skip_caller = false;
  } else {
    context.SyntaxError();
    return false;
  }
  return true;
}

// Closes what matches; the caller's own connection only after the reply. Returns how many.
int64_t KillMatching(CommandContext& context, const KillFilter& filter) {
  int64_t killed = 0;
  context.node.ForEachSession([&](Session& session) {
    if (!filter.Matches(session) || session.closing()) return;
    const bool is_caller = &session == &context.session;
    if (is_caller && filter.skip_caller) return;
    ++killed;
    // From here on nothing more is executed for it. The connection itself belongs to its worker.
    session.CloseAfterReply();
    if (is_caller) return;
    context.node.PostToSession(session.worker().index, session.info().id,
                               [](Session& victim) { victim.Kill(); });
  });
  return killed;
}

}  // namespace

void ClientKillCommand(CommandContext& context) {
  const size_t count = context.arguments.size();
  if (count == 3) {
    const KillFilter filter{.address = context.arguments[2], .skip_caller = false};
    KillMatching(context, filter) == 0 ? context.Error("ERR No such client") : context.reply.Ok();
    return;
  }
  KillFilter filter;
  for (size_t at = 2; at < count; at += 2) {
    if (at + 1 == count) {
      context.SyntaxError();
      return;
    }
    if (!AddCondition(context, at, &filter)) return;
  }
  context.reply.Integer(KillMatching(context, filter));
}

}  // namespace holdfast
