#include "sim/node_probe.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cluster/log/replication_log.h"
#include "node/membership.h"
#include "storage/digest/digest.h"
#include "storage/types/list.h"

namespace holdfast {
namespace {

NodeView::Role RoleOf(const ClusterStatus& status) {
  if (status.witness) return NodeView::Role::kWitness;
  if (status.configuration.version == 0) return NodeView::Role::kNone;
  if (status.group.condition == GroupCondition::kWaiting) return NodeView::Role::kWaiting;
  if (status.group.condition == GroupCondition::kLost) return NodeView::Role::kLost;
  switch (status.group.role) {
    case GroupRole::kPrimary:
      return NodeView::Role::kPrimary;
    case GroupRole::kReplica:
      return NodeView::Role::kReplica;
    case GroupRole::kLearner:
      break;
  }
  return NodeView::Role::kLearner;
}

Model::Entry Read(const Entry& entry) {
  Model::Entry read;
  IntegerText scratch;
  if (entry.has_deadline()) read.deadline = {entry.deadline(), entry.deadline()};
  read.is_list = entry.type() == ValueType::kList;
  if (read.is_list) {
    for (auto cursor = entry.list()->CursorAt(0); cursor.Valid(); cursor.Next()) {
      const PackedElement element = cursor.Get();
      read.elements.emplace_back(element.Text(scratch));
    }
  } else if (entry.is_integer()) {
    read.text = absl::StrCat(entry.integer());
  } else {
    read.text = std::string(entry.text());
  }
  return read;
}

}  // namespace

NodeView NodeProbe::View() const {
  NodeView view;
  Membership& membership = *node_.membership();
  ClusterDriver& driver = membership.driver();
  ClusterStatus status = driver.Status();
  view.identity = driver.self();
  const Group* group = driver.group();
  if (group == nullptr) {
    view.role = status.witness ? NodeView::Role::kWitness : NodeView::Role::kNone;
    return view;
  }
  status.group = group->Describe(node_.clock().Monotonic());
  status.configuration.version = group->view().version;
  view.role = RoleOf(status);
  view.epoch = status.group.epoch;
  const bool leads = membership.state().role.load() == ServingRole::kLeading;
  view.may_serve_until = leads ? Nanos{membership.state().serve_until.load()} : Nanos{};
  // A follower that has heard its primary keeps still for a grace from then on.
  if (view.role == NodeView::Role::kReplica && membership.state().heard_at.load() != 0) {
    const Nanos lease = Milliseconds(node_.settings().lease_ms);
    view.grace_until =
        node_.clock().Monotonic() - status.group.since_heard + Timing::GraceFor(lease);
  }
  view.configuration_version = status.group.version;
  view.voters = status.configuration.voters;
  view.next_voters = status.configuration.next_voters;
  view.in_sync = status.group.in_sync;
  view.data_nodes = static_cast<int64_t>(group->view().data_nodes.size());
  if (status.group.proposed) {
    view.proposed_epoch = status.group.proposed->epoch;
    view.proposed_in_sync = status.group.proposed->in_sync;
  }
  const Nanos now = node_.clock().Monotonic();
  for (const PeerReport& peer : status.group.peers) {
    PeerView& known = view.peers.emplace_back();
    known = {.identity = peer.identity, .session = peer.session, .held = peer.held};
    if (peer.lease_left.value == 0) continue;
    known.granted_until = now + peer.lease_left;
    known.answered_sent = known.granted_until - Milliseconds(node_.settings().lease_ms);
  }
  view.session = status.group.session;
  view.commit = status.group.commit;
  view.applied = driver.log().applied();
  view.tail = driver.log().ready();
  if (leads) {
    view.log_time = node_.log_clock().Now();
  } else if (view.role != NodeView::Role::kPrimary) {
    view.log_time = membership.read_time();
  }
  view.held_replies = membership.Held().replies;
  view.backlog_records = view.tail.lsn.value + 1 - driver.log().FirstLsn().value;
  view.open_snapshots = node_.snapshots().size();
  view.stray_clients = membership.forwarder().StrayClients();
  view.open_changes = status.group.change_open ? 1 : 0;
  return view;
}

std::optional<LogPosition> NodeProbe::PositionAt(Lsn lsn) const {
  return node_.membership()->driver().log().PositionAt(lsn);
}

std::string NodeProbe::Describe() const {
  const Group* group = node_.membership()->driver().group();
  if (group == nullptr) return "holds no data";
  const GroupReport report = group->Describe(node_.clock().Monotonic());
  constexpr absl::string_view kRoles[] = {"learner", "replica", "primary"};
  std::string text =
      absl::StrFormat("%s, version %d, epoch %d, tail %d, commit %d, applied %d",
                      kRoles[static_cast<int>(report.role)], report.version, report.epoch.value,
                      report.tail.value, report.commit.value, report.applied.value);
  if (report.attached) absl::StrAppend(&text, ", attached");
  if (report.syncing) absl::StrAppend(&text, ", syncing");
  if (report.released) absl::StrAppend(&text, ", released");
  if (!report.reason.empty()) absl::StrAppend(&text, ", ", report.reason);
  const ClusterStatus status = node_.membership()->driver().Status();
  if (!status.register_reason.empty()) absl::StrAppend(&text, " (", status.register_reason, ")");
  absl::StrAppend(&text, ", voters");
  for (NodeId voter : status.configuration.voters)
    absl::StrAppendFormat(&text, " %016x", voter.value);
  for (NodeId voter : status.configuration.next_voters) {
    absl::StrAppendFormat(&text, " (%016x)", voter.value);
  }
  for (const PeerReport& peer : report.peers) {
    absl::StrAppend(&text, "; ", peer.identity.ToString(), peer.in_sync ? " in sync" : "",
                    peer.attached ? " attached" : "", peer.syncing ? " syncing" : "",
                    peer.silent ? " silent" : "", " at ", peer.held.value);
  }
  return text;
}

std::map<std::string, Model::Entry> NodeProbe::Contents() const {
  std::map<std::string, Model::Entry> contents;
  const Keyspace& keyspace = node_.keyspace();
  for (auto slot = keyspace.NextSlotWithKeys(0); slot;
       slot = keyspace.NextSlotWithKeys(slot->value + 1)) {
    keyspace.Scan(DatabaseId{0}, *slot, 0, SIZE_MAX,
                  [&](Entry* entry) { contents.emplace(std::string(entry->key()), Read(*entry)); });
  }
  return contents;
}

uint64_t NodeProbe::Digest() const { return KeyspaceDigest(node_.keyspace()).low; }

}  // namespace holdfast
