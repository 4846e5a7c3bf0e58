#include "node/chronicle.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "net/base/limits.h"
#include "nlohmann/json.hpp"
#include "node/commands/cluster.h"

namespace holdfast {
namespace {

using Json = nlohmann::ordered_json;

std::string NameOf(const ClusterConfiguration& configuration, NodeId id) {
  if (id.value == 0) return "";
  const NodeDescription* node = FindNode(configuration, id);
  return node == nullptr ? absl::StrCat(absl::Hex(id.value, absl::kZeroPad16)) : node->name;
}

// Collects what is different between two statuses.
class Comparison {
 public:
  Comparison(const ClusterStatus& before, const ClusterStatus& after)
      : before_(before), after_(after) {}

  std::vector<Event> Run() {
    const absl::string_view from = RoleWord(before_);
    const absl::string_view to = RoleWord(after_);
    if (from != to) Add("role-changed", absl::StrCat("from=", from, " to=", to));
    CompareServing();
    CompareConditions();
    CompareLists();
    CompareSets();
    ComparePeers();
    CompareReach();
    return std::move(events_);
  }

 private:
  void Add(absl::string_view name, std::string detail) {
    events_.push_back({.name = name, .detail = std::move(detail)});
  }
  void AddNode(absl::string_view name, NodeId id) {
    const ClusterConfiguration& lists =
        FindNode(after_.configuration, id) ? after_.configuration : before_.configuration;
    Add(name, absl::StrCat("node=", NameOf(lists, id)));
  }

  void CompareServing() {
    if (!before_.serving && after_.serving) Add("serving-began", "");
    if (!before_.serving || after_.serving) return;
    const bool still_leads = after_.group.role == GroupRole::kPrimary &&
                             after_.group.epoch == before_.group.epoch && !after_.group.released;
    if (still_leads && after_.group.lease_left.value <= 0) {
      Add("lease-lost", "");
    } else {
      Add("serving-ended", "");
    }
  }

  void CompareConditions() {
    if (before_.group.condition == after_.group.condition) return;
    constexpr absl::string_view kWords[] = {"unknown", "led", "waiting", "lost"};
    Add("group-changed",
        absl::StrCat("to=", kWords[static_cast<int>(after_.group.condition)],
                     after_.group.reason.empty() ? "" : absl::StrCat(" ", after_.group.reason)));
  }

  void CompareLists() {
    const ClusterConfiguration& old = before_.configuration;
    const ClusterConfiguration& now = after_.configuration;
    for (const NodeDescription& node : now.nodes) {
      if (FindNode(old, node.id) == nullptr) AddNode("node-listed", node.id);
    }
    for (const NodeDescription& node : old.nodes) {
      if (FindNode(now, node.id) == nullptr) AddNode("node-delisted", node.id);
    }
    if (old.voters == now.voters) return;
    Add("voters-changed",
        absl::StrCat("voters=", absl::StrJoin(now.voters, ",", [&](std::string* out, NodeId id) {
                       out->append(NameOf(now, id));
                     })));
  }

  void CompareSets() {
    const IdentitySet& old = before_.configuration.group.in_sync;
    const IdentitySet& now = after_.configuration.group.in_sync;
    for (Identity member : now) {
      if (!Contains(old, member)) AddNode("member-in-sync", member.node);
    }
    for (Identity member : old) {
      if (!Contains(now, member)) AddNode("member-out-of-sync", member.node);
    }
  }

  // What a primary knows of the others, and what a learner knows of itself.
  void ComparePeers() {
    if (before_.group.syncing != after_.group.syncing) {
      AddNode(after_.group.syncing ? "sync-began" : "sync-ended", after_.self.node);
    }
    for (const PeerReport& peer : after_.group.peers) {
      const auto old = std::find_if(
          before_.group.peers.begin(), before_.group.peers.end(),
          [&](const PeerReport& candidate) { return candidate.identity == peer.identity; });
      const PeerReport known = old == before_.group.peers.end() ? PeerReport{} : *old;
      if (known.silent != peer.silent) {
        AddNode(peer.silent ? "member-silent" : "member-heard", peer.identity.node);
      }
      if (known.syncing != peer.syncing) {
        AddNode(peer.syncing ? "sync-began" : "sync-ended", peer.identity.node);
      }
    }
  }

  void CompareReach() {
    const auto lists = [](const ClusterStatus& status, NodeId id) {
      return std::any_of(status.unreachable.begin(), status.unreachable.end(),
                         [&](const auto& entry) { return entry.first == id; });
    };
    for (const auto& [id, why] : after_.unreachable) {
      if (!lists(before_, id)) AddNode("node-unreachable", id);
    }
    for (const auto& [id, why] : before_.unreachable) {
      if (!lists(after_, id)) AddNode("node-reached", id);
    }
  }

  const ClusterStatus& before_;
  const ClusterStatus& after_;
  std::vector<Event> events_;
};

}  // namespace

std::vector<Event> Differences(const ClusterStatus& before, const ClusterStatus& after) {
  return Comparison(before, after).Run();
}

absl::string_view Word(EpochKind kind) {
  constexpr absl::string_view kWords[] = {"founding", "failover", "switchover", "recovery"};
  return kWords[static_cast<int>(kind)];
}

// The set names incarnations: whoever leads without having been in it has lost its memory since.
EpochKind KindOf(const GroupConfiguration& before, const GroupConfiguration& after) {
  if (before.epoch.value == 0) return EpochKind::kFounding;
  if (!Contains(before.in_sync, after.primary)) return EpochKind::kRecovery;
  return Contains(after.in_sync, before.primary) ? EpochKind::kSwitchover : EpochKind::kFailover;
}

void Chronicle::Look(const ClusterStatus& status) {
  {
    std::lock_guard hold(mutex_);
    epoch_ = std::max(epoch_, status.configuration.group.epoch);
    lsn_ = status.group.tail;
  }
  for (Event& event : Differences(before_, status)) Add(event.name, std::move(event.detail));
  LookAtEpoch(status);
  before_ = status;
}

std::optional<Chronicle::Proof> Chronicle::ProofIn(const ClusterStatus& status) const {
  const GroupReport& group = status.group;
  const Nanos now = clock_.Monotonic();
  if (status.serving) return Proof{group.epoch, now};
  if (group.role == GroupRole::kPrimary || !group.attached) return std::nullopt;
  return Proof{group.epoch, now - group.since_heard};
}

void Chronicle::LookAtEpoch(const ClusterStatus& status) {
  const GroupConfiguration& old = before_.configuration.group;
  const GroupConfiguration& group = status.configuration.group;
  // A node that was away does not know how the epoch began that it finds.
  const bool first = old.epoch.value == 0;
  if (group.epoch > old.epoch && (!first || group.epoch.value == 1)) {
    EpochEntry entry{.epoch = group.epoch,
                     .at = ToMillis(clock_.Wall()),
                     .kind = KindOf(old, group),
                     .from = NameOf(before_.configuration, old.primary.node),
                     .to = NameOf(status.configuration, group.primary.node)};
    lost_at_ = first || !proof_ ? std::nullopt : std::optional(proof_->at);
    switch (entry.kind) {
      case EpochKind::kFounding:
        entry.reason = "the cluster was created";
        break;
      case EpochKind::kFailover:
        entry.reason = absl::StrCat(entry.from, " was not heard any more");
        break;
      case EpochKind::kSwitchover:
        entry.reason = absl::StrCat(entry.from, " handed over");
        break;
      case EpochKind::kRecovery:
        entry.reason = absl::StrCat("of all copies that of ", entry.to, " was the most complete");
        break;
    }
    Add("epoch-began",
        absl::StrCat("kind=", Word(entry.kind), " from=", entry.from, " to=", entry.to));
    std::lock_guard hold(mutex_);
    failovers_ += entry.kind == EpochKind::kFounding ? 0 : 1;
    history_.push_back(std::move(entry));
    if (history_.size() > limits::kEpochsKept) history_.pop_front();
  }
  const auto proof = ProofIn(status);
  if (!proof || (proof_ && proof->epoch < proof_->epoch)) return;
  proof_ = proof;
  if (!lost_at_ || proof->epoch != group.epoch) return;
  std::lock_guard hold(mutex_);
  if (!history_.empty() && history_.back().epoch == group.epoch) {
    history_.back().unavailable = std::max(Millis{}, ToMillis(proof->at - *lost_at_));
  }
  lost_at_.reset();
}

void Chronicle::Add(absl::string_view name, std::string detail) {
  Event event{.name = name, .detail = std::move(detail), .at = ToMillis(clock_.Wall())};
  {
    std::lock_guard hold(mutex_);
    event.epoch = epoch_;
    event.lsn = lsn_;
    events_.push_back(event);
    if (events_.size() > limits::kEventsKept) events_.pop_front();
  }
  logger_.Write(LogLevel::kNotice,
                absl::StrCat(name, " epoch=", event.epoch.value, " lsn=", event.lsn.value,
                             event.detail.empty() ? "" : " ", event.detail));
}

std::vector<Event> Chronicle::Last(size_t count) const {
  std::lock_guard hold(mutex_);
  const size_t skipped = events_.size() - std::min(count, events_.size());
  return {events_.begin() + static_cast<ptrdiff_t>(skipped), events_.end()};
}

std::vector<EpochEntry> Chronicle::History() const {
  std::lock_guard hold(mutex_);
  return {history_.begin(), history_.end()};
}

uint64_t Chronicle::failovers() const {
  std::lock_guard hold(mutex_);
  return failovers_;
}

std::string EventsJson(absl::string_view node, const std::vector<Event>& events) {
  Json list = Json::array();
  for (const Event& event : events) {
    list.push_back({{"at_ms", event.at.value},
                    {"node", std::string(node)},
                    {"event", std::string(event.name)},
                    {"epoch", event.epoch.value},
                    {"lsn", event.lsn.value},
                    {"detail", event.detail}});
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string HistoryJson(const std::vector<EpochEntry>& history) {
  Json list = Json::array();
  for (const EpochEntry& entry : history) {
    Json item = {{"epoch", entry.epoch.value},
                 {"at_ms", entry.at.value},
                 {"kind", std::string(Word(entry.kind))},
                 {"from", entry.from},
                 {"to", entry.to},
                 {"reason", entry.reason},
                 {"unavailable_ms", nullptr}};
    if (entry.unavailable) item["unavailable_ms"] = entry.unavailable->value;
    list.push_back(std::move(item));
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace holdfast
