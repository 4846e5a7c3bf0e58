// PeerServer: the peer port. Accepts, lets strangers prove themselves, hands friends to a handler.
//
//   accept -> handshake (bounded in number, time and bytes) -> seat (node, channel) -> OnUp, frames
//
//   node 7   incarnation 9c..   former: 41.., a0..      control  #12
//                                                       data     #15
//                                                       forward  -
//                                                       visit    -
//
// A node has one seat per channel, and the connection that holds it is the only one heard:
//
// 1. A later connection of the same incarnation takes the seat. "Later" is what the dialer's
//    attempt number says, not the order of arrival: a handshake that was delayed under way is
//    refused when a later one has been completed.
// 2. A new incarnation of a node takes all its seats, and former ones are refused from then on (the
//    last limits::kPeerFormerIncarnationsMax of them are remembered).
// 3. Whoever loses its seat is closed at once: OnDown for the old comes before OnUp for the new,
//    and bytes of the old that are still on their way are never delivered.
// 4. A peer that breaks the rules, before or after its handshake, is told so, closed, and logged.
//
// Everything happens on the loop's thread. Not to be destroyed inside a callback.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "net/peer/connection.h"
#include "net/runtime/runtime.h"

namespace holdfast {

struct PeerServerOptions {
  Address address;
  ListenOptions listen;
  int unauthenticated_max = limits::kPeerUnauthenticatedMax;  // further ones are closed at once
  PeerConnectionOptions connection;
};

class PeerServer final : private PeerConnection::Owner {
 public:
  // `self` and `handler` must outlive the server.
  static absl::StatusOr<std::unique_ptr<PeerServer>> Listen(Runtime& runtime, EventLoop& loop,
                                                            const PeerSelf& self,
                                                            PeerHandler& handler,
                                                            const PeerServerOptions& options);

  // Accepts at another address, too.
  absl::Status ListenAt(const Address& address);

  // The first address.
  const Address& local() const { return listeners_.front()->local(); }
  // The connection on which a node is heard; null if there is none.
  PeerConnection* Find(uint64_t node, PeerChannel channel);
  // Tells the peer why and closes. No OnDown comes for it.
  void Close(PeerConnection& connection, const absl::Status& why);

  size_t connection_count() const { return connections_.size(); }
  // Connections that have not proved themselves yet.
  int unauthenticated_count() const { return unauthenticated_; }
  // Handshakes that failed, and connections that found no room.
  uint64_t refused_count() const { return refused_; }

 private:
  struct Seat {
    PeerConnection* connection = nullptr;
    uint64_t attempt = 0;  // the highest that completed
  };
  struct Node {
    uint64_t incarnation = 0;      // 0: none yet
    std::vector<uint64_t> former;  // incarnations, oldest first
    std::array<Seat, kPeerChannelCount> seats;
    Seat& SeatOf(PeerChannel channel) { return seats[static_cast<size_t>(channel)]; }
  };

  PeerServer(Runtime& runtime, EventLoop& loop, const PeerSelf& self, PeerHandler& handler,
             const PeerServerOptions& options);

  absl::Status Admit(const PeerSession& session) override;
  void OnUp(PeerConnection& connection) override;
  absl::Status OnFrame(PeerConnection& connection, const Frame& frame) override;
  void OnDrained(PeerConnection& connection) override;
  void OnDown(PeerConnection& connection, const absl::Status& reason) override;

  void Accept(std::unique_ptr<Connection> connection);
  // Ends whatever connection holds the seat.
  void Evict(Seat& seat, absl::string_view why);
  void Succeed(Node& node, const PeerSession& newcomer);
  void ForgetAbsentNode();
  // Takes the connection out of the books.
  PeerConnectionPtr Remove(PeerConnection& connection);
  void Log(LogLevel level, const Address& remote, absl::string_view text);

  Runtime& runtime_;
  EventLoop& loop_;
  const PeerSelf& self_;
  PeerHandler& handler_;
  const PeerServerOptions options_;
  std::vector<PeerConnectionPtr> connections_;  // in the order of acceptance
  std::map<uint64_t, Node> nodes_;
  int unauthenticated_ = 0;
  uint64_t refused_ = 0;
  bool full_ = false;  // said so, and not since found room
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace holdfast
