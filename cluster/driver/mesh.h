// Mesh: a node's connections to the other nodes of its cluster.
//
//   this node -- control, data --> each other node     links: it dials, and sends what it has to
//   say each other node -- control, data --> this node     server: it listens, and hears
//
// What a node says always leaves by connections it has dialled, and what it hears comes in by those
// that were dialled to it. So a direction that is cut is cut for that direction alone, and each
// side notices by itself.
//
// A connection may die without a word: its ends then wait for ever. So each one that was dialled is
// asked now and then, and dialled anew when no answer comes. A question waits behind whatever else
// is on its way, which on a slow network takes long: so who is in the middle of receiving a frame
// answers unasked.
//
// It knows nodes, not incarnations, except that every frame is handed on with the identity that
// sent it, and Send drops what was meant for another incarnation than the one at the other end.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "cluster/core/configuration.h"
#include "cluster/core/identity.h"
#include "net/peer/link.h"
#include "net/peer/server.h"

namespace holdfast {

inline Identity ToIdentity(const PeerIdentity& peer) { return {{peer.node}, {peer.incarnation}}; }

class MeshHandler {
 public:
  virtual ~MeshHandler() = default;
  // The identity has proved itself, in either direction.
  virtual void OnPeer(Identity peer) = 0;
  // The payload dies with the call. The connection takes answers that are asked for on it.
  virtual absl::Status OnPeerFrame(Identity from, PeerConnection& connection,
                                   const Frame& frame) = 0;
  // The data link to the peer has come up; whatever was on its way before may be lost.
  virtual void OnDataUp(Identity peer) = 0;
  // More of a long frame has come from the peer on its data connection.
  virtual void OnDataArriving(Identity peer) = 0;
  // It takes frames again.
  virtual void OnDataRoom(Identity peer) = 0;
  // Hears what arrives on the forward channel: frames other than questions whether anybody is
  // there.
  virtual PeerHandler& fronts() = 0;
};

class Mesh final : private PeerHandler {
 public:
  // Where others come in.
  struct Door {
    Address address;
    // The machine may have no such address: no error, as long as there is another one.
    bool optional = false;
  };
  struct Options {
    std::vector<Door> doors;
    ListenOptions listen_options;
  };
  // `self` and `handler` must outlive the mesh.
  Mesh(Runtime& runtime, EventLoop& loop, const PeerSelf& self, MeshHandler& handler);

  absl::Status Listen(const Options& options);
  // Dials those who are new, hangs up on those who are gone. `self`'s node is passed over.
  void SetNodes(absl::Span<const NodeDescription> nodes);

  // False if it was not sent: not connected, no room, or another incarnation answers there.
  bool SendControl(Identity to, FrameType type, absl::string_view payload);
  bool SendControl(NodeId to, FrameType type, absl::string_view payload);
  bool CanSendData(Identity to) const;
  bool SendData(Identity to, FrameType type, absl::Span<const absl::string_view> payload);
  // Answers on the connection by which the node has asked, if it is still there.
  void Answer(NodeId to, PeerChannel channel, FrameType type, absl::string_view payload);
  // To be called a few times per `silence`, after which a connection without answers is given up.
  void Tick(Nanos silence);
  // Whether the control link to the node is up, and why not.
  bool IsUp(NodeId node) const;
  absl::Status LastFailure(NodeId node) const;

 private:
  // Of a connection that was dialled.
  struct Questions {
    Nanos asked;
    Nanos answered;  // when it was last known to reach the node
  };
  // Of a connection that was dialled to us.
  struct Arrivals {
    PeerSession session;  // which connection it is
    uint64_t bytes = 0;
    Nanos told;
  };
  struct Links {
    NodeDescription node;
    std::unique_ptr<PeerLink> control;
    std::unique_ptr<PeerLink> data;
    Questions control_questions;
    Questions data_questions;
    Arrivals control_arrivals;
    Arrivals data_arrivals;
    Arrivals forward_arrivals;
  };
  void Ask(PeerLink& link, Questions& questions, Nanos silence);
  bool NoteArrivals(PeerConnection* connection, Arrivals& arrivals, Nanos silence);
  void OnUp(PeerConnection& connection) override;
  absl::Status OnFrame(PeerConnection& connection, const Frame& frame) override;
  void OnDrained(PeerConnection& connection) override;
  void OnDown(PeerConnection& connection, const absl::Status& reason) override;
  void NoteAnswer(const PeerConnection& connection);
  bool IsOurData(const PeerConnection& connection) const;

  Runtime& runtime_;
  EventLoop& loop_;
  const PeerSelf& self_;
  MeshHandler& handler_;
  std::map<NodeId, Links> links_;
  Nanos last_tick_;
  std::unique_ptr<PeerServer> server_;
};

}  // namespace holdfast
