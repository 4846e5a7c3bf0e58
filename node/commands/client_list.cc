#include "node/commands/client_list.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "node/node.h"
#include "node/relay.h"
#include "node/session.h"

namespace holdfast {
namespace {

std::string FlagsText(Session& session) {
  const ClientInfo& info = session.info();
  const Transaction& transaction = session.transaction();
  std::string flags;
  if (info.monitor) flags.push_back('O');
  if (transaction.open) flags.push_back('x');
  if (session.blocked()) flags.push_back('b');
  if (transaction.watch_broken.load(std::memory_order_relaxed)) flags.push_back('d');
  if (session.closing()) flags.push_back('c');
  if (session.stream().peer().is_unix()) flags.push_back('U');
  if (info.no_evict) flags.push_back('e');
  if (info.no_touch) flags.push_back('T');
  return flags.empty() ? "N" : flags;
}

size_t QueuedBytes(const Transaction& transaction) {
  size_t bytes = 0;
  for (const QueuedCommand& command : transaction.queue) {
    bytes += sizeof(command);
    for (const std::string& argument : command.arguments) bytes += argument.size();
  }
  return bytes;
}

}  // namespace

std::string PeerText(const Session& session) {
  return session.attached() ? session.stream().peer().ToString() : "";
}

std::string LocalText(const Session& session) {
  return session.attached() ? session.stream().local().ToString() : "";
}

std::string ClientLine(Session& session) {
  const ClientInfo& info = session.info();
  const Transaction& transaction = session.transaction();
  const Nanos now = session.worker().node.clock().Monotonic();
  const auto seconds_since = [&](Nanos then) {
    return std::max<int64_t>((now - then).value, 0) / 1'000'000'000;
  };
  const size_t queued_bytes = QueuedBytes(transaction);
  const size_t reply_capacity = session.reply().buffer().capacity();
  const size_t unsent_bytes = session.unsent_bytes();
  const size_t total_bytes = sizeof(Session) + session.query_capacity() + reply_capacity +
                             unsent_bytes + queued_bytes + info.name.size();
  std::string line =
      absl::StrFormat("id=%d addr=%s laddr=%s fd=%d name=%s age=%d idle=%d flags=%s db=%d", info.id,
                      PeerText(session), LocalText(session), session.stream().descriptor(),
                      info.name, seconds_since(info.created), seconds_since(info.last_interaction),
                      FlagsText(session), session.database().value);
  absl::StrAppendFormat(
      &line, " sub=0 psub=0 ssub=0 multi=%d qbuf=%d qbuf-free=%d argv-mem=0 multi-mem=%d",
      transaction.open ? static_cast<int64_t>(transaction.queue.size()) : -1, session.query_bytes(),
      session.query_capacity() - session.query_bytes(), queued_bytes);
  absl::StrAppendFormat(
      &line,
      " rbs=%d rbp=%d obl=%d oll=%d omem=%d tot-mem=%d events=%s cmd=%s"
      " user=default redir=-1 resp=%d lib-name=%s lib-ver=%s\n",
      reply_capacity, reply_capacity, session.reply().buffer().size(), unsent_bytes > 0 ? 1 : 0,
      unsent_bytes, total_bytes, unsent_bytes > 0 ? "rw" : "r",
      info.last_command == nullptr ? "NULL" : info.last_command->name,
      static_cast<int>(session.reply().protocol()), info.library_name, info.library_version);
  // The node that this client is connected to.
  if (session.relay() != nullptr) {
    line.insert(line.size() - 1, absl::StrCat(" front=", session.relay()->front_name()));
  }
  return line;
}

bool IsNormalClientType(absl::string_view type) { return absl::EqualsIgnoreCase(type, "normal"); }

bool IsClientType(absl::string_view type) {
  for (const absl::string_view known : {"normal", "master", "slave", "replica", "pubsub"}) {
    if (absl::EqualsIgnoreCase(type, known)) return true;
  }
  return false;
}

}  // namespace holdfast
