#include "tests/cluster/register/register_world.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "cluster/register/voter_rules.h"
#include "net/base/check.h"
#include "net/base/random.h"

namespace holdfast {
namespace {

constexpr uint64_t kCluster = 7;
// Events decide when time is over, not this.
constexpr ProposerOptions kOptions = {
    .phase_timeout = Nanos{1}, .back_off = Nanos{1}, .operation_timeout = Seconds(1'000'000)};

class Hasher {
 public:
  explicit Hasher(const std::vector<Ballot>& ballots) : ballots_(ballots) {}

  void Add(uint64_t number) { hash_ = MixBits(hash_ * 31 + number + 1); }
  void Add(const Ballot& ballot) {
    Add(std::lower_bound(ballots_.begin(), ballots_.end(), ballot) - ballots_.begin());
  }
  // The name tells a value from all others.
  void Add(const ClusterConfiguration& value) {
    Add(value.version);
    for (char letter : value.name) Add(static_cast<uint64_t>(letter));
  }
  void Add(const std::optional<VoterState>& state) {
    Add(state.has_value());
    if (!state.has_value()) return;
    Add(state->promised);
    Add(state->accepted);
    Add(state->value);
  }
  uint64_t hash() const { return hash_; }

 private:
  const std::vector<Ballot>& ballots_;  // sorted; stand for all that is compared with them
  uint64_t hash_ = 0;
};

bool Holds(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

RegisterWorld::RegisterWorld(const RegisterScope& scope) : scope_(&scope) {
  newest_ = {.version = 1, .cluster_id = kCluster, .name = "", .voters = scope.voters};
  for (int node = 1; node <= scope.nodes; ++node) {
    Voter voter = {.acceptor = Acceptor({static_cast<uint64_t>(node)}, std::nullopt)};
    const bool votes = VoterRules(newest_).Includes({static_cast<uint64_t>(node)});
    if (votes) CHECK(voter.acceptor.Bootstrap(newest_).ok());
    voter.durable = voter.acceptor.state();
    voters_.push_back(std::move(voter));
  }
  CHECK(scope.retries.size() == scope.scripts.size());
  for (size_t i = 0; i < scope.scripts.size(); ++i) {
    const Identity identity = {.node = {i + 1}, .incarnation = {1}};
    clients_.push_back(
        {.proposer = Proposer(identity, kOptions), .identity = identity, .known = newest_});
  }
  reported_[1] = newest_.name;
}

std::vector<RegisterEvent> RegisterWorld::Enabled() const {
  using Kind = RegisterEvent::Kind;
  std::vector<RegisterEvent> events;
  for (size_t i = 0; i < requests_.size(); ++i) {
    if (scope_->reduced && IsRefused(requests_[i])) continue;
    events.push_back({Kind::kDeliver, i});
    const bool accepts = std::holds_alternative<AcceptRequest>(requests_[i].message);
    if (accepts || !scope_->reduced) events.push_back({Kind::kDeliverUnheard, i});
    if (scope_->duplicate) events.push_back({Kind::kDeliverAgain, i});
  }
  for (size_t i = 0; i < clients_.size(); ++i) {
    const Client& client = clients_[i];
    const bool more = client.next_step < scope_->scripts[i].size();
    const bool busy = client.proposer.busy();
    if (!busy && more) events.push_back({Kind::kStart, i});
    if (busy && client.retries < scope_->retries[i]) events.push_back({Kind::kRetry, i});
    if (busy && more) events.push_back({Kind::kGiveUp, i});
    if (proposer_crashes_ < scope_->proposer_crashes) events.push_back({Kind::kForget, i});
    if (scope_->gossip && client.known.version < newest_.version) {
      events.push_back({Kind::kLearn, i});
    }
  }
  for (size_t i = 0; i < voters_.size(); ++i) {
    const Voter& voter = voters_[i];
    if (crashes_ < scope_->crashes && voter.acceptor.state() != voter.durable) {
      events.push_back({Kind::kCrash, i});
    }
    if (wipes_ < scope_->wipes && voter.durable.has_value()) events.push_back({Kind::kWipe, i});
  }
  return events;
}

void RegisterWorld::Apply(const RegisterEvent& event) {
  using Kind = RegisterEvent::Kind;
  switch (event.kind) {
    case Kind::kStart:
      Start(clients_[event.index]);
      break;
    case Kind::kDeliver:
    case Kind::kDeliverUnheard:
    case Kind::kDeliverAgain:
      Deliver(event);
      break;
    case Kind::kRetry: {
      Client& client = clients_[event.index];
      ++client.retries;
      if (scope_->reduced) Raise(client);
      // A time-out leads into a back-off, and the end of that into the next round.
      const Ballot before = client.proposer.ballot();
      while (client.proposer.busy() && client.proposer.ballot() == before) {
        client.now = std::max(client.now, client.proposer.wake_at());
        Carry(client, client.proposer.Tick(MomentOf(client)));
      }
      break;
    }
    case Kind::kGiveUp: {
      Client& client = clients_[event.index];
      client.now += kOptions.operation_timeout;
      while (client.proposer.busy()) Carry(client, client.proposer.Tick(MomentOf(client)));
      break;
    }
    case Kind::kForget: {
      Client& client = clients_[event.index];
      ++proposer_crashes_;
      ++client.identity.incarnation.value;
      client.proposer = Proposer(client.identity, kOptions);
      break;
    }
    case Kind::kLearn:
      clients_[event.index].known = newest_;
      break;
    case Kind::kCrash: {
      Voter& voter = voters_[event.index];
      ++crashes_;
      voter.acceptor = Acceptor({event.index + 1}, voter.durable);
      break;
    }
    case Kind::kWipe: {
      ++wipes_;
      voters_[event.index] = {.acceptor = Acceptor({event.index + 1}, std::nullopt), .wiped = true};
      break;
    }
  }
  DropStaleRequests();
}

void RegisterWorld::Start(Client& client) {
  using Kind = RegisterStep::Kind;
  const size_t index = static_cast<size_t>(&client - clients_.data());
  const RegisterStep& step = scope_->scripts[index][client.next_step++];
  client.retries = 0;
  if (scope_->reduced) Raise(client);
  client.floor = newest_.version;
  const ClusterConfiguration& known = client.known;
  std::optional<ClusterConfiguration> value;
  uint64_t expected = known.version;
  const bool guesses = scope_->guess && client.proposer.open();
  const ClusterConfiguration& joint = guesses ? client.proposed : known;
  if (step.kind == Kind::kChange) {
    value = known;
    ++value->version;
  } else if (step.kind == Kind::kBegin && known.next_voters.empty()) {
    value = BeginVoterChange(known, step.voters);
  } else if (step.kind == Kind::kFinish && !joint.next_voters.empty()) {
    expected = joint.version;
    value = FinishVoterChange(joint);
  }
  if (!value.has_value()) {
    Carry(client, client.proposer.Read(known, MomentOf(client)));
    return;
  }
  value->name.push_back(static_cast<char>('a' + index));
  value->name.push_back(static_cast<char>('0' + client.next_step));
  client.proposed = *value;
  Carry(client, client.proposer.CompareAndSet(known, expected, *value, MomentOf(client)));
}

void RegisterWorld::Deliver(const RegisterEvent& event) {
  const Request request = requests_[event.index];
  if (event.kind != RegisterEvent::Kind::kDeliverAgain) {
    requests_.erase(requests_.begin() + static_cast<ptrdiff_t>(event.index));
  }
  Voter& voter = this->voter(request.to);
  const auto* prepare = std::get_if<PrepareRequest>(&request.message);
  if (voter.wiped && prepare != nullptr && prepare->enrol) return;
  absl::StatusOr<Acceptor::Answer> answer =
      prepare != nullptr ? voter.acceptor.Step(*prepare)
                         : voter.acceptor.Step(std::get<AcceptRequest>(request.message));
  if (!answer.ok()) {
    if (absl::IsInvalidArgument(answer.status()))
      violation_ = std::string(answer.status().message());
    return;
  }
  if (answer->persist) voter.durable = voter.acceptor.state();
  Client& client = clients_[request.client];
  if (event.kind == RegisterEvent::Kind::kDeliverUnheard) return;
  if (BallotOf(request).proposer != client.identity) return;
  if (scope_->reduced) Raise(client);
  if (prepare != nullptr) {
    Carry(client, client.proposer.Step(request.to, std::get<PrepareReply>(answer->reply),
                                       MomentOf(client)));
  } else {
    Carry(client,
          client.proposer.Step(request.to, std::get<AcceptReply>(answer->reply), MomentOf(client)));
  }
}

void RegisterWorld::Carry(Client& client, Proposer::Output output) {
  const size_t index = static_cast<size_t>(&client - clients_.data());
  for (Proposer::Envelope& envelope : output.messages) {
    Request request = {.client = index, .to = envelope.to, .message = std::move(envelope.message)};
    requests_.insert(std::upper_bound(requests_.begin(), requests_.end(), request, Before),
                     std::move(request));
  }
  if (output.result.has_value()) Report(client, *output.result);
}

void RegisterWorld::Report(Client& client, const RegisterResult& result) {
  const ClusterConfiguration& value = result.current;
  if (value.version == 0) return;
  ++reports_;
  if (value.version < client.floor) {
    violation_ =
        absl::StrFormat("node %d reports version %d (%s) after version %d was reported",
                        client.identity.node.value, value.version, value.name, client.floor);
  }
  reported_.emplace(value.version, value.name);
  for (const auto& [version, name] : reported_) {
    const bool fits = version <= value.version ? absl::StartsWith(value.name, name)
                                               : absl::StartsWith(name, value.name);
    const bool same = (version == value.version) == (name == value.name);
    if (fits && same) continue;
    violation_ = absl::StrFormat(
        "node %d reports version %d (%s), no part of one chain with "
        "version %d (%s)",
        client.identity.node.value, value.version, value.name, version, name);
  }
  if (value.version > newest_.version) newest_ = value;
  if (value.version > client.known.version) client.known = value;
}

const Ballot& RegisterWorld::BallotOf(const Request& request) {
  const auto* prepare = std::get_if<PrepareRequest>(&request.message);
  return prepare != nullptr ? prepare->ballot : std::get<AcceptRequest>(request.message).ballot;
}

bool RegisterWorld::Before(const Request& left, const Request& right) {
  const auto key = [](const Request& request) {
    return std::make_tuple(request.client, BallotOf(request), request.message.index(), request.to);
  };
  return key(left) < key(right);
}

// Nobody waits for the answer, and it would change nothing that can matter.
bool RegisterWorld::IsStale(const Request& request) const {
  const Proposer& proposer = clients_[request.client].proposer;
  const bool prepares = std::holds_alternative<PrepareRequest>(request.message);
  const bool waits =
      proposer.busy() && proposer.ballot() == BallotOf(request) && proposer.accepting() != prepares;
  if (waits) return false;
  const std::optional<VoterState>& durable = voter(request.to).durable;
  if (durable.has_value() && BallotOf(request) < durable->promised) return true;
  return scope_->reduced && prepares;
}

bool RegisterWorld::IsRefused(const Request& request) const {
  const std::optional<VoterState>& state = voter(request.to).acceptor.state();
  return state.has_value() && BallotOf(request) < state->promised;
}

void RegisterWorld::DropStaleRequests() {
  std::erase_if(requests_, [this](const Request& request) { return IsStale(request); });
}

std::vector<Ballot> RegisterWorld::Ballots() const {
  std::vector<Ballot> ballots = {Ballot{}};
  for (const Voter& voter : voters_) {
    for (const std::optional<VoterState>* state : {&voter.acceptor.state(), &voter.durable}) {
      if (!state->has_value()) continue;
      ballots.push_back((*state)->promised);
      ballots.push_back((*state)->accepted);
    }
  }
  for (const Client& client : clients_) {
    if (!client.proposer.busy()) continue;
    ballots.push_back(client.proposer.ballot());
    ballots.push_back(client.proposer.newest());
  }
  for (const Request& request : requests_) ballots.push_back(BallotOf(request));
  std::sort(ballots.begin(), ballots.end());
  ballots.erase(std::unique(ballots.begin(), ballots.end()), ballots.end());
  return ballots;
}

void RegisterWorld::Raise(Client& client) {
  const PrepareReply refusal = {.promised = {.round = Ballots().back().round}};
  Carry(client, client.proposer.Step({}, refusal, MomentOf(client)));
}

uint64_t RegisterWorld::Hash() const {
  const std::vector<Ballot> ballots = Ballots();
  Hasher hasher(ballots);
  for (const Client& client : clients_) {
    const auto& [phase, operation, round, newest_round, open] = client.proposer.Fields();
    hasher.Add(static_cast<uint64_t>(phase));
    hasher.Add(client.next_step);
    hasher.Add(client.known);
    hasher.Add(client.proposed);
    hasher.Add(client.identity.incarnation.value);
    if (!client.proposer.busy()) continue;
    const auto& [known, expected, proposal, sent, joint_chosen, newest, found] = operation.Fields();
    hasher.Add(known);
    hasher.Add(proposal.has_value() ? *proposal : ClusterConfiguration{});
    hasher.Add((sent ? 1 : 0) + 2 * joint_chosen);
    hasher.Add(newest);
    hasher.Add(found);
    hasher.Add(client.proposer.ballot());
    hasher.Add(std::get<4>(round.Fields()));
    hasher.Add(static_cast<uint64_t>(client.retries));
    hasher.Add(client.floor);
  }
  hasher.Add(static_cast<uint64_t>(crashes_ * 64 + wipes_ * 8 + proposer_crashes_));
  hasher.Add(newest_);
  hasher.Add(violation_.size());
  // A sum forgets the order of its terms.
  uint64_t sum = 0;
  for (size_t i = 0; i < voters_.size(); ++i) {
    const NodeId node = {i + 1};
    Hasher local(ballots);
    local.Add(voters_[i].acceptor.state());
    local.Add(voters_[i].durable);
    local.Add(static_cast<uint64_t>(voters_[i].wiped));
    local.Add(static_cast<uint64_t>(Holds(scope_->voters, node)));
    for (const Client& client : clients_) {
      if (!client.proposer.busy()) continue;
      const auto& [ballot, asked, granted, refused, candidate] =
          std::get<2>(client.proposer.Fields()).Fields();
      local.Add((Holds(granted, node) ? 1 : 0) + (Holds(asked, node) ? 2 : 0));
    }
    for (const Request& request : requests_) {
      if (request.to != node) continue;
      local.Add(request.client * 8 + request.message.index());
      local.Add(BallotOf(request));
    }
    sum += local.hash();
  }
  hasher.Add(sum);
  return hasher.hash();
}

void RegisterWorld::DeliverTo(NodeId voter) {
  for (size_t i = 0; i < requests_.size(); ++i) {
    if (requests_[i].to == voter) return Apply({RegisterEvent::Kind::kDeliver, i});
  }
  CHECK(false);
}

bool RegisterWorld::Settle() {
  using Kind = RegisterEvent::Kind;
  for (;;) {
    while (!requests_.empty()) Apply({Kind::kDeliver, 0});
    size_t next = 0;
    while (next < clients_.size() && !clients_[next].proposer.busy() &&
           clients_[next].next_step == scope_->scripts[next].size()) {
      ++next;
    }
    if (next == clients_.size()) return true;
    const bool busy = clients_[next].proposer.busy();
    if (busy && clients_[next].retries > 100) return false;
    Apply({busy ? Kind::kRetry : Kind::kStart, next});
  }
}

std::string RegisterWorld::Describe(const RegisterEvent& event) const {
  using Kind = RegisterEvent::Kind;
  const auto request = [&] {
    const Request& shown = requests_[event.index];
    const auto* accept = std::get_if<AcceptRequest>(&shown.message);
    const Ballot& ballot = BallotOf(shown);
    return absl::StrFormat(
        "%s round %d of node %d at voter %d",
        accept == nullptr ? std::string("prepare") : "accept \"" + accept->value.name + "\" in",
        ballot.round, ballot.proposer.node.value, shown.to.value);
  };
  switch (event.kind) {
    case Kind::kStart:
      return absl::StrFormat("node %d begins its next operation", event.index + 1);
    case Kind::kDeliver:
      return request();
    case Kind::kDeliverUnheard:
      return request() + ", answer lost";
    case Kind::kDeliverAgain:
      return request() + ", and it will come again";
    case Kind::kRetry:
      return absl::StrFormat("node %d tries again", event.index + 1);
    case Kind::kGiveUp:
      return absl::StrFormat("node %d gives up", event.index + 1);
    case Kind::kForget:
      return absl::StrFormat("node %d's proposer is restarted", event.index + 1);
    case Kind::kLearn:
      return absl::StrFormat("node %d hears of the newest value", event.index + 1);
    case Kind::kCrash:
      return absl::StrFormat("voter %d crashes and recovers", event.index + 1);
    case Kind::kWipe:
      return absl::StrFormat("voter %d loses its disk", event.index + 1);
  }
  return "";
}

}  // namespace holdfast
