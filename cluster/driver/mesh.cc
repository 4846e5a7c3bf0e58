#include "cluster/driver/mesh.h"

#include <algorithm>
#include <utility>

#include "cluster/driver/peer_frames.h"
#include "net/base/mark.h"

namespace holdfast {
namespace {
// A connection is asked so often before its silence counts.
constexpr int64_t kQuestionsPerSilence = 3;

// Whether another node passes its clients' requests on by this connection.
bool IsFront(const PeerConnection& connection) {
  return connection.session().channel == PeerChannel::kForward;
}
}  // namespace

Mesh::Mesh(Runtime& runtime, EventLoop& loop, const PeerSelf& self, MeshHandler& handler)
    : runtime_(runtime), loop_(loop), self_(self), handler_(handler) {}

absl::Status Mesh::Listen(const Options& options) {
  std::unique_ptr<PeerServer> server;
  for (const Door& door : options.doors) {
    absl::Status status;
    if (server != nullptr) {
      status = server->ListenAt(door.address);
    } else {
      auto first = PeerServer::Listen(runtime_, loop_, self_, *this,
                                      {.address = door.address, .listen = options.listen_options});
      if (first.ok()) server = *std::move(first);
      status = first.status();
    }
    if (!status.ok() && !(door.optional && absl::IsUnavailable(status))) return status;
  }
  if (server == nullptr) {
    return absl::FailedPreconditionError(
        "no address for the peer port: set bind to one that this machine has");
  }
  server_ = std::move(server);
  return absl::OkStatus();
}

void Mesh::SetNodes(absl::Span<const NodeDescription> nodes) {
  std::erase_if(links_, [&](const auto& known) {
    return std::none_of(nodes.begin(), nodes.end(), [&](const NodeDescription& node) {
      return node.id == known.first && node.host == known.second.node.host &&
             node.peer_port == known.second.node.peer_port;
    });
  });
  PeerHandler& handler = *this;
  for (const NodeDescription& node : nodes) {
    if (node.id.value == self_.identity.node || links_.contains(node.id)) continue;
    Links& links = links_[node.id];
    links.node = node;
    PeerLinkOptions options{.address = {.host = node.host, .port = node.peer_port},
                            .expected_node = node.id.value};
    options.channel = PeerChannel::kControl;
    links.control = std::make_unique<PeerLink>(runtime_, loop_, self_, handler, options);
    options.channel = PeerChannel::kData;
    links.data = std::make_unique<PeerLink>(runtime_, loop_, self_, handler, options);
  }
}

bool Mesh::SendControl(NodeId to, FrameType type, absl::string_view payload) {
  auto found = links_.find(to);
  return found != links_.end() && found->second.control->Send(type, payload);
}

bool Mesh::SendControl(Identity to, FrameType type, absl::string_view payload) {
  auto found = links_.find(to.node);
  if (found == links_.end()) return false;
  PeerConnection* connection = found->second.control->connection();
  return connection != nullptr && ToIdentity(connection->session().peer) == to &&
         connection->Send(type, payload);
}

bool Mesh::CanSendData(Identity to) const {
  auto found = links_.find(to.node);
  if (found == links_.end()) return false;
  PeerConnection* connection = found->second.data->connection();
  return connection != nullptr && ToIdentity(connection->session().peer) == to &&
         connection->CanSend();
}

bool Mesh::SendData(Identity to, FrameType type, absl::Span<const absl::string_view> payload) {
  return CanSendData(to) && links_.find(to.node)->second.data->Send(type, payload);
}

void Mesh::Answer(NodeId to, PeerChannel channel, FrameType type, absl::string_view payload) {
  PeerConnection* connection = server_->Find(to.value, channel);
  if (connection != nullptr) connection->Send(type, payload);
}

bool Mesh::IsUp(NodeId node) const {
  auto found = links_.find(node);
  return found != links_.end() && found->second.control->up();
}

absl::Status Mesh::LastFailure(NodeId node) const {
  auto found = links_.find(node);
  return found == links_.end() ? absl::OkStatus() : found->second.control->last_failure();
}

// Whether this is the connection on which we send records.
bool Mesh::IsOurData(const PeerConnection& connection) const {
  auto found = links_.find(NodeId{connection.session().peer.node});
  return found != links_.end() && found->second.data->connection() == &connection;
}

void Mesh::Tick(Nanos silence) {
  const Nanos now = runtime_.clock().Monotonic();
  // Whoever did not run for a while has the answers still before it.
  const bool was_away = now - last_tick_ > silence;
  last_tick_ = now;
  for (auto& [id, links] : links_) {
    if (was_away) links.control_questions.answered = links.data_questions.answered = now;
    Ask(*links.control, links.control_questions, silence);
    // The other end may have more to do than to answer.
    Ask(*links.data, links.data_questions, {4 * silence.value});
    NoteArrivals(server_->Find(id.value, PeerChannel::kControl), links.control_arrivals, silence);
    PeerConnection* data = server_->Find(id.value, PeerChannel::kData);
    if (NoteArrivals(data, links.data_arrivals, silence)) {
      handler_.OnDataArriving(ToIdentity(data->session().peer));
    }
    NoteArrivals(server_->Find(id.value, PeerChannel::kForward), links.forward_arrivals, silence);
  }
}

void Mesh::Ask(PeerLink& link, Questions& questions, Nanos silence) {
  if (!link.up()) return;
  const Nanos now = runtime_.clock().Monotonic();
  if (now - questions.answered > silence) {
    MARK("a silent connection is given up");
    link.Restart(absl::UnavailableError("no answer"));
    return;
  }
  if (now - questions.asked < Nanos{silence.value / kQuestionsPerSilence}) return;
  questions.asked = now;
  link.Send(kPingFrame, "");
}

// Whether more of a frame that is not whole yet has come.
bool Mesh::NoteArrivals(PeerConnection* connection, Arrivals& arrivals, Nanos silence) {
  if (connection == nullptr) return false;
  const bool same = connection->session() == arrivals.session;
  const bool more = same && connection->received_bytes() != arrivals.bytes;
  arrivals.session = connection->session();
  arrivals.bytes = connection->received_bytes();
  if (!more || !connection->in_frame()) return false;
  const Nanos now = runtime_.clock().Monotonic();
  if (now - arrivals.told >= Nanos{silence.value / kQuestionsPerSilence}) {
    arrivals.told = now;
    connection->Send(kPongFrame, "");
  }
  return true;
}

void Mesh::OnUp(PeerConnection& connection) {
  if (IsFront(connection)) return handler_.fronts().OnUp(connection);
  const Identity peer = ToIdentity(connection.session().peer);
  NoteAnswer(connection);
  handler_.OnPeer(peer);
  if (IsOurData(connection)) handler_.OnDataUp(peer);
}

// The connection has just reached its node, if it is one of ours.
void Mesh::NoteAnswer(const PeerConnection& connection) {
  auto found = links_.find(NodeId{connection.session().peer.node});
  if (found == links_.end()) return;
  Links& links = found->second;
  const Nanos now = runtime_.clock().Monotonic();
  if (links.control->connection() == &connection) links.control_questions.answered = now;
  if (links.data->connection() == &connection) links.data_questions.answered = now;
}

absl::Status Mesh::OnFrame(PeerConnection& connection, const Frame& frame) {
  if (frame.type == kPongFrame) {
    NoteAnswer(connection);
    return absl::OkStatus();
  }
  if (frame.type == kPingFrame) {
    connection.Send(kPongFrame, "");
    return absl::OkStatus();
  }
  if (IsFront(connection)) return handler_.fronts().OnFrame(connection, frame);
  return handler_.OnPeerFrame(ToIdentity(connection.session().peer), connection, frame);
}

void Mesh::OnDrained(PeerConnection& connection) {
  if (IsFront(connection)) return handler_.fronts().OnDrained(connection);
  if (IsOurData(connection)) handler_.OnDataRoom(ToIdentity(connection.session().peer));
}

void Mesh::OnDown(PeerConnection& connection, const absl::Status& reason) {
  if (IsFront(connection)) handler_.fronts().OnDown(connection, reason);
}

}  // namespace holdfast
