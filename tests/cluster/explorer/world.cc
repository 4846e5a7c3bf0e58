#include "tests/cluster/explorer/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/cluster/explorer/fingerprint.h"

namespace holdfast::explorer {
namespace {

constexpr int kWarmUpTicks = 4;

GroupOptions SmallOptions() {
  GroupOptions options;
  options.timing = {.heartbeat = {1},
                    .suspect = {2},
                    .lease = {3},
                    .grace = {4},
                    .stagger = {1},
                    .back_off = {0}};
  return options;
}

}  // namespace

World::World(const Bounds& bounds) : bounds_(bounds) {
  chosen_ = {.version = 1, .group = {.epoch = {1}}, .data_nodes = {{1}, {2}, {3}}};
  for (int node = 0; node < kNodes; ++node) {
    const Identity identity{{static_cast<uint64_t>(node + 1)}, {next_incarnation_ + node}};
    if (node == 0) chosen_.group.primary = identity;
    if (node < bounds.members) Insert(chosen_.group.in_sync, identity);
  }
  for (int node = 0; node < kNodes; ++node) Start(node);
  end_ = now_ + kWarmUpTicks + bounds.ticks;
  const int64_t ready = now_ + kWarmUpTicks;
  while (now_ < ready && GoOn()) {
  }
}

int World::IndexOf(Identity identity) const {
  for (int node = 0; node < kNodes; ++node) {
    if (IsUp(node) && nodes_[node].identity == identity) return node;
  }
  return -1;
}

void World::Say(const std::string& what) {
  if (narrating_) absl::StrAppend(&happened_, happened_.empty() ? "" : "; ", what);
}

void World::Accuse(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

// ---- choices ----

std::vector<Choice> World::Choices() const {
  using Kind = Choice::Kind;
  std::vector<Choice> choices;
  auto add = [&](Kind kind, int a, int b, int ticks) {
    choices.push_back(
        {kind, static_cast<uint8_t>(a), static_cast<uint8_t>(b), static_cast<uint8_t>(ticks)});
  };
  if (fresh_tick_ && bounds_.outages > 0) {
    for (int order : {0, 1}) add(Kind::kOutage, order, 0, 9);
  }
  for (int node = 0; node < kNodes; ++node) {
    if (nodes_[node].proposal && Runs(node) && bounds_.lost_outcomes > 0) {
      add(Kind::kLoseOutcome, node, 0, 0);
      add(Kind::kLinger, node, 0, 3);
    }
    if (IsUp(node) && bounds_.crashes > 0) {
      for (int ticks : {1, 8}) add(Kind::kCrash, node, 0, ticks);
    }
    if (!fresh_tick_) {
      for (int to = 0; to < kNodes; ++to) {
        const Channel& channel = channels_[node][to];
        if (bounds_.delays == 0 || channel.packets.empty() || channel.delayed_until > now_)
          continue;
        for (int ticks : {1, 7}) add(Kind::kDelay, node, to, ticks);
      }
      continue;
    }
    if (bounds_.partitions > 0) {
      for (Kind kind : {Kind::kIsolate, Kind::kDeafen, Kind::kMute, Kind::kCutOff}) {
        for (int ticks : {2, 8}) add(kind, node, 0, ticks);
      }
    }
    if (Runs(node) && bounds_.pauses > 0) add(Kind::kPause, node, 0, 7);
    const bool leads = Runs(node) && nodes_[node].group->IsPrimary();
    if (leads && bounds_.switchovers > 0) add(Kind::kSwitchOver, node, 0, 0);
  }
  return choices;
}

bool World::Take(Choice choice) {
  using Kind = Choice::Kind;
  happened_.clear();
  const int node = choice.a;
  switch (choice.kind) {
    case Kind::kGoOn:
      return GoOn();
    case Kind::kCrash:
      --bounds_.crashes;
      Say(absl::StrCat("crash of ", node + 1, " for ", choice.ticks));
      Crash(node);
      nodes_[node].back_at = now_ + choice.ticks;
      break;
    case Kind::kIsolate:
    case Kind::kDeafen:
    case Kind::kMute:
    case Kind::kCutOff:
      --bounds_.partitions;
      Say(absl::StrCat(choice.kind == Kind::kIsolate  ? "isolate "
                       : choice.kind == Kind::kDeafen ? "deafen "
                       : choice.kind == Kind::kMute   ? "mute "
                                                      : "cut off ",
                       node + 1, " for ", choice.ticks));
      if (choice.kind == Kind::kIsolate) register_cut_until_[node] = now_ + choice.ticks;
      for (int other = 0; other < kNodes; ++other) {
        if (other == node) continue;
        if (choice.kind != Kind::kMute) Cut(other, node, choice.ticks);
        if (choice.kind != Kind::kDeafen) Cut(node, other, choice.ticks);
      }
      break;
    case Kind::kPause:
      --bounds_.pauses;
      Say(absl::StrCat("pause of ", node + 1, " for ", choice.ticks));
      nodes_[node].paused_until = now_ + choice.ticks;
      break;
    case Kind::kDelay:
      --bounds_.delays;
      Say(absl::StrCat("delay from ", node + 1, " to ", choice.b + 1, " for ", choice.ticks));
      channels_[node][choice.b].delayed_until = now_ + choice.ticks;
      break;
    case Kind::kOutage:
      --bounds_.outages;
      Say(absl::StrCat("the register is out for ", choice.ticks,
                       choice.a == 1 ? ", reversed" : ""));
      outage_until_ = now_ + choice.ticks;
      outage_reverses_ = choice.a == 1;
      break;
    case Kind::kLoseOutcome:
    case Kind::kLinger: {
      --bounds_.lost_outcomes;
      const Propose proposal = *std::exchange(nodes_[node].proposal, std::nullopt);
      if (choice.kind == Kind::kLoseOutcome) {
        Say(absl::StrCat("outcome lost by ", node + 1));
        CompareAndSet(proposal);
      } else {
        Say(absl::StrCat("proposal of ", node + 1, " lingers"));
        lingering_.push_back({node, proposal, now_ + choice.ticks});
      }
      Step(node, ProposalEnded{});
      break;
    }
    case Kind::kSwitchOver:
      --bounds_.switchovers;
      Say(absl::StrCat("switchover from ", node + 1));
      Step(node, Switchover{.request = 1});
      break;
  }
  Judge();
  return true;
}

bool World::GoOn() {
  if (!violation_.empty()) return false;
  if (!ServeRegister() && !Deliver() && !Advance()) return false;
  Judge();
  return true;
}

// ---- the register ----

bool World::CompareAndSet(const Propose& proposal) {
  if (proposal.expected_version != chosen_.version) return false;
  ++chosen_.version;
  chosen_.group = proposal.group;
  Say(absl::StrCat("version ", chosen_.version, ": epoch ", chosen_.group.epoch.value, " led by ",
                   chosen_.group.primary.node.value, " with ", chosen_.group.in_sync.size()));
  return true;
}

bool World::ServeRegister() {
  for (int index = 0; index < kNodes; ++index) {
    Node& node = nodes_[index];
    if (!Runs(index)) continue;
    if (node.proposal) {
      const Propose proposal = *std::exchange(node.proposal, std::nullopt);
      Say(absl::StrCat(index + 1, " proposes"));
      ProposalEnded ended;
      if (outage_until_ > now_) lingering_.push_back({index, proposal, outage_until_});
      if (ReachesRegister(index)) {
        const bool chosen = CompareAndSet(proposal);
        ended = {chosen ? ProposalEnded::Outcome::kChosen : ProposalEnded::Outcome::kConflict,
                 chosen_};
      }
      Step(index, ended);
      return true;
    }
    if (node.reading_register) {
      node.reading_register = false;
      Say(absl::StrCat(index + 1, " reads the register"));
      RegisterRead read;
      if (ReachesRegister(index)) {
        // A full round: whatever this node left behind is overtaken.
        std::erase_if(lingering_, [&](const Lingering& left) { return left.node == index; });
        read.view = chosen_;
      }
      Step(index, read);
      return true;
    }
  }
  return false;
}

// ---- the network ----

void World::Send(int from, int to, Packet packet) {
  Channel& channel = channels_[from][to];
  if (to < 0 || channel.cut_until > now_) return;
  channel.packets.push_back(std::move(packet));
}

void World::Cut(int from, int to, int64_t ticks) {
  channels_[from][to].packets.clear();
  channels_[from][to].cut_until = now_ + ticks;
}

void World::Reconnect(int left, int right) {
  if (!IsUp(left) || !IsUp(right)) return;
  Step(left, Connected{nodes_[right].identity});
  Step(right, Connected{nodes_[left].identity});
}

bool World::Deliver() {
  for (int from = 0; from < kNodes; ++from) {
    for (int to = 0; to < kNodes; ++to) {
      Channel& channel = channels_[from][to];
      if (channel.packets.empty() || channel.delayed_until > now_ || !Runs(to)) continue;
      fresh_tick_ = false;
      const Packet packet = std::move(channel.packets.front());
      channel.packets.erase(channel.packets.begin());
      Node& node = nodes_[to];
      if (const auto* message = std::get_if<Message>(&packet)) {
        static constexpr const char* kNames[] = {"Heartbeat", "HeartbeatAck", "Join",     "Joined",
                                                 "FullSync",  "Ack",          "Release",  "Probe",
                                                 "ProbeAck",  "Leave",        "Announce", "Report"};
        Say(absl::StrCat(from + 1, " -> ", to + 1, " ", kNames[message->body.index()]));
        Step(to, MessageArrived{nodes_[from].identity, *message});
      } else if (const auto* records = std::get_if<RecordsPacket>(&packet)) {
        Say(absl::StrCat(from + 1, " -> ", to + 1, " Records up to ",
                         records->header.last.lsn.value));
        incoming_ = &records->records;
        Step(to, RecordsArrived{nodes_[from].identity, records->header});
        incoming_ = nullptr;
      } else if (const auto* snapshot = std::get_if<SnapshotPacket>(&packet)) {
        Say(absl::StrCat(from + 1, " -> ", to + 1, " Snapshot"));
        if (node.sync_session != snapshot->session) return true;
        node.sync_session = 0;
        node.log = snapshot->log;
        Execute(to, node.log.Tail().lsn);
        Step(to, SyncInstalled{snapshot->session, node.log.Tail()});
      }
      return true;
    }
  }
  return false;
}

// ---- time ----

bool World::Advance() {
  if (now_ == end_) return false;
  ++now_;
  fresh_tick_ = true;
  Say(absl::StrCat("---- tick ", now_));
  if (outage_reverses_ && outage_until_ == now_) {
    std::reverse(lingering_.begin(), lingering_.end());
  }
  for (const Lingering& left : lingering_) {
    if (left.at == now_) CompareAndSet(left.proposal);
  }
  std::erase_if(lingering_, [&](const Lingering& left) { return left.at <= now_; });
  for (int from = 0; from < kNodes; ++from) {
    for (int to = 0; to < kNodes; ++to) {
      const bool healed = channels_[from][to].cut_until == now_;
      if (healed && channels_[to][from].cut_until <= now_) Reconnect(from, to);
    }
  }
  for (int node = 0; node < kNodes; ++node) {
    if (!IsUp(node) && nodes_[node].back_at <= now_) Start(node);
    if (!Runs(node)) continue;
    Step(node, Tick{});
    WriteAndConfirm(node);
  }
  return true;
}

void World::Start(int index) {
  Node& node = nodes_[index];
  node.identity = {{static_cast<uint64_t>(index + 1)}, {next_incarnation_++}};
  node.group.emplace(SmallOptions(), GroupStart{.self = node.identity}, Now());
  Say(absl::StrCat(index + 1, " starts"));
  Step(index, ViewLearned{chosen_});
  for (int other = 0; other < kNodes; ++other) {
    if (other != index) Reconnect(index, other);
  }
}

void World::Crash(int index) {
  nodes_[index] = Node{.identity = nodes_[index].identity};
  for (int other = 0; other < kNodes; ++other) channels_[other][index].packets.clear();
}

void World::WriteAndConfirm(int index) {
  Node& node = nodes_[index];
  if (!node.group->IsPrimary() || node.draining) return;
  if (node.group->ServeUntil() > Now() && node.confirm_asked % 2 == 0) {
    // An odd token is under way.
    ++node.confirm_asked;
    node.confirm_floor = acknowledged_;
    Step(index, ConfirmRead{node.confirm_asked});
  }
  const bool may = node.group->MayWrite() && node.group->ServeUntil() > Now();
  // Every other tick, so that the writes are spread over the run.
  if (now_ % 2 == 0 || !may || last_value_ == bounds_.writes || node.pending.size() > 1) return;
  ++last_value_;
  Say(absl::StrCat(index + 1, " writes ", last_value_));
  node.log.Append({node.group->view().group.epoch, last_value_});
  node.pending.push_back({node.log.Tail().lsn, last_value_});
  Execute(index, node.log.Tail().lsn);
  Step(index, LogAppended{node.log.Tail()});
}

// ---- a node and its group ----

void World::Step(int index, const Input& input) {
  std::vector<Input> inputs = {input};
  for (size_t turn = 0; turn < inputs.size(); ++turn) {
    Outputs outputs;
    const Input next = inputs[turn];
    nodes_[index].group->Step(next, Now(), nodes_[index].log, outputs);
    for (const Output& output : outputs) Perform(index, output, inputs);
  }
  Pump(index);
}

void World::Perform(int index, const Output& output, std::vector<Input>& next) {
  Node& node = nodes_[index];
  if (const auto* send = std::get_if<holdfast::Send>(&output)) {
    const int to = IndexOf(send->to);
    if (to >= 0) Send(index, to, send->message);
  } else if (const auto* propose = std::get_if<Propose>(&output)) {
    node.proposal = *propose;
  } else if (std::holds_alternative<ReadRegister>(output)) {
    node.reading_register = true;
  } else if (const auto* become = std::get_if<BecomePrimary>(&output)) {
    Say(absl::StrCat(index + 1, " leads epoch ", become->epoch.value));
    if (std::exchange(node.log_open, true)) {
      Accuse(absl::StrCat("node ", index + 1, " leads anew before its last reign is wound up"));
    }
    node.streams = {};
    node.pending.clear();
    node.draining = false;
    node.confirm_asked += node.confirm_asked % 2;
    node.log.Append({become->epoch, 0});
    Execute(index, node.log.Tail().lsn);
    next.push_back(LogAppended{node.log.Tail()});
  } else if (std::holds_alternative<StepDown>(output)) {
    node.log_open = false;
    node.streams = {};
    node.pending.clear();
    node.draining = false;
    node.confirm_asked += node.confirm_asked % 2;
    next.insert(next.begin() + 1, LogAppended{node.log.Tail()});
  } else if (const auto* commit = std::get_if<CommitAdvanced>(&output)) {
    Release(index, *commit);
    if (!node.group->IsPrimary()) {
      Execute(index, commit->commit);
      next.push_back(Applied{commit->commit});
    }
  } else if (const auto* take = std::get_if<TakeRecords>(&output)) {
    for (size_t at = take->skip; at < incoming_->size(); ++at) node.log.Append((*incoming_)[at]);
  } else if (const auto* cut = std::get_if<CutBack>(&output)) {
    node.log.CutTo(cut->to.lsn);
  } else if (const auto* discard = std::get_if<DiscardState>(&output)) {
    node.log = {};
    node.executed.clear();
    node.sync_session = discard->session;
  } else if (const auto* snapshot = std::get_if<SendSnapshot>(&output)) {
    const int to = IndexOf(snapshot->peer);
    if (to < 0) return;
    SnapshotPacket packet{snapshot->session, node.log};
    packet.log.CutTo(node.group->commit());
    node.streams[to] = {snapshot->session, node.group->commit()};
    Send(index, to, std::move(packet));
  } else if (const auto* stream = std::get_if<StreamLog>(&output)) {
    const int to = IndexOf(stream->peer);
    if (to >= 0) node.streams[to] = {stream->session, stream->after.lsn};
  } else if (const auto* stop = std::get_if<StopStreaming>(&output)) {
    const int to = IndexOf(stop->peer);
    if (to >= 0) node.streams[to] = {};
  } else if (const auto* confirmed = std::get_if<ReadsConfirmed>(&output)) {
    const uint32_t seen = node.log.ValuesUpTo(Lsn{node.executed.size()});
    if (confirmed->token == node.confirm_asked && node.confirm_asked % 2 == 1) {
      ++node.confirm_asked;
      if ((node.confirm_floor & ~seen) != 0) Accuse("a confirmed read is stale");
    }
  } else if (std::holds_alternative<Drain>(output)) {
    node.draining = true;
    next.push_back(Drained{});
  } else if (std::holds_alternative<Resume>(output)) {
    node.draining = false;
  } else if (const auto* halt = std::get_if<Halt>(&output)) {
    Accuse(absl::StrCat("node ", index + 1, " halts: ", halt->reason));
  }
}

void World::Pump(int index) {
  Node& node = nodes_[index];
  for (int to = 0; to < kNodes; ++to) {
    StreamState& stream = node.streams[to];
    const Lsn tail = node.log.Tail().lsn;
    if (stream.session == 0 || stream.next >= tail || !IsUp(to)) continue;
    RecordsPacket packet;
    packet.header = {node.group->view().group.epoch, stream.session,
                     *node.log.PositionAt(stream.next), node.log.Tail(), node.group->commit()};
    const auto& records = node.log.records();
    packet.records.assign(records.begin() + static_cast<int64_t>(stream.next.value), records.end());
    stream.next = tail;
    Send(index, to, std::move(packet));
  }
}

void World::Execute(int index, Lsn up_to) {
  Node& node = nodes_[index];
  while (node.executed.size() < up_to.value && node.executed.size() < node.log.records().size()) {
    node.executed.push_back(node.log.records()[node.executed.size()].value);
  }
}

void World::Release(int index, const CommitAdvanced& commit) {
  Node& node = nodes_[index];
  std::erase_if(node.pending, [&](const PendingWrite& write) {
    if (write.lsn > commit.acknowledgeable) return false;
    acknowledged_ |= 1U << write.value;
    // Whoever crashed after its ack did hold it.
    int copies = 0;
    for (Identity member : chosen_.group.in_sync) {
      const int other = IndexOf(member);
      copies += other < 0 || nodes_[other].log.Tail().lsn >= write.lsn;
    }
    const bool reigns = node.group->view().group.epoch == chosen_.group.epoch;
    if (reigns && copies < 2) Accuse("a write is acknowledged with one copy");
    Say(absl::StrCat("write ", write.value, " acknowledged"));
    return true;
  });
}

// ---- judgement ----

void World::Judge() {
  int serving = 0;
  for (int index = 0; index < kNodes; ++index) {
    if (!IsUp(index)) continue;
    const Node& node = nodes_[index];
    for (size_t at = 0; at < node.executed.size(); ++at) {
      const auto& records = node.log.records();
      if (at >= records.size() || records[at].value != node.executed[at]) {
        Accuse(absl::StrCat("node ", index + 1, " has executed what its log does not hold"));
      }
    }
    if (node.group->ServeUntil() > Now() && !node.draining) {
      ++serving;
      const uint32_t seen = node.log.ValuesUpTo(Lsn{node.executed.size()});
      if ((acknowledged_ & ~seen) != 0) {
        Accuse(absl::StrCat("node ", index + 1, " serves without an acknowledged write"));
      }
      // Someone may have read what is committed.
      if (Runs(index)) acknowledged_ |= node.log.ValuesUpTo(node.group->commit());
    }
    for (Identity member : chosen_.group.in_sync) {
      const int other = IndexOf(member);
      if (other < 0) continue;
      const Lsn commit = node.group->commit();
      if (nodes_[other].log.PositionAt(commit) != node.log.PositionAt(commit)) {
        Accuse(absl::StrCat("member ", other + 1, " lacks what ", index + 1, " has committed"));
      }
    }
  }
  for (Identity member : chosen_.group.in_sync) {
    const int other = IndexOf(member);
    if (other < 0) continue;
    const uint32_t held = nodes_[other].log.ValuesUpTo(nodes_[other].log.Tail().lsn);
    if ((acknowledged_ & ~held) != 0) {
      Accuse(absl::StrCat("member ", other + 1, " lacks an acknowledged write"));
    }
  }
  if (serving > 1) Accuse("two nodes serve at once");
}

std::pair<uint64_t, uint64_t> World::Digest() const {
  Fingerprint fingerprint;
  fingerprint.Add(now_);
  fingerprint.Add(fresh_tick_);
  for (const Node& node : nodes_) {
    fingerprint.Add(node);
    fingerprint.Add(node.proposal.has_value());
  }
  fingerprint.Add(channels_);
  fingerprint.Add(register_cut_until_);
  fingerprint.Add(outage_until_);
  fingerprint.Add(outage_reverses_);
  fingerprint.Add(chosen_);
  fingerprint.Add(lingering_);
  fingerprint.Add(last_value_);
  fingerprint.Add(acknowledged_);
  for (int left : {bounds_.crashes, bounds_.partitions, bounds_.pauses, bounds_.delays,
                   bounds_.outages, bounds_.lost_outcomes, bounds_.switchovers}) {
    fingerprint.Add(left);
  }
  return fingerprint.Digest();
}

}  // namespace holdfast::explorer
