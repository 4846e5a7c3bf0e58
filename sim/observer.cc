#include "sim/observer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

// From a failed sync until the node has stopped: it may be paused, and its device stall.
constexpr Nanos kHaltMax = Seconds(10);

std::string RoleText(const NodeView& view) {
  const std::string epoch = absl::StrCat(" epoch ", view.epoch.value);
  switch (view.role) {
    case NodeView::Role::kNone:
      return "starts";
    case NodeView::Role::kWitness:
      return "votes";
    case NodeView::Role::kWaiting:
      return "waits";
    case NodeView::Role::kLearner:
      return absl::StrCat("learns in", epoch);
    case NodeView::Role::kReplica:
      return absl::StrCat("follows in", epoch);
    case NodeView::Role::kPrimary:
      return absl::StrCat("leads", epoch, ", ", view.in_sync.size(), " in sync");
    case NodeView::Role::kLost:
      return "says LOST";
  }
  return "";
}

}  // namespace

Observer::Observer(const Options& options)
    : options_(options),
      invariants_({.confirm_reads = options.knobs.confirm_reads != 0,
                   .disks_promise = options.knobs.log_on_disk != 0 && options.knobs.fsync == 1}),
      reigns_(invariants_.verdict(), options.knobs.min_in_sync),
      register_chain_(invariants_.verdict()),
      paused_until_(static_cast<size_t>(options.deployment->size())) {
  SetWitnessSink(this);
}

void Observer::StartClocks() {
  bounds_ = LogTimeBounds();
  bounds_.Start(options_.kernel->now(), Readings());
  clocks_started_ = true;
}

void Observer::SampleClocks() {
  if (clocks_started_) bounds_.Sample(options_.kernel->now(), Readings());
}

void Observer::Paused(int node, Nanos until) {
  Nanos& end = paused_until_[static_cast<size_t>(node)];
  end = std::max(end, until);
  Tell(node,
       absl::StrCat("pauses for ", (until - options_.kernel->now()).value / 1'000'000, " ms"));
}

std::vector<LogTimeBounds::Reading> Observer::Readings() const {
  std::vector<LogTimeBounds::Reading> readings;
  for (int i = 0; i < options_.deployment->size(); ++i) {
    SimClock& clock = options_.deployment->clock(i);
    readings.push_back({.monotonic = clock.PeekMonotonic(),
                        .wall = clock.PeekWall(),
                        .paused = options_.kernel->now() < paused_until_[static_cast<size_t>(i)]});
  }
  return readings;
}

std::vector<NodeSample> Observer::Nodes() const {
  std::vector<NodeSample> nodes;
  for (int i = 0; i < options_.deployment->size(); ++i) {
    const ClusterProbe* probe = options_.deployment->probe(i);
    if (probe == nullptr) continue;
    nodes.push_back({.node = i,
                     .probe = probe,
                     .view = probe->View(),
                     .monotonic = options_.deployment->clock(i).PeekMonotonic()});
  }
  return nodes;
}

void Observer::Sample() {
  if (!options_.deployment->clustered()) return;
  const std::vector<NodeSample> nodes = Nodes();
  invariants_.Sample(nodes);
  reigns_.Sample(nodes);
  CheckFailed();
  if (options_.story != nullptr) TellRoles(nodes);
}

void Observer::SampleDigests() {
  if (options_.deployment->clustered()) invariants_.SampleDigests(Nodes());
}

void Observer::SampleAtRest(uint64_t core) {
  std::vector<NodeSample> nodes = Nodes();
  std::erase_if(nodes, [core](const NodeSample& node) { return (core >> node.node & 1) == 0; });
  invariants_.SampleAtRest(nodes);
}

void Observer::OnReply(const ReplyWitness& reply) {
  // Of one request: those before it in the same event have had their replies.
  const bool records_are_its = records_event_ == options_.kernel->trace().event_count();
  invariants_.OnExecuted(reply, records_are_its ? std::exchange(records_, 0) : 0);
  reigns_.OnReply(reply);
  evidence_.replies.push_back(reply);
  // A read that was passed on and not answered is sent again, to whoever leads then.
  Shown& shown = shown_[{reply.connection, reply.ordinal}];
  if (reply.epoch >= shown.epoch) {
    const bool is_read = reply.executed_at == Lsn{} && reply.epoch != Epoch{} && !reply.on_replica;
    shown = {reply.epoch, std::max(reply.executed_at, reply.depends_on),
             is_read && reply.epoch < committed_epoch_};
  }
  // Nobody else may be able to serve while somebody does.
  if (reply.epoch != Epoch{} && !reply.on_replica) Sample();
}

void Observer::OnAnswer(const Operation& operation) {
  const auto found = shown_.find({operation.server_connection, operation.ordinal});
  if (found == shown_.end()) return;
  const Shown shown = found->second;
  shown_.erase(found);
  if (operation.outcome != Operation::Outcome::kReplied) return;
  invariants_.OnAnswer(operation, shown.lsn);
  if (!shown.deposed || operation.reply.is_error()) return;
  invariants_.verdict().Add(
      1, absl::StrCat("who led epoch ", shown.epoch.value, " and had been deposed has answered ",
                      operation.ToString()));
}

void Observer::OnRecord(const RecordWitness& record) {
  const uint64_t event = options_.kernel->trace().event_count();
  if (std::exchange(records_event_, event) != event) records_ = 0;
  ++records_;
  reigns_.OnRecord(record);
  evidence_.records.push_back(record);
  if (record.epoch <= newest_epoch_) return;
  newest_epoch_ = record.epoch;
  SampleClocks();
  bounds_.Succeed(options_.kernel->now(), record.log_time);
  Tell(Speaker(), absl::StrCat("begins epoch ", record.epoch.value, " at ", record.lsn.value));
}

void Observer::OnCommit(const CommitWitness& commit) {
  committed_epoch_ = std::max(committed_epoch_, commit.epoch);
  // Where all memory may be lost at once only what is on disks is promised.
  const bool promised_by_disks = options_.knobs.log_on_disk != 0 && options_.knobs.fsync == 1;
  if (commit.durable || !promised_by_disks) evidence_.commits.push_back(commit);
  if (commit.durable) invariants_.NoteDurable(commit.lsn);
  if (commit.durable && promised_by_disks && options_.deployment->clustered()) return;
  const std::vector<NodeSample> nodes = Nodes();
  invariants_.OnCommit(commit, nodes);
  reigns_.OnCommit(commit, nodes);
}

void Observer::OnVulnerable(Vulnerable moment) {
  const int node = Speaker();
  Tell(node, absl::StrCat("(", NameOf(moment), ")"));
  if (moment == Vulnerable::kReconfiguration) {
    const std::vector<NodeSample> nodes = Nodes();
    for (const NodeSample& sample : nodes) {
      if (sample.node == node) reigns_.OnProposing(sample, nodes);
    }
  }
  if (nemesis_ != nullptr && node >= 0) nemesis_->OnVulnerable(node, moment);
}

void Observer::OnSnapshot(const SnapshotWitness& snapshot) {
  const int node = Speaker();
  const ClusterProbe* probe = node < 0 ? nullptr : options_.deployment->probe(node);
  if (probe == nullptr) return;
  evidence_.snapshots.push_back(
      {.node = node, .epoch = snapshot.epoch, .cut = snapshot.cut, .entries = probe->Contents()});
}

void Observer::OnVote(const VoteWitness& vote) {
  voters_[Speaker()] = vote.voter;
  register_chain_.OnVote(vote);
}

void Observer::VoteLost(int node) {
  if (voters_.contains(node)) register_chain_.Lost(voters_[node]);
}

// Who has heard of a configuration without having it whole asks for it before it proposes again.
void Observer::OnProposal(const ProposalWitness& proposal) {
  const Actor speaker = options_.kernel->running();
  if (proposal.known >= proposal.expected) {
    outdated_.erase(speaker);
  } else if (!outdated_.insert(speaker).second) {
    invariants_.verdict().Add(
        absl::StrCat("it asks for nothing: node ", Speaker(), " knows version ", proposal.known,
                     " and proposes to change version ", proposal.expected, " again"));
  }
}

// A wait is drawn from 20 ms or more: three such short ones in a row are one chance in ten million.
void Observer::OnBackOff(Nanos pause) {
  short_pauses_ = pause <= Microseconds(100) ? short_pauses_ + 1 : 0;
  if (short_pauses_ >= 3) {
    invariants_.verdict().Add(
        "candidates do not wait: three refused rounds were begun again at once");
  }
}

void Observer::SyncFailed(int node) {
  Tell(node, "a sync fails");
  failed_.emplace(options_.deployment->actor(node), options_.kernel->now());
}

void Observer::OnHalt(absl::string_view reason) {
  Tell(Speaker(), absl::StrCat("halts: ", reason));
  if (!failed_.contains(options_.kernel->running())) {
    invariants_.verdict().Add(absl::StrCat("a node halts: node ", Speaker(), ": ", reason));
  }
  if (nemesis_ != nullptr) nemesis_->OnHalt(Speaker());
}

void Observer::CheckFailed() {
  for (const auto& [life, since] : failed_) {
    const int node = options_.deployment->IndexOf(life);
    if (node < 0 || !options_.deployment->running(node)) continue;
    if (options_.kernel->now() - since < kHaltMax) continue;
    invariants_.verdict().Add(
        absl::StrCat("it runs on: node ", node, " has had a failed fsync and does not stop"));
  }
}

void Observer::Tell(int node, std::string what) {
  const Actor actor = node < 0 ? Actor{} : options_.deployment->actor(node);
  options_.kernel->Note(actor, what);
  if (options_.story != nullptr) {
    options_.story->Add(options_.kernel->now(), node, std::move(what));
  }
}

void Observer::TellRoles(const std::vector<NodeSample>& nodes) {
  for (const NodeSample& node : nodes) {
    std::string text = RoleText(node.view);
    std::string& before = roles_[node.node];
    if (before == text) continue;
    before = text;
    options_.story->Add(options_.kernel->now(), node.node, std::move(text));
  }
}

}  // namespace holdfast
