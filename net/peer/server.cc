#include "net/peer/server.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/planted_bug.h"
#include "net/base/status.h"

namespace holdfast {

absl::StatusOr<std::unique_ptr<PeerServer>> PeerServer::Listen(Runtime& runtime, EventLoop& loop,
                                                               const PeerSelf& self,
                                                               PeerHandler& handler,
                                                               const PeerServerOptions& options) {
  auto server = absl::WrapUnique(new PeerServer(runtime, loop, self, handler, options));
  RETURN_IF_ERROR(server->ListenAt(options.address));
  return server;
}

absl::Status PeerServer::ListenAt(const Address& address) {
  ASSIGN_OR_RETURN(
      std::unique_ptr<Listener> listener,
      loop_.Listen(address, options_.listen, [this](std::unique_ptr<Connection> connection) {
        Accept(std::move(connection));
      }));
  listeners_.push_back(std::move(listener));
  return absl::OkStatus();
}

PeerServer::PeerServer(Runtime& runtime, EventLoop& loop, const PeerSelf& self,
                       PeerHandler& handler, const PeerServerOptions& options)
    : runtime_(runtime), loop_(loop), self_(self), handler_(handler), options_(options) {}

PeerConnection* PeerServer::Find(uint64_t node, PeerChannel channel) {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? nullptr : found->second.SeatOf(channel).connection;
}

void PeerServer::Close(PeerConnection& connection, const absl::Status& why) {
  CHECK(!why.ok());
  const PeerConnectionPtr ended = Remove(connection);
  ended->End(why);
}

void PeerServer::Accept(std::unique_ptr<Connection> connection) {
  if (unauthenticated_ >= options_.unauthenticated_max) {
    ++refused_;
    if (!std::exchange(full_, true)) {
      Log(LogLevel::kWarning, connection->peer(),
          absl::StrCat("closed: ", unauthenticated_, " connections have yet to prove themselves"));
    }
    return;
  }
  full_ = false;
  ++unauthenticated_;
  connections_.push_back(
      PeerConnection::Open(loop_, runtime_.entropy(), self_, *this, std::move(connection),
                           {.side = Handshake::Side::kAcceptor}, options_.connection));
}

absl::Status PeerServer::Admit(const PeerSession& session) {
  const auto found = nodes_.find(session.peer.node);
  if (found == nodes_.end()) return absl::OkStatus();
  Node& node = found->second;
  if (std::count(node.former.begin(), node.former.end(), session.peer.incarnation) > 0) {
    return absl::AbortedError(absl::StrCat("a later incarnation of the node than ",
                                           session.peer.ToString(), " is known"));
  }
  const Seat& seat = node.SeatOf(session.channel);
  if (node.incarnation == session.peer.incarnation && session.attempt < seat.attempt) {
    return absl::AbortedError("a later connection of the node has been made");
  }
  return absl::OkStatus();
}

void PeerServer::OnUp(PeerConnection& connection) {
  const PeerSession& session = connection.session();
  --unauthenticated_;
  Log(LogLevel::kNotice, connection.remote(),
      absl::StrCat("is node ", session.peer.ToString(), ", ", PeerChannelName(session.channel),
                   " channel, protocol ", session.protocol));
  if (!nodes_.contains(session.peer.node)) ForgetAbsentNode();
  Node& node = nodes_[session.peer.node];
  if (node.incarnation != session.peer.incarnation) Succeed(node, session);
  Seat& seat = node.SeatOf(session.channel);
  Evict(seat, "a later connection of the node has taken its place");
  seat = {.connection = &connection, .attempt = session.attempt};
  handler_.OnUp(connection);
}

void PeerServer::Succeed(Node& node, const PeerSession& newcomer) {
  if (node.incarnation != 0) {
    if (node.former.size() == limits::kPeerFormerIncarnationsMax) {
      node.former.erase(node.former.begin());
    }
    node.former.push_back(node.incarnation);
  }
  node.incarnation = newcomer.peer.incarnation;
  for (Seat& seat : node.seats) {
    Evict(seat, "a later incarnation of the node has connected");
    seat.attempt = 0;
  }
}

void PeerServer::Evict(Seat& seat, absl::string_view why) {
  if (seat.connection == nullptr) return;
  PeerConnection& loser = *std::exchange(seat.connection, nullptr);
  const absl::Status reason = absl::AbortedError(why);
  if (BUG("replaced-connection-still-heard")) return;
  const PeerConnectionPtr ended = Remove(loser);
  ended->End(reason);
  handler_.OnDown(*ended, reason);
}

// Nodes come and go over the life of a cluster; one without connections may be forgotten.
void PeerServer::ForgetAbsentNode() {
  if (nodes_.size() < limits::kPeerNodesRememberedMax) return;
  const auto absent = std::find_if(nodes_.begin(), nodes_.end(), [](const auto& entry) {
    return std::all_of(entry.second.seats.begin(), entry.second.seats.end(),
                       [](const Seat& seat) { return seat.connection == nullptr; });
  });
  if (absent != nodes_.end()) nodes_.erase(absent);
}

absl::Status PeerServer::OnFrame(PeerConnection& connection, const Frame& frame) {
  return handler_.OnFrame(connection, frame);
}

void PeerServer::OnDrained(PeerConnection& connection) { handler_.OnDrained(connection); }

void PeerServer::OnDown(PeerConnection& connection, const absl::Status& reason) {
  const bool was_up = connection.proved();
  const PeerConnectionPtr ended = Remove(connection);
  if (!was_up) ++refused_;
  Log(was_up ? LogLevel::kNotice : LogLevel::kWarning, connection.remote(), reason.message());
  if (was_up) handler_.OnDown(connection, reason);
}

PeerConnectionPtr PeerServer::Remove(PeerConnection& connection) {
  const auto found =
      std::find_if(connections_.begin(), connections_.end(),
                   [&](const PeerConnectionPtr& owned) { return owned.get() == &connection; });
  CHECK(found != connections_.end());
  PeerConnectionPtr removed = std::move(*found);
  connections_.erase(found);
  if (!connection.proved()) {
    --unauthenticated_;
    return removed;
  }
  const PeerSession& session = connection.session();
  Seat& seat = nodes_[session.peer.node].SeatOf(session.channel);
  if (seat.connection == &connection) seat.connection = nullptr;
  return removed;
}

void PeerServer::Log(LogLevel level, const Address& remote, absl::string_view text) {
  runtime_.logger().Write(level, absl::StrCat("peer port: ", remote.ToString(), ": ", text));
}

}  // namespace holdfast
