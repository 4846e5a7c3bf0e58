#include "sim/check/invariants.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

using Role = NodeView::Role;

bool MayServe(const NodeSample& node) {
  return node.view.role == Role::kPrimary && node.monotonic < node.view.may_serve_until;
}

bool HoldsData(const NodeView& view) {
  return view.role == Role::kPrimary || view.role == Role::kReplica;
}

// The running node with this very identity, or null.
const NodeSample* Find(const std::vector<NodeSample>& nodes, const Identity& identity) {
  for (const NodeSample& node : nodes) {
    if (node.view.identity == identity) return &node;
  }
  return nullptr;
}

std::string Text(const LogPosition& position) {
  return absl::StrCat("LSN ", position.lsn.value, " of epoch ", position.epoch.value);
}

}  // namespace

void Invariants::Sample(const std::vector<NodeSample>& nodes) {
  CheckServing(nodes);
  for (const NodeSample& node : nodes) {
    if (node.view.role == Role::kNone || node.view.role == Role::kWitness) continue;
    CheckMemory(node);
    CheckChain(node);
    CheckLog(node);
    if (node.view.role != Role::kPrimary) continue;
    CheckMembers(node, nodes);
    CheckBacklog(node, nodes);
  }
  CheckRegistered(nodes);
}

// The newest configuration that anybody has ever been seen to know, whoever leads or has ended.
void Invariants::CheckRegistered(const std::vector<NodeSample>& nodes) {
  if (versions_.empty()) return;
  const Agreed& newest = versions_.rbegin()->second;
  Lsn committed;
  for (const auto& [epoch, lsn] : commits_) {
    if (epoch <= newest.epoch) committed = std::max(committed, lsn);
  }
  for (const Identity& member : newest.in_sync) {
    const NodeSample* node = Find(nodes, member);
    if (node == nullptr || node->view.tail.lsn >= committed) continue;
    Violate(3,
            absl::StrCat("node ", node->node, " is registered as in sync and holds no more than ",
                         node->view.tail.lsn.value, "; LSN ", committed.value, " is committed"));
  }
}

void Invariants::CheckServing(const std::vector<NodeSample>& nodes) {
  if (options_.confirm_reads) return;
  const NodeSample* serving = nullptr;
  for (const NodeSample& node : nodes) {
    if (!MayServe(node)) continue;
    if (serving != nullptr) {
      Violate(1, absl::StrCat("node ", serving->node, " of epoch ", serving->view.epoch.value,
                              " and node ", node.node, " of epoch ", node.view.epoch.value,
                              " may serve at the same time"));
    }
    serving = &node;
  }
}

void Invariants::CheckMemory(const NodeSample& node) {
  const NodeView& view = node.view;
  Memory& before = memories_[node.node];
  if (before.incarnation == view.identity.incarnation) {
    if (view.epoch < before.epoch || view.configuration_version < before.version) {
      Violate(2, absl::StrCat("node ", node.node, " went back to epoch ", view.epoch.value,
                              ", version ", view.configuration_version));
    }
    if (view.commit < before.commit && HoldsData(view)) {
      Violate(3, absl::StrCat("the commit of node ", node.node, " falls from ", before.commit.value,
                              " to ", view.commit.value));
    }
    // Who led and follows again has the time of what it heard, which may be older.
    if (view.role == before.role && view.log_time != Millis{} && view.log_time < before.log_time) {
      Violate(11, absl::StrCat("log_time of node ", node.node, " falls from ",
                               before.log_time.value, " to ", view.log_time.value));
    }
  }
  const bool has_led = view.role == Role::kPrimary ||
                       (before.has_led && before.incarnation == view.identity.incarnation &&
                        view.applied >= before.applied);
  before = {.incarnation = view.identity.incarnation,
            .role = view.role,
            .has_led = has_led,
            .epoch = view.epoch,
            .version = view.configuration_version,
            .commit = view.commit,
            .applied = view.applied,
            .log_time = view.log_time};
}

void Invariants::CheckChain(const NodeSample& node) {
  const NodeView& view = node.view;
  if (view.role == Role::kPrimary) {
    const auto [found, is_new] = primaries_.emplace(view.epoch, view.identity);
    if (found->second != view.identity) {
      Violate(2, absl::StrCat("epoch ", view.epoch.value, " has two primaries: ",
                              found->second.ToString(), " and ", view.identity.ToString()));
    }
    Lsn promised;
    for (const auto& [epoch, lsn] : commits_) {
      if (epoch < view.epoch) promised = std::max(promised, lsn);
    }
    if (is_new && view.tail.lsn < promised) {
      Violate(5, absl::StrCat("node ", node.node, " leads epoch ", view.epoch.value, " up to LSN ",
                              view.tail.lsn.value, ", but LSN ", promised.value,
                              " was committed before"));
    }
  }
  NoteConfiguration(view);
}

void Invariants::NoteConfiguration(const NodeView& view) {
  if (view.configuration_version == 0) return;
  const auto [agreed, is_new] = versions_.emplace(
      view.configuration_version, Agreed{.epoch = view.epoch, .in_sync = view.in_sync});
  if (!is_new && agreed->second.in_sync != view.in_sync) {
    Violate(2, absl::StrCat("two configurations of version ", view.configuration_version));
  }
}

// What a member of the set lacks is still in the primary's log.
void Invariants::CheckBacklog(const NodeSample& primary, const std::vector<NodeSample>& nodes) {
  const NodeView& view = primary.view;
  const uint64_t trimmed = view.tail.lsn.value - view.backlog_records;
  for (const PeerView& peer : view.peers) {
    const bool counts = std::count(view.in_sync.begin(), view.in_sync.end(), peer.identity) > 0;
    if (!counts || peer.session == 0 || peer.held.value >= trimmed) continue;
    Violate(3, absl::StrCat("node ", primary.node, " has forgotten its log up to LSN ", trimmed,
                            ", and ", peer.identity.ToString(), ", in sync, has acknowledged ",
                            peer.held.value));
  }
  for (const NodeSample& node : nodes) {
    const bool follows = node.view.role == Role::kReplica && node.view.epoch == view.epoch;
    const bool counts =
        std::count(view.in_sync.begin(), view.in_sync.end(), node.view.identity) > 0;
    if (!follows || !counts) continue;
    if (node.view.tail.lsn.value >= trimmed) continue;
    Violate(3, absl::StrCat("node ", primary.node, " has forgotten its log up to LSN ", trimmed,
                            ", and node ", node.node, ", in sync, holds no more than ",
                            node.view.tail.lsn.value));
  }
}

void Invariants::CheckLog(const NodeSample& node) {
  const NodeView& view = node.view;
  if (view.role != Role::kPrimary && view.commit > committed_) {
    Violate(3, absl::StrCat("node ", node.node, " takes LSN ", view.commit.value,
                            " for committed; no primary has said more than ", committed_.value));
  }
  if (!HoldsData(view)) return;
  NotePosition(node.node, view.tail);
  if (view.commit > view.tail.lsn) {
    Violate(3, absl::StrCat("node ", node.node, " has committed LSN ", view.commit.value,
                            " and holds no more than ", view.tail.lsn.value));
  }
  if (view.role == Role::kReplica && view.applied > view.commit && !memories_[node.node].has_led) {
    Violate(7, absl::StrCat("node ", node.node, " has applied LSN ", view.applied.value,
                            ", committed is ", view.commit.value));
  }
  if (view.commit == Lsn{}) return;
  const std::optional<LogPosition> position = node.probe->PositionAt(view.commit);
  if (!position) return;
  NotePosition(node.node, *position);
  const auto [found, is_new] = committed_positions_.emplace(view.commit, *position);
  if (!is_new && options_.disks_promise && view.commit > durable_) {
    found->second = *position;
  } else if (!is_new && found->second != *position) {
    Violate(4, absl::StrCat("two histories are committed: ", Text(found->second), " and ",
                            Text(*position), " (node ", node.node, ")"));
  }
}

void Invariants::NotePosition(int node, const LogPosition& position) {
  if (position.lsn == Lsn{}) return;
  const auto [found, is_new] =
      histories_.emplace(std::pair(position.epoch, position.lsn), position.hash);
  if (!is_new && found->second != position.hash) {
    Violate(4, absl::StrCat("node ", node, " has another history behind ", Text(position)));
  }
}

void Invariants::CheckMembers(const NodeSample& primary, const std::vector<NodeSample>& nodes) {
  for (const Identity& member : primary.view.in_sync) {
    for (const NodeSample& node : nodes) {
      const Identity& who = node.view.identity;
      if (who.node != member.node || who.incarnation == member.incarnation) continue;
      if (HoldsData(node.view) && node.view.epoch == primary.view.epoch) {
        Violate(9, absl::StrCat("node ", node.node, " counts itself in sync as ", who.ToString(),
                                ", registered is ", member.ToString()));
      }
    }
    const NodeSample* replica = Find(nodes, member);
    if (options_.confirm_reads || !MayServe(primary) || replica == nullptr ||
        replica->view.role != Role::kReplica || replica->view.epoch != primary.view.epoch) {
      continue;
    }
    if (replica->view.grace_until == Nanos{}) continue;
    const Nanos lease_left = primary.view.may_serve_until - primary.monotonic;
    const Nanos grace_left = replica->view.grace_until - replica->monotonic;
    if (lease_left > grace_left) {
      Violate(15, absl::StrCat("the lease of node ", primary.node, " runs ",
                               (lease_left - grace_left).value,
                               " ns longer than the grace of node ", replica->node));
    }
  }
}

void Invariants::OnCommit(const CommitWitness& commit, const std::vector<NodeSample>& nodes) {
  Lsn& newest = commits_[commit.epoch];
  newest = std::max(newest, commit.lsn);
  committed_ = std::max(committed_, commit.lsn);
  for (const NodeSample& primary : nodes) {
    if (primary.view.role != Role::kPrimary || primary.view.epoch != commit.epoch) continue;
    // The set that it counted, which nobody else may have heard of yet, nor ever does from it.
    NoteConfiguration(primary.view);
    for (const Identity& member : primary.view.in_sync) {
      const NodeSample* holder = Find(nodes, member);
      if (holder == nullptr || holder->view.tail.lsn >= commit.lsn) continue;
      Violate(3,
              absl::StrCat("LSN ", commit.lsn.value, " is committed and node ", holder->node,
                           ", which is in sync, holds no more than ", holder->view.tail.lsn.value));
    }
  }
}

void Invariants::OnAnswer(const Operation& operation, Lsn shown) {
  if (shown <= committed_) return;
  Violate(6, absl::StrCat("a client sees LSN ", shown.value,
                          " before its commit: ", operation.ToString()));
}

void Invariants::OnExecuted(const ReplyWitness& reply, int records) {
  if (records <= 1) return;
  Violate(12, absl::StrCat("a request became ", records, " records, the last one at ",
                           reply.executed_at.value, ": a failover could keep a part of it"));
}

void Invariants::SampleDigests(const std::vector<NodeSample>& nodes) {
  Sample(nodes);
  for (const NodeSample& node : nodes) {
    if (!HoldsData(node.view) || node.view.applied > node.view.commit) continue;
    const uint64_t digest = node.probe->Digest();
    const auto [found, is_new] = digests_.emplace(node.view.applied, digest);
    if (!is_new && found->second != digest) {
      Violate(7,
              absl::StrCat("node ", node.node, " has other data at LSN ", node.view.applied.value));
    }
  }
}

void Invariants::SampleAtRest(const std::vector<NodeSample>& nodes) {
  SampleDigests(nodes);
  for (const NodeSample& node : nodes) {
    const NodeView& view = node.view;
    if (!HoldsData(view)) continue;
    if (view.held_replies > 0 || view.open_changes > 0) {
      Violate(17, absl::StrCat("at rest node ", node.node, " holds ", view.held_replies,
                               " replies and ", view.open_changes, " open changes"));
    }
    if (view.stray_clients > 0) {
      Violate(17, absl::StrCat("at rest node ", node.node, " serves ", view.stray_clients,
                               " clients of nodes that are gone"));
    }
    if (view.applied != view.tail.lsn) {
      Violate(17, absl::StrCat("at rest node ", node.node, " has applied LSN ", view.applied.value,
                               " of ", view.tail.lsn.value));
    }
  }
}

}  // namespace holdfast
