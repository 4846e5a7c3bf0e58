#include "sim/group_life.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

using Role = NodeView::Role;

constexpr Nanos kRecoveryMax = Seconds(120);
constexpr Nanos kLookEvery = Milliseconds(50);
constexpr Nanos kCreateMax = Seconds(20);
// A removed node is added again after so long.
constexpr Nanos kRemovedFor = Seconds(3);
// A switchover that is refused is asked for again, and so often.
constexpr Nanos kSwapPause = Milliseconds(20);
constexpr int kSwapAttempts = 10;

bool Contains(const std::vector<Identity>& identities, const Identity& wanted) {
  return std::find(identities.begin(), identities.end(), wanted) != identities.end();
}

// The view with the newest configuration, or null.
const NodeView* Newest(const std::vector<NodeSample>& nodes) {
  const NodeView* newest = nullptr;
  for (const NodeSample& node : nodes) {
    if (newest == nullptr || node.view.configuration_version > newest->configuration_version) {
      newest = &node.view;
    }
  }
  return newest;
}

}  // namespace

GroupLife::GroupLife(Kernel& kernel, SimNetwork& network, Deployment& deployment,
                     Observer& observer, const Knobs& knobs)
    : kernel_(kernel),
      deployment_(deployment),
      observer_(observer),
      knobs_(knobs),
      core_((uint64_t{1} << deployment.size()) - 1) {
  if (!deployment.clustered()) return;
  operator_machine_ =
      std::make_unique<SimMachine>(kernel, network, SimMachine::Options{.ip = "10.0.2.1"});
  operator_machine_->Boot(1,
                          [](Runtime& runtime) { return std::make_unique<SimOperator>(runtime); });
}

std::string GroupLife::Create() {
  if (deployment_.probe(0) == nullptr) return "this build's nodes know no clusters";
  kernel_.RunUntil(kernel_.now());
  std::string refusal;
  bool created = false;
  const Nanos give_up = kernel_.now() + kCreateMax;
  // The network loses a connection now and then, also here.
  while (!created && kernel_.now() < give_up) {
    administrator().Ask(deployment_.client_address(0), deployment_.CreateCommand(),
                        [&](std::optional<ReplyValue> reply) {
                          if (!reply) return;
                          created = !reply->is_error();
                          refusal = reply->text;
                        });
    while (!administrator().idle()) kernel_.RunUntil(kernel_.now() + Milliseconds(1));
  }
  if (!created) return absl::StrCat("the cluster is not created: ", refusal);
  std::string trouble = AwaitRecovery();
  node_ids_.resize(static_cast<size_t>(deployment_.size()));
  for (const NodeSample& node : observer_.Nodes()) {
    node_ids_[static_cast<size_t>(node.node)] = node.view.identity.node;
  }
  return trouble;
}

int GroupLife::primary() const {
  for (const NodeSample& node : observer_.Nodes()) {
    if (node.view.role == Role::kPrimary && node.monotonic < node.view.may_serve_until) {
      return node.node;
    }
  }
  return -1;
}

std::vector<Identity> GroupLife::InSync(const std::vector<NodeSample>& nodes) const {
  const NodeView* newest = Newest(nodes);
  return newest == nullptr ? std::vector<Identity>() : newest->in_sync;
}

std::string GroupLife::Version() const {
  const std::vector<NodeSample> nodes = observer_.Nodes();
  const NodeView* newest = Newest(nodes);
  return absl::StrCat(newest == nullptr ? 0 : newest->configuration_version);
}

bool GroupLife::Recovered() const {
  const int leader = primary();
  if (leader < 0 || (core_ >> leader & 1) == 0) return false;
  const std::vector<NodeSample> nodes = observer_.Nodes();
  const std::vector<Identity> in_sync = InSync(nodes);
  for (const NodeSample& node : nodes) {
    const uint64_t bit = uint64_t{1} << node.node;
    if ((core_ & bit) == 0 || (diskless_ & bit) != 0 || deployment_.is_witness(node.node)) continue;
    const bool settled = node.view.role == Role::kPrimary || node.view.role == Role::kReplica;
    if (!settled || !Contains(in_sync, node.view.identity)) return false;
  }
  return true;
}

bool GroupLife::AtRest() const {
  if (!Recovered()) return false;
  for (const NodeSample& node : observer_.Nodes()) {
    if ((core_ >> node.node & 1) == 0) continue;
    const NodeView& view = node.view;
    if (view.role != Role::kPrimary && view.role != Role::kReplica) continue;
    if (view.open_snapshots > 0) return false;
    // A change of voters that was begun is finished, by whomever.
    if (!view.next_voters.empty()) return false;
    if (view.held_replies > 0 || view.open_changes > 0 || view.applied != view.tail.lsn) {
      return false;
    }
  }
  return true;
}

std::string GroupLife::Await(bool (GroupLife::*reached)() const, absl::string_view what) {
  const Nanos give_up = kernel_.now() + kRecoveryMax;
  while (!(this->*reached)() && !lost()) {
    if (kernel_.now() >= give_up) {
      return absl::StrCat(what, " long after the faults ended", Describe());
    }
    kernel_.RunUntil(kernel_.now() + kLookEvery);
    if (!observer_.violation().empty()) return observer_.violation();
  }
  return "";
}

std::string GroupLife::Describe() const {
  std::string text;
  for (const NodeSample& node : observer_.Nodes()) {
    absl::StrAppend(&text, "\n  node ", node.node,
                    (core_ >> node.node & 1) != 0 ? "" : " (outside)", ": ",
                    node.view.identity.ToString(), ", ", node.probe->Describe());
    const std::pair<absl::string_view, uint64_t> counts[] = {
        {"open snapshots", node.view.open_snapshots},
        {"held replies", node.view.held_replies},
        {"open changes", node.view.open_changes},
        {"next voters", node.view.next_voters.size()}};
    for (const auto& [name, count] : counts) {
      if (count > 0) absl::StrAppend(&text, ", ", count, " ", name);
    }
  }
  return text;
}

std::string GroupLife::AwaitRecovery() {
  return Await(&GroupLife::Recovered, "the group has no primary with all members in sync");
}

std::string GroupLife::AwaitRest() { return Await(&GroupLife::AtRest, "the group is not at rest"); }

bool GroupLife::lost() const {
  for (const NodeSample& node : observer_.Nodes()) {
    if (node.view.role == Role::kLost) return true;
  }
  return false;
}

bool GroupLife::MayLosePower() const {
  if (knobs_.log_on_disk != 0) return knobs_.fsync == 1;
  return deployment_.clustered();
}

std::string GroupLife::JudgeLoss() const {
  if (knobs_.log_on_disk != 0 && knobs_.fsync == 1) {
    return "LOST is said although every acknowledged write is on a disk";
  }
  const std::vector<NodeSample> nodes = observer_.Nodes();
  for (const Identity& member : InSync(nodes)) {
    for (const NodeSample& node : nodes) {
      if (node.view.identity == member) {
        return absl::StrCat("LOST is said although node ", node.node, ", in sync, lives");
      }
    }
  }
  return "";
}

// Most of each set of voters that counts, enough copies, and one that is in sync.
bool GroupLife::Suffices(uint64_t core, const std::vector<NodeSample>& nodes) const {
  const uint64_t able = core & ~diskless_;
  for (uint64_t voters : VoterSets(nodes)) {
    if (__builtin_popcountll(voters & able) * 2 <= __builtin_popcountll(voters)) return false;
  }
  const std::vector<Identity> in_sync = InSync(nodes);
  int copies = 0;
  bool has_good_copy = false;
  for (const NodeSample& sample : nodes) {
    if ((able >> sample.node & 1) == 0 || deployment_.is_witness(sample.node)) continue;
    ++copies;
    has_good_copy |= Contains(in_sync, sample.view.identity);
  }
  return copies >= std::min(2, deployment_.size() - 1) && has_good_copy;
}

uint64_t GroupLife::DrawCore(Draws& draws) {
  const int count = deployment_.size();
  core_ = (uint64_t{1} << count) - 1;
  if (!deployment_.clustered() || draws.Chance({1, 2})) return core_;
  // An operator may be changing who votes, and who suffices is not known yet.
  if (!administrator().idle()) return core_;
  const std::vector<NodeSample> nodes = observer_.Nodes();
  // A set that is being proposed may be chosen, and its proposer be the only one in it.
  uint64_t core = 0;
  for (const NodeSample& node : nodes) {
    if (node.view.open_changes > 0) core |= uint64_t{1} << node.node;
  }
  while (!Suffices(core, nodes) && core != core_) {
    core |= uint64_t{1} << draws.Below(static_cast<uint64_t>(count));
  }
  return core_ = core;
}

// By machine: those of the newest configuration, and of what voters have accepted behind it, which
// may be chosen without anybody knowing.
std::vector<uint64_t> GroupLife::VoterSets(const std::vector<NodeSample>& nodes) const {
  const NodeView* newest = Newest(nodes);
  if (newest == nullptr) return {};
  std::vector<std::vector<uint64_t>> named =
      observer_.register_chain().VoterSetsFrom(newest->configuration_version);
  for (const std::vector<NodeId>& voters : {newest->voters, newest->next_voters}) {
    std::vector<uint64_t>& set = named.emplace_back();
    for (NodeId voter : voters) set.push_back(voter.value);
  }
  std::vector<uint64_t> sets;
  for (const std::vector<uint64_t>& voters : named) {
    uint64_t set = 0;
    for (uint64_t voter : voters) set |= MachineOf(NodeId{voter}, nodes);
    if (set != 0) sets.push_back(set);
  }
  return sets;
}

// Its bit, or none. Who lost its disk and was added again has another name than it began with.
uint64_t GroupLife::MachineOf(NodeId voter, const std::vector<NodeSample>& nodes) const {
  const auto found = std::find(node_ids_.begin(), node_ids_.end(), voter);
  if (found != node_ids_.end()) return uint64_t{1} << (found - node_ids_.begin());
  for (const NodeSample& node : nodes) {
    if (node.view.identity.node == voter) return uint64_t{1} << node.node;
  }
  return 0;
}

bool GroupLife::MayEnd(const Ending& ending) {
  const bool synced = knobs_.log_on_disk != 0 && knobs_.fsync == 1;
  if (!deployment_.clustered()) {
    return knobs_.log_on_disk != 0 && !ending.disk && (synced || !ending.power);
  }
  // Who votes may be about to change, by a proposal that no voter has accepted yet.
  if (ending.disk && !administrator().idle()) return false;
  diskless_ = ending.diskless;
  if (synced && !ending.disk) return true;
  const std::vector<NodeSample> nodes = observer_.Nodes();
  const uint64_t lost_disks = ending.diskless | uint64_t{1} << ending.node;
  for (uint64_t voters : VoterSets(nodes)) {
    const int lost = __builtin_popcountll(voters & lost_disks);
    if (ending.disk && lost > (__builtin_popcountll(voters) - 1) / 2) return false;
  }
  const std::vector<Identity> in_sync = InSync(nodes);
  int copies_left = 0;
  bool is_open = false;
  for (const NodeSample& node : nodes) {
    is_open |= node.view.open_changes > 0;
    const bool holds_data = node.view.role == Role::kPrimary || node.view.role == Role::kReplica;
    if (node.node != ending.node && holds_data && Contains(in_sync, node.view.identity)) {
      ++copies_left;
    }
  }
  // While the set is changing, one of them may be about to be removed.
  if (copies_left < (is_open ? 2 : 1)) return false;
  if (ending.disk) diskless_ |= uint64_t{1} << ending.node;
  return true;
}

void GroupLife::Operate(const Fault& fault) {
  if (!deployment_.clustered()) return;
  const int node = static_cast<int>(fault.node);
  const int leader = primary();
  const Address asked = deployment_.client_address(leader >= 0 ? leader : 0);
  const auto tell = [this](std::optional<ReplyValue> reply) {
    observer_.Tell(-1, absl::StrCat("operator: ", reply ? reply->ToString() : "no answer"));
  };
  switch (fault.amount) {
    case 0:
    case 1:
    case 2:
      return administrator().Ask(
          asked, {"HOLDFAST", "SWITCHOVER", deployment_.name(node), Version()}, tell);
    case 3:
      return administrator().Ask(asked, {"HOLDFAST", "STATUS"}, nullptr);
    case 4:
      return administrator().Ask(deployment_.client_address(node),
                                 {"CONFIG", "SET", "repl-backlog-size", "4096"}, tell);
    case 5:
      return SwapTwice(node, leader);
    default:
      break;
  }
  // The last two copies are not to be made one.
  if (deployment_.is_witness(node) || InSync(observer_.Nodes()).size() < 3) return;
  administrator().Ask(asked, {"HOLDFAST", "REMOVE-NODE", deployment_.name(node), Version()}, tell);
  AddAgain(node);
}

// To another node and straight back, as often as that is refused.
void GroupLife::SwapTwice(int node, int leader) {
  if (leader < 0 || leader == node) return;
  SwitchOver(node, kSwapAttempts, [this, leader] { SwitchOver(leader, kSwapAttempts, nullptr); });
}

void GroupLife::SwitchOver(int node, int attempts, std::function<void()> then) {
  const int leader = primary();
  const auto look = [this, node, attempts, then](std::optional<ReplyValue> reply) {
    observer_.Tell(-1, absl::StrCat("operator: ", reply ? reply->ToString() : "no answer"));
    if (reply && !reply->is_error()) {
      if (then) then();
    } else if (attempts > 1) {
      kernel_.Schedule(kSwapPause, operator_machine_->actor(), "switch over again",
                       [this, node, attempts, then] { SwitchOver(node, attempts - 1, then); });
    }
  };
  administrator().Ask(deployment_.client_address(leader >= 0 ? leader : 0),
                      {"HOLDFAST", "SWITCHOVER", deployment_.name(node), Version()}, look);
}

// Until the cluster says that it has it.
void GroupLife::AddAgain(int node) {
  kernel_.Schedule(kRemovedFor, operator_machine_->actor(), "add again", [this, node] {
    const int leader = primary();
    const auto look = [this, node](std::optional<ReplyValue> reply) {
      observer_.Tell(-1, absl::StrCat("operator: ", reply ? reply->ToString() : "no answer"));
      const bool has_it =
          reply && (!reply->is_error() || absl::StrContains(reply->text, "already"));
      if (!has_it) AddAgain(node);
    };
    administrator().Ask(deployment_.client_address(leader >= 0 ? leader : 0),
                        {"HOLDFAST", "ADD-NODE", deployment_.Description(node), Version(), "VOTER"},
                        look);
  });
}

}  // namespace holdfast
