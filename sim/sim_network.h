// SimNetwork: hosts, links between them, listeners, and the connections that cross them.
//
//   SimSocket 6  -- segments, in order, each with its own delay -->  SimSocket 7
//   SimSocket 6  <-- segments ------------------------------------  SimSocket 7
//
// A connection is two sockets with ids that differ in the last bit. Bytes travel as TCP's do: in
// order, never lost inside a live connection, cut anywhere, at most a window of them under way.
// What a network does to a program is done here: delay, blocked links, broken connections of which
// one end learns late or never, a host that has lost power and answers nothing.
//
// 1. Whatever one socket sends arrives in order, or not at all and nothing after it.
// 2. The wire is an actor of its own: segments arrive also while the receiving process is paused,
// and
//    an answer to a process that has gone is a reset.
// 3. A blocked link holds segments back (TCP sends them again); it loses none. It is one-way.
// 4. A socket dies when its handler has heard OnClosed and nothing it sent is held back any more.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/runtime/stream.h"
#include "sim/kernel.h"
#include "sim/sim_stream.h"

namespace holdfast {

struct NetworkProfile {
  Nanos latency_min = Microseconds(50);
  Nanos latency_max = Microseconds(500);
  // How likely a segment takes up to slow_latency_max instead.
  Ratio slow_segment{1, 1000};
  Nanos slow_latency_max = Milliseconds(100);
  // A receiver sees only a prefix of what has arrived, the rest later.
  Ratio partial_delivery{1, 2};
  // The kernel takes only a prefix of what is sent.
  Ratio short_write{1, 4};
  // Bytes under way or unread in one direction of a connection.
  size_t window_bytes = 64 * 1024;
  // 0: no cap.
  int64_t bytes_per_second = 0;
  // A segment meets a middlebox that has forgotten the connection.
  Ratio broken_per_segment{0, 1};
  // A reset takes with it what has arrived and was not read yet.
  Ratio reset_discards{1, 2};
  Ratio connect_failure{0, 1};
  Nanos connect_timeout = Seconds(5);
};

class SimNetwork {
 public:
  SimNetwork(Kernel& kernel, const NetworkProfile& profile);
  ~SimNetwork();
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  // A new host, reachable under this address and, by itself, under 127.0.0.1.
  HostId AddHost(absl::string_view ip);
  const std::string& ip(HostId host) const { return hosts_[host.value].ip; }

  // As EventLoop's calls, for a process on a host. `thread` stands for the loop.
  absl::StatusOr<std::unique_ptr<Listener>> Listen(Actor actor, const void* thread, HostId host,
                                                   const Address& address, AcceptHandler on_accept);
  void Connect(Actor actor, const void* thread, HostId host, const Address& address,
               ConnectHandler done);
  Stream& Attach(std::unique_ptr<Connection> connection, const void* thread,
                 StreamHandler& handler);

  // The process is gone: the kernel closes its listeners and sockets, nobody is called back.
  void EndProcess(Actor actor);

  // Faults.
  // A host without power sends nothing and answers nothing.
  void SetPower(HostId host, bool on) { hosts_[host.value].powered = on; }
  void SetLinkBlocked(HostId from, HostId to, bool blocked);
  // What one host sends to the other takes so much longer.
  void SetLinkDelay(HostId from, HostId to, Nanos delay) {
    link_delays_[{from.value, to.value}] = delay;
  }
  // From now on nothing crosses the connection; each end learns of it soon, late or never.
  void Break(SocketId socket);
  // From now on nothing crosses the connection, and neither end is told.
  void BlackHole(SocketId socket);
  // The socket's program learns at once that the connection is dead; what it had sent arrives late,
  // by up to `delay`, when there may be another connection already.
  void Linger(SocketId socket, Nanos delay);
  // One bit, chosen by `pick`, of the next segment that the socket sends is flipped.
  void Garble(SocketId socket, uint64_t pick);
  // Whether either end of the connection has this port.
  bool Joins(SocketId socket, uint16_t port);
  // Connections no longer break by themselves.
  void set_calm(bool calm) { calm_ = calm; }
  // Whether either end of the connection is there.
  bool Touches(SocketId socket, HostId host);
  // Is told of everything that is sent from host to host, and when it arrives.
  struct Passage {
    Nanos sent, arrives;
    HostId from, to;
    absl::string_view bytes;
  };
  void set_tap(std::function<void(const Passage&)> tap) { tap_ = std::move(tap); }
  // Ids of open sockets, ascending.
  std::vector<SocketId> open_sockets() const;

  // When the socket was gone, so that nothing sent to it can have an effect any more.
  std::optional<Nanos> gone_at(SocketId socket) const;
  // The socket a Stream of this network is. Its number is also the stream's descriptor, so that
  // both ends of a connection can be named in the whole network.
  static SocketId IdOf(const Stream& stream);

 private:
  friend class SimSocket;
  friend class SimConnection;
  friend class SimListener;

  // What a listener is found by. An address is "4*", "6*", "4lo", "6lo" or literal.
  struct Binding {
    uint32_t host = 0;
    std::string ip;
    uint16_t port = 0;
    std::string path;
    auto operator<=>(const Binding&) const = default;
  };
  struct ListenerState {
    Actor actor;
    const void* thread = nullptr;
    Address local;
    std::shared_ptr<AcceptHandler> on_accept;
  };
  struct Host {
    std::string ip;
    bool powered = true;
    uint16_t next_port = 32'768;
  };
  struct Dial {
    Actor actor;
    const void* thread = nullptr;
    HostId from;
    Address address;
    ConnectHandler done;
  };

  static std::string CanonicalIp(absl::string_view host);
  absl::StatusOr<Binding> BindingFor(HostId host, const Address& address);
  // The host that an address means to a program on `from`.
  std::optional<HostId> Resolve(HostId from, const Address& address) const;
  std::optional<Binding> FindListener(HostId to, const Address& address) const;
  void Unlisten(const Binding& binding, Actor actor);
  void Fail(Dial dial, Nanos delay, absl::Status status);
  void Answer(Dial dial, HostId to);
  SocketId AddSocketPair(const Dial& dial, HostId to, const ListenerState& listener);
  void Accept(const Binding& binding, SocketId server);

  // Called by sockets.
  void Transmit(SimSocket& from, SimSocket::Segment segment);
  void TransmitReset(SimSocket& from);
  void Arrive(SimSocket::Segment segment, SocketId to, HostId to_host, HostId from_host);
  void Forget(SocketId socket);
  bool blocked(HostId from, HostId to) const {
    return blocked_links_.contains({from.value, to.value});
  }
  // When the next thing a socket sends arrives, after `delay` or behind what it sent before.
  Nanos NextArrival(SocketId from, Nanos delay);
  void ScheduleReset(SocketId to, Nanos delay);
  Nanos Latency(Draws& draws) const;
  Nanos LinkDelay(const SimSocket& from) const;
  SimSocket* Find(SocketId socket) { return records_[socket].socket.get(); }

  Kernel& kernel_;
  const NetworkProfile profile_;
  const Actor wire_;
  Draws latency_;  // of what no socket sends: connection attempts and their answers
  Draws faults_;
  std::vector<Host> hosts_;
  std::map<Binding, ListenerState> listeners_;
  std::set<std::pair<uint32_t, uint32_t>> blocked_links_;
  std::map<std::pair<uint32_t, uint32_t>, Nanos> link_delays_;
  bool calm_ = false;
  std::function<void(const Passage&)> tap_;
  // A socket while it lives, and what outlives it, by its id.
  struct Record {
    std::unique_ptr<SimSocket> socket;
    Nanos gone_at{-1};     // negative while it is open
    Nanos last_arrival{};  // of what it, or the kernel in its name, sent last
  };
  std::vector<Record> records_;
};

}  // namespace holdfast
