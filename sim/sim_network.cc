#include "sim/sim_network.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/thread_scope.h"

namespace holdfast {
namespace {
// How an end learns that its connection is broken: most soon, some late, the rest never.
constexpr Ratio kLearnsSoon{7, 10};
constexpr Ratio kElseLearnsLate{2, 3};
constexpr Nanos kLearnsLateMean = Seconds(5);

absl::Status ResetByPeer() { return absl::UnavailableError("Connection reset by peer"); }
}  // namespace

// An open socket that no loop watches.
class SimConnection final : public Connection {
 public:
  SimConnection(SimNetwork& network, SimSocket& socket)
      : network_(network), id_(socket.id()), peer_(socket.peer()), local_(socket.local()) {}
  ~SimConnection() override {
    SimSocket* socket = network_.Find(id_);
    if (socket == nullptr || socket->attached()) return;
    socket->Abandon();
    network_.Forget(id_);
  }
  const Address& peer() const override { return peer_; }
  const Address& local() const override { return local_; }
  SocketId id() const { return id_; }

 private:
  SimNetwork& network_;
  const SocketId id_;
  const Address peer_;
  const Address local_;
};

class SimListener final : public Listener {
 public:
  SimListener(SimNetwork& network, SimNetwork::Binding binding, Actor actor, Address local)
      : network_(network), binding_(std::move(binding)), actor_(actor), local_(std::move(local)) {}
  ~SimListener() override { network_.Unlisten(binding_, actor_); }
  const Address& local() const override { return local_; }

 private:
  SimNetwork& network_;
  const SimNetwork::Binding binding_;
  const Actor actor_;
  const Address local_;
};

SimNetwork::SimNetwork(Kernel& kernel, const NetworkProfile& profile)
    : kernel_(kernel),
      profile_(profile),
      wire_(kernel.AddActor()),
      latency_(kernel.draws("latency", 0)),
      faults_(kernel.draws("network faults", 0)) {
  CHECK_LE(profile_.latency_min, profile_.latency_max);
  CHECK_LE(profile_.latency_max, profile_.slow_latency_max);
}

SimNetwork::~SimNetwork() { kernel_.NextIncarnation(wire_); }

HostId SimNetwork::AddHost(absl::string_view ip) {
  hosts_.push_back({.ip = std::string(ip)});
  return {static_cast<uint32_t>(hosts_.size() - 1)};
}

std::string SimNetwork::CanonicalIp(absl::string_view host) {
  if (host.empty() || host == "*" || host == "0.0.0.0") return "4*";
  if (host == "::" || host == "::*") return "6*";
  if (host == "127.0.0.1" || host == "localhost") return "4lo";
  if (host == "::1") return "6lo";
  return std::string(host);
}

absl::StatusOr<SimNetwork::Binding> SimNetwork::BindingFor(HostId host, const Address& address) {
  if (address.is_unix()) return Binding{.host = host.value, .path = address.unix_path};
  Binding binding{.host = host.value, .ip = CanonicalIp(address.host), .port = address.port};
  const absl::string_view ip = binding.ip;
  const bool is_any = ip == "4*" || ip == "6*" || ip == "4lo" || ip == "6lo";
  if (!is_any && ip != hosts_[host.value].ip) {
    return absl::UnavailableError(
        absl::StrCat("bind ", address.ToString(), ": Cannot assign requested address"));
  }
  if (binding.port == 0) binding.port = hosts_[host.value].next_port++;
  return binding;
}

absl::StatusOr<std::unique_ptr<Listener>> SimNetwork::Listen(Actor actor, const void* thread,
                                                             HostId host, const Address& address,
                                                             AcceptHandler on_accept) {
  absl::StatusOr<Binding> binding = BindingFor(host, address);
  if (!binding.ok()) return binding.status();
  Address local = address;
  local.port = binding->port;
  ListenerState state{.actor = actor,
                      .thread = thread,
                      .local = local,
                      .on_accept = std::make_shared<AcceptHandler>(std::move(on_accept))};
  if (!listeners_.emplace(*binding, std::move(state)).second) {
    return absl::AlreadyExistsError(
        absl::StrCat("bind ", address.ToString(), ": Address already in use"));
  }
  return std::make_unique<SimListener>(*this, *std::move(binding), actor, std::move(local));
}

void SimNetwork::Unlisten(const Binding& binding, Actor actor) {
  auto found = listeners_.find(binding);
  if (found != listeners_.end() && found->second.actor == actor) listeners_.erase(found);
}

std::optional<HostId> SimNetwork::Resolve(HostId from, const Address& address) const {
  if (address.is_unix()) return from;
  const std::string ip = CanonicalIp(address.host);
  if (ip == "4lo" || ip == "6lo") return from;
  for (uint32_t host = 0; host < hosts_.size(); ++host) {
    if (hosts_[host].ip == ip) return HostId{host};
  }
  return std::nullopt;
}

std::optional<SimNetwork::Binding> SimNetwork::FindListener(HostId to,
                                                            const Address& address) const {
  Binding binding{.host = to.value, .path = address.unix_path};
  if (!address.is_unix()) {
    binding.port = address.port;
    binding.ip = CanonicalIp(address.host);
  }
  if (listeners_.contains(binding)) return binding;
  if (address.is_unix()) return std::nullopt;
  binding.ip = binding.ip == "6lo" ? "6*" : "4*";
  if (listeners_.contains(binding)) return binding;
  return std::nullopt;
}

void SimNetwork::Connect(Actor actor, const void* thread, HostId host, const Address& address,
                         ConnectHandler done) {
  Dial dial{
      .actor = actor, .thread = thread, .from = host, .address = address, .done = std::move(done)};
  const std::optional<HostId> to = Resolve(host, address);
  if (!to || !hosts_[to->value].powered || blocked(host, *to) || blocked(*to, host)) {
    Fail(std::move(dial), profile_.connect_timeout,
         absl::DeadlineExceededError(
             absl::StrCat("connect ", address.ToString(), ": Connection timed out")));
    return;
  }
  if (faults_.Chance(profile_.connect_failure)) {
    Fail(std::move(dial), Latency(latency_),
         absl::UnavailableError(
             absl::StrCat("connect ", address.ToString(), ": Network is unreachable")));
    return;
  }
  kernel_.Schedule(
      Latency(latency_), wire_, "dial",
      [this, dial = std::move(dial), to = *to]() mutable { Answer(std::move(dial), to); });
}

void SimNetwork::Fail(Dial dial, Nanos delay, absl::Status status) {
  const Actor actor = dial.actor;
  kernel_.Schedule(delay, actor, "connect failed",
                   [dial = std::move(dial), status = std::move(status)]() mutable {
                     ThreadScope on_thread(dial.thread);
                     dial.done(std::move(status));
                   });
}

void SimNetwork::Answer(Dial dial, HostId to) {
  // The program that dialled may be gone by now.
  if (!kernel_.lives(dial.actor)) return;
  const std::optional<Binding> binding = FindListener(to, dial.address);
  if (!binding) {
    const std::string text = dial.address.ToString();
    Fail(std::move(dial), Latency(latency_),
         absl::UnavailableError(absl::StrCat("connect ", text, ": Connection refused")));
    return;
  }
  const ListenerState& listener = listeners_.at(*binding);
  const SocketId client = AddSocketPair(dial, to, listener);
  kernel_.Schedule(Nanos{}, listener.actor, "accept",
                   [this, binding = *binding, client] { Accept(binding, PeerOf(client)); });
  const Actor actor = dial.actor;
  kernel_.Schedule(Latency(latency_), actor, "connected",
                   [this, dial = std::move(dial), client]() mutable {
                     ThreadScope on_thread(dial.thread);
                     dial.done(std::make_unique<SimConnection>(*this, *Find(client)));
                   });
}

SocketId SimNetwork::AddSocketPair(const Dial& dial, HostId to, const ListenerState& listener) {
  Host& near = hosts_[dial.from.value];
  const bool loopback = dial.from == to;
  Address client_address = dial.address;
  if (!dial.address.is_unix()) {
    client_address = {.host = loopback ? "127.0.0.1" : near.ip, .port = near.next_port};
    near.next_port = static_cast<uint16_t>(near.next_port == 60'999 ? 32'768 : near.next_port + 1);
  }
  const SocketId client = records_.size();
  records_.resize(client + 2);
  records_[client].socket =
      std::make_unique<SimSocket>(*this, SimSocket::Options{.id = client,
                                                            .actor = dial.actor,
                                                            .host = dial.from,
                                                            .peer_host = to,
                                                            .local = client_address,
                                                            .peer = dial.address});
  records_[PeerOf(client)].socket =
      std::make_unique<SimSocket>(*this, SimSocket::Options{.id = PeerOf(client),
                                                            .actor = listener.actor,
                                                            .host = to,
                                                            .peer_host = dial.from,
                                                            .local = dial.address,
                                                            .peer = client_address});
  return client;
}

void SimNetwork::Accept(const Binding& binding, SocketId server) {
  SimSocket* socket = Find(server);
  CHECK(socket != nullptr);
  auto connection = std::make_unique<SimConnection>(*this, *socket);
  auto listener = listeners_.find(binding);
  if (listener == listeners_.end()) return;  // closed since: the connection dies with this scope
  // The handler may destroy its listener.
  const std::shared_ptr<AcceptHandler> on_accept = listener->second.on_accept;
  ThreadScope on_thread(listener->second.thread);
  (*on_accept)(std::move(connection));
}

Stream& SimNetwork::Attach(std::unique_ptr<Connection> connection, const void* thread,
                           StreamHandler& handler) {
  SimSocket* socket = Find(static_cast<SimConnection&>(*connection).id());
  CHECK(socket != nullptr);
  socket->Attach(thread, handler);
  return *socket;
}

void SimNetwork::EndProcess(Actor actor) {
  std::erase_if(listeners_, [&](const auto& item) { return item.second.actor == actor; });
  for (SocketId id : open_sockets()) {
    SimSocket* socket = Find(id);
    if (socket->actor() != actor) continue;
    socket->handler_ = nullptr;
    socket->Abandon();
    Forget(id);
  }
}

void SimNetwork::SetLinkBlocked(HostId from, HostId to, bool blocked) {
  if (blocked) {
    blocked_links_.insert({from.value, to.value});
    return;
  }
  blocked_links_.erase({from.value, to.value});
  for (SocketId id : open_sockets()) {
    SimSocket* socket = Find(id);
    if (socket->host() != from || socket->peer_host() != to) continue;
    for (SimSocket::Segment& segment : std::exchange(socket->parked_, {})) {
      Transmit(*socket, std::move(segment));
    }
    if (socket->deaf() && !socket->attached()) Forget(id);
  }
}

void SimNetwork::Break(SocketId id) {
  for (SocketId end : {id, PeerOf(id)}) {
    SimSocket* socket = Find(end);
    if (socket == nullptr) continue;
    socket->broken_ = true;
    socket->parked_.clear();
    Nanos delay = Latency(socket->faults_);
    if (!socket->faults_.Chance(kLearnsSoon)) {
      if (!socket->faults_.Chance(kElseLearnsLate)) continue;
      delay = socket->faults_.Exponential(kLearnsLateMean);
    }
    kernel_.Schedule(delay, wire_, "learns broken", [this, end] {
      if (SimSocket* victim = Find(end)) victim->ArriveDead(ResetByPeer());
    });
  }
}

void SimNetwork::BlackHole(SocketId id) {
  for (SocketId end : {id, PeerOf(id)}) {
    SimSocket* socket = Find(end);
    if (socket == nullptr) continue;
    socket->broken_ = true;
    socket->parked_.clear();
  }
}

void SimNetwork::Linger(SocketId id, Nanos delay) {
  SimSocket* socket = Find(id);
  if (socket == nullptr || socket->broken_) return;
  // A last burst is still under way when the sender gives up; its peer hears nothing of that.
  records_[id].last_arrival = std::max(records_[id].last_arrival, kernel_.now() + delay);
  const Nanos gives_up = socket->faults_.Between(Nanos{}, Nanos{delay.value / 4});
  kernel_.Schedule(gives_up, wire_, "lingers", [this, id] {
    SimSocket* socket = Find(id);
    if (socket == nullptr || socket->broken_) return;
    socket->ArriveDead(absl::DeadlineExceededError("Connection timed out"));
  });
}

void SimNetwork::Garble(SocketId id, uint64_t pick) {
  if (SimSocket* socket = Find(id)) socket->garble_ = pick;
}

bool SimNetwork::Joins(SocketId id, uint16_t port) {
  const SimSocket* socket = Find(id);
  return socket != nullptr && (socket->local().port == port || socket->peer().port == port);
}

bool SimNetwork::Touches(SocketId id, HostId host) {
  const SimSocket* socket = Find(id);
  return socket != nullptr && (socket->host() == host || socket->peer_host() == host);
}

std::vector<SocketId> SimNetwork::open_sockets() const {
  std::vector<SocketId> ids;
  for (SocketId id = 0; id < records_.size(); ++id) {
    if (records_[id].socket != nullptr) ids.push_back(id);
  }
  return ids;
}

std::optional<Nanos> SimNetwork::gone_at(SocketId socket) const {
  CHECK_LT(socket, records_.size());
  const Nanos gone_at = records_[socket].gone_at;
  return gone_at.value < 0 ? std::nullopt : std::optional(gone_at);
}

SocketId SimNetwork::IdOf(const Stream& stream) {
  return static_cast<const SimSocket&>(stream).id();
}

void SimNetwork::Transmit(SimSocket& from, SimSocket::Segment segment) {
  if (from.broken_ || !hosts_[from.host().value].powered) return;
  if (blocked(from.host(), from.peer_host())) {
    from.parked_.push_back(std::move(segment));
    return;
  }
  if (from.faults_.Chance(profile_.broken_per_segment) && !calm_) {
    Break(from.id());
    return;
  }
  if (from.garble_ && !segment.bytes.empty()) {
    const uint64_t bit = *std::exchange(from.garble_, std::nullopt) % (segment.bytes.size() * 8);
    segment.bytes.data()[bit / 8] ^= static_cast<char>(1 << bit % 8);
  }
  Nanos leaves = kernel_.now();
  if (profile_.bytes_per_second > 0) {
    const int64_t bytes = static_cast<int64_t>(segment.bytes.size());
    leaves = std::max(leaves, from.line_free_) +
             Nanos{bytes * 1'000'000'000 / profile_.bytes_per_second};
    from.line_free_ = leaves;
  }
  const Nanos arrival =
      NextArrival(from.id(), leaves - kernel_.now() + LinkDelay(from) + Latency(from.latency_));
  if (tap_ && !segment.bytes.empty()) {
    tap_({kernel_.now(), arrival, from.host(), from.peer_host(), segment.bytes.view()});
  }
  kernel_.Schedule(arrival - kernel_.now(), wire_, "arrive",
                   [this, to = PeerOf(from.id()), to_host = from.peer_host(),
                    from_host = from.host(), segment = std::move(segment)]() mutable {
                     Arrive(std::move(segment), to, to_host, from_host);
                   });
}

void SimNetwork::TransmitReset(SimSocket& from) {
  if (from.broken_ || !hosts_[from.host().value].powered) return;
  if (blocked(from.host(), from.peer_host())) return;
  ScheduleReset(PeerOf(from.id()), Latency(from.latency_));
}

void SimNetwork::ScheduleReset(SocketId to, Nanos delay) {
  const Nanos arrival = NextArrival(PeerOf(to), delay);
  kernel_.Schedule(arrival - kernel_.now(), wire_, "reset", [this, to] {
    if (SimSocket* socket = Find(to)) socket->ArriveDead(ResetByPeer());
  });
}

Nanos SimNetwork::NextArrival(SocketId from, Nanos delay) {
  Nanos& last = records_[from].last_arrival;
  last = std::max(kernel_.now() + delay, last + Nanos{1});
  return last;
}

void SimNetwork::Arrive(SimSocket::Segment segment, SocketId to, HostId to_host, HostId from_host) {
  SimSocket* socket = Find(to);
  if (socket != nullptr && socket->broken_) return;
  if (socket != nullptr && !socket->deaf()) {
    socket->Arrive(std::move(segment));
    return;
  }
  if (segment.end_of_stream || !hosts_[to_host.value].powered || blocked(to_host, from_host))
    return;
  ScheduleReset(PeerOf(to), Latency(latency_));
}

void SimNetwork::Forget(SocketId id) {
  if (!gone_at(id)) records_[id].gone_at = kernel_.now();
  SimSocket* socket = Find(id);
  if (socket == nullptr) return;
  const bool waits = !socket->parked_.empty() && hosts_[socket->host().value].powered;
  if (!waits) records_[id].socket.reset();
}

Nanos SimNetwork::Latency(Draws& draws) const {
  if (draws.Chance(profile_.slow_segment)) {
    return draws.Between(profile_.latency_max, profile_.slow_latency_max);
  }
  return draws.Between(profile_.latency_min, profile_.latency_max);
}

Nanos SimNetwork::LinkDelay(const SimSocket& from) const {
  if (link_delays_.empty()) return {};
  const auto found = link_delays_.find({from.host().value, from.peer_host().value});
  return found == link_delays_.end() ? Nanos{} : found->second;
}

}  // namespace holdfast
