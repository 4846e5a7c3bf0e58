#include "sim/check/reign_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

using Role = NodeView::Role;

// Two readings of one clock may be so far apart.
constexpr Nanos kReadings = Milliseconds(1);

bool Holds(const std::vector<Identity>& identities, const Identity& wanted) {
  return std::find(identities.begin(), identities.end(), wanted) != identities.end();
}

const NodeSample* Find(const std::vector<NodeSample>& nodes, const Identity& identity) {
  for (const NodeSample& node : nodes) {
    if (node.view.identity == identity) return &node;
  }
  return nullptr;
}

}  // namespace

void ReignRules::Sample(const std::vector<NodeSample>& nodes) {
  for (const NodeSample& node : nodes) {
    CheckPromotion(node);
    if (node.view.role != Role::kPrimary) continue;
    CheckPeers(node, nodes);
    CheckReleased(node);
    CheckLeases(node);
  }
}

// Of an open change nobody knows who is in the set: both sets have to grant.
void ReignRules::CheckLeases(const NodeSample& primary) {
  const NodeView& view = primary.view;
  if (view.proposed_epoch != view.epoch || primary.monotonic >= view.may_serve_until) return;
  for (const Identity& member : view.proposed_in_sync) {
    for (const PeerView& peer : view.peers) {
      if (peer.identity != member || peer.granted_until + kReadings >= view.may_serve_until)
        continue;
      violation_.Add(
          1, absl::StrCat("node ", primary.node, " may serve longer than ", member.ToString(),
                          " has granted, which may be in the set already"));
    }
  }
}

void ReignRules::CheckPeers(const NodeSample& primary, const std::vector<NodeSample>& nodes) {
  for (const PeerView& peer : primary.view.peers) {
    const NodeSample* member = Find(nodes, peer.identity);
    if (member != nullptr && member->view.epoch != primary.view.epoch) member = nullptr;
    CheckSession(primary, peer, member);
    if (member == nullptr || peer.held <= member->view.tail.lsn) continue;
    violation_.Add(3, absl::StrCat("node ", primary.node, " believes that node ", member->node,
                                   " holds LSN ", peer.held.value, ", and it holds no more than ",
                                   member->view.tail.lsn.value));
  }
}

void ReignRules::CheckSession(const NodeSample& primary, const PeerView& peer,
                              const NodeSample* member) {
  Session& session = sessions_[{primary.view.epoch, peer.identity}];
  if (session.number != peer.session || session.since == Nanos{}) {
    session = {.number = peer.session, .since = primary.monotonic};
  }
  if (peer.session != 0) {
    const auto [given, is_new] = session_epochs_.emplace(peer.session, primary.view.epoch);
    if (given->second != primary.view.epoch) {
      violation_.Add(3, absl::StrCat("session ", peer.session, " is of epoch ", given->second.value,
                                     " and of epoch ", primary.view.epoch.value));
    }
  }
  const bool elsewhere =
      member != nullptr && member->view.session != 0 && member->view.session != peer.session;
  if (!elsewhere || peer.answered_sent <= session.since + kReadings) return;
  violation_.Add(3, absl::StrCat("node ", member->node, " has answered a heartbeat of session ",
                                 peer.session, " and stays in session ", member->view.session));
}

void ReignRules::CheckReleased(const NodeSample& node) {
  if (!released_.contains(node.view.epoch) || node.monotonic >= node.view.may_serve_until) return;
  violation_.Add(1, absl::StrCat("node ", node.node, " serves in epoch ", node.view.epoch.value,
                                 ", which it has released"));
}

void ReignRules::CheckPromotion(const NodeSample& node) {
  const NodeView& view = node.view;
  const bool promoting = view.proposed_epoch > view.epoch;
  Promotion& before = promotions_[node.node];
  const bool same = promoting && before.incarnation == view.identity.incarnation &&
                    before.epoch == view.epoch && before.proposed == view.proposed_epoch;
  if (!same) {
    before = {.incarnation = view.identity.incarnation,
              .epoch = view.epoch,
              .proposed = promoting ? view.proposed_epoch : Epoch{},
              .tail = view.tail.lsn,
              .session = view.session};
    return;
  }
  const bool begins = view.session != 0 && view.session != before.session;
  if (view.tail.lsn <= before.tail && !begins) return;
  violation_.Add(
      3, absl::StrCat("node ", node.node, " may be promoted to epoch ", view.proposed_epoch.value,
                      " at any moment and goes on in epoch ", view.epoch.value, ": tail ",
                      before.tail.value, " -> ", view.tail.lsn.value));
}

void ReignRules::OnProposing(const NodeSample& node, const std::vector<NodeSample>& nodes) {
  const NodeView& view = node.view;
  if (view.role != Role::kPrimary || view.proposed_epoch != view.epoch) return;
  for (const Identity& member : view.proposed_in_sync) {
    if (Holds(view.in_sync, member)) continue;
    const NodeSample* newcomer = Find(nodes, member);
    if (!commits_.contains(view.epoch)) {
      violation_.Add(
          3, absl::StrCat("node ", node.node, " lets ", member.ToString(),
                          " in before anything of epoch ", view.epoch.value, " is committed"));
    }
    if (newcomer == nullptr || newcomer->view.epoch != view.epoch) continue;
    const Lsn held = newcomer->view.tail.lsn;
    if (held >= view.commit) continue;
    violation_.Add(3, absl::StrCat("node ", node.node, " lets node ", newcomer->node,
                                   " in, which holds no more than LSN ", held.value,
                                   "; committed is ", view.commit.value));
  }
}

void ReignRules::OnCommit(const CommitWitness& commit, const std::vector<NodeSample>& nodes) {
  // A reign begins with what was committed before it.
  Lsn before;
  for (const auto& [epoch, lsn] : commits_) before = std::max(before, lsn);
  Lsn& answerable = acknowledgeable_.emplace(commit.epoch, before).first->second;
  Lsn& newest = commits_[commit.epoch];
  newest = std::max(newest, commit.lsn);
  if (commit.acknowledgeable <= answerable) return;
  answerable = commit.acknowledgeable;
  for (const NodeSample& primary : nodes) {
    const NodeView& view = primary.view;
    if (view.role != Role::kPrimary || view.epoch != commit.epoch) continue;
    int64_t holders = 0;
    for (const Identity& member : view.in_sync) {
      const bool is_self = member == view.identity;
      holders +=
          is_self || std::any_of(view.peers.begin(), view.peers.end(), [&](const auto& peer) {
            return peer.identity == member && peer.held >= commit.acknowledgeable;
          });
    }
    const int64_t needed = min_in_sync_ > 0 ? min_in_sync_ : view.data_nodes >= 3 ? 2 : 1;
    if (holders >= needed) continue;
    violation_.Add(3, absl::StrCat("node ", primary.node, " may answer writes up to LSN ",
                                   commit.acknowledgeable.value, ", which ", holders,
                                   " members in sync hold; ", needed, " are wanted"));
  }
}

void ReignRules::OnAck(const AckWitness& ack) {
  if (ack.said == ack.counted) return;
  violation_.Add(3, absl::StrCat("what was acknowledged in epoch ", ack.said.value,
                                 " counts in epoch ", ack.counted.value));
}

void ReignRules::OnRelease(const ReleaseWitness& release) {
  released_.emplace(release.epoch, release.tail);
}

void ReignRules::OnRecord(const RecordWitness& record) {
  if (!released_.contains(record.epoch)) return;
  violation_.Add(1, absl::StrCat("LSN ", record.lsn.value, " is appended in epoch ",
                                 record.epoch.value, ", which was released"));
}

void ReignRules::OnReply(const ReplyWitness& reply) {
  if (reply.epoch == Epoch{} || reply.on_replica || !released_.contains(reply.epoch)) return;
  violation_.Add(1, absl::StrCat("a request is executed in epoch ", reply.epoch.value,
                                 ", which was released"));
}

}  // namespace holdfast
