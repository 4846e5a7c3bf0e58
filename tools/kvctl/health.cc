#include "tools/kvctl/health.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace holdfast::kvctl {
namespace {

bool IsSilent(const ClusterView& view, NodeId id) {
  const MemberReport* member = view.Member(id);
  return member != nullptr && member->state == MemberState::kSilent;
}

// Whether a node takes part, as far as can be known: the primary's word counts before ours, which
// may only say that the way from here to the node is broken.
bool IsLive(const ClusterView& view, NodeId id) {
  const NodeRow* row = view.Find(id);
  if (row == nullptr || IsSilent(view, id)) return false;
  if (row->status.has_value() || view.Member(id) != nullptr) return true;
  // A witness that answers no clients cannot be asked; it is missed only if somebody misses it.
  return row->description.client_port == 0;
}

bool HoldsEverything(const ClusterView& view, const NodeRow& row) {
  return view.IsInSync(row) && IsLive(view, row.description.id);
}

int LiveVoters(const ClusterView& view, const std::vector<NodeId>& voters) {
  return static_cast<int>(
      std::count_if(voters.begin(), voters.end(), [&](NodeId id) { return IsLive(view, id); }));
}

FaultTolerance Tolerance(const ClusterView& view) {
  FaultTolerance tolerance;
  tolerance.in_sync =
      static_cast<int>(std::count_if(view.rows.begin(), view.rows.end(), [&](const NodeRow& row) {
        return HoldsEverything(view, row);
      }));
  tolerance.min_in_sync = static_cast<int>(std::max<uint64_t>(1, view.MinInSync()));
  const ClusterConfiguration& configuration = view.configuration;
  tolerance.voters = static_cast<int>(configuration.voters.size());
  tolerance.live_voters = LiveVoters(view, configuration.voters);
  if (configuration.next_voters.empty()) return tolerance;
  // During a change both sets decide; the weaker one counts.
  FaultTolerance next = tolerance;
  next.voters = static_cast<int>(configuration.next_voters.size());
  next.live_voters = LiveVoters(view, configuration.next_voters);
  return next.Survives() < tolerance.Survives() ? next : tolerance;
}

std::vector<std::string> MissingNodes(const ClusterView& view) {
  std::vector<std::string> missing;
  for (const NodeRow& row : view.rows) {
    const bool unseen = !row.status.has_value() && row.description.client_port != 0;
    if (unseen || IsSilent(view, row.description.id)) missing.push_back(row.description.name);
  }
  return missing;
}

std::string IsDown(const std::vector<std::string>& names) {
  if (names.empty()) return "";
  return absl::StrCat(absl::StrJoin(names, ", "), names.size() == 1 ? " is down" : " are down");
}

std::string Survives(int count) {
  return absl::StrCat("survives ", count, " more node failure", count == 1 ? "" : "s",
                      " without losing acknowledged writes");
}

// What the next failure does when none is survived.
std::string WhatIsLost(const ClusterView& view, const FaultTolerance& tolerance) {
  if (tolerance.in_sync <= tolerance.min_in_sync) {
    std::vector<std::string> members;
    for (const NodeRow& row : view.rows) {
      if (HoldsEverything(view, row)) members.push_back(row.description.name);
    }
    return absl::StrCat("losing ", absl::StrJoin(members, " or "), " stops writes");
  }
  return "losing another voter leaves the cluster unable to fail over";
}

void Unavailable(std::string headline, std::string next, Health* health) {
  health->level = HealthLevel::kUnavailable;
  health->survives = 0;
  health->headline = std::move(headline);
  health->next = std::move(next);
}

// False: a primary serves.
bool JudgeAvailability(const ClusterView& view, Health* health) {
  const GroupConfiguration& group = view.configuration.group;
  const std::string primary_name = view.NameOf(group.primary.node);
  const auto answering = std::count_if(view.rows.begin(), view.rows.end(),
                                       [](const NodeRow& row) { return row.status.has_value(); });
  const std::string reach =
      absl::StrCat(answering, " of ", Count(view.rows.size(), "node"), " answer");
  if (group.status == GroupStatus::kLost) {
    Unavailable(
        "every in-sync copy is gone; an operator has to decide",
        "bring back a node that was in sync, with its data directory; kvctl recover shows what "
        "is left",
        health);
    return true;
  }
  const NodeRow* primary = view.Primary();
  if (primary == nullptr) {
    const NodeRow* registered = view.Find(group.primary.node);
    const bool is_down = registered != nullptr && !registered->status.has_value();
    std::vector<std::string> missing = MissingNodes(view);
    Unavailable(absl::StrCat(is_down ? absl::StrCat(primary_name, ", the primary, does not answer")
                                     : "no node is primary",
                             " (", reach, ")"),
                missing.empty() ? "kvctl status -w"
                                : absl::StrCat("bring back any of ", absl::StrJoin(missing, ", "),
                                               "; watch with kvctl status -w"),
                health);
    return true;
  }
  const GroupReport& report = primary->status->group;
  if (!report.serving) {
    Unavailable(absl::StrCat(primary_name, " is primary and does not serve",
                             report.why.empty() ? "" : ": ", report.why, " (", reach, ")"),
                "kvctl status -w", health);
    return true;
  }
  if (health->tolerance.in_sync < health->tolerance.min_in_sync) {
    Unavailable(absl::StrCat("for writes: ", Count(health->tolerance.in_sync, "in-sync copy"),
                             ", min-in-sync is ", health->tolerance.min_in_sync, "; reads go on (",
                             reach, ")"),
                "bring back another data node", health);
    return true;
  }
  return false;
}

void NoteNode(const ClusterView& view, const NodeRow& row, std::vector<std::string>* notes) {
  const std::string& name = row.description.name;
  if (!row.status.has_value()) {
    notes->push_back(absl::StrCat(name, " (", ClientEndpoint(row.description).ToString(),
                                  ") cannot be asked: ", row.trouble));
    return;
  }
  const GroupReport& group = row.status->group;
  const bool is_primary = &row == view.Primary();
  if (IsSilent(view, row.description.id)) {
    notes->push_back(absl::StrCat(name, " answers here, but the primary does not hear it"));
  } else if (!row.description.witness && !view.IsInSync(row)) {
    notes->push_back(absl::StrCat(name, " is not in sync: ", StateWord(view, row),
                                  group.why.empty() ? "" : ", ", group.why));
  } else if (!is_primary && !group.why.empty()) {
    notes->push_back(absl::StrCat(name, " says: ", group.why));
  }
  const uint64_t known = row.status->configuration->version;
  if (known < view.configuration.version) {
    notes->push_back(absl::StrCat(name, " still believes in epoch ", group.epoch.value,
                                  " of configuration ", known));
  }
  if (group.open_change) notes->push_back(absl::StrCat(name, " has a change under way"));
  if (row.status->config_register.open) {
    notes->push_back(absl::StrCat(name, " waits for the register",
                                  row.status->config_register.why.empty() ? "" : ": ",
                                  row.status->config_register.why));
  }
}

}  // namespace

absl::string_view HealthLevelName(HealthLevel level) {
  static constexpr absl::string_view kNames[] = {"HEALTHY", "DEGRADED", "UNAVAILABLE"};
  return kNames[static_cast<size_t>(level)];
}

ExitCode HealthExitCode(HealthLevel level) {
  static constexpr ExitCode kCodes[] = {ExitCode::kOk, ExitCode::kDegraded, ExitCode::kUnavailable};
  return kCodes[static_cast<size_t>(level)];
}

Health Judge(const ClusterView& view) {
  Health health;
  health.tolerance = Tolerance(view);
  health.notes = view.strangers;
  for (const NodeRow& row : view.rows) NoteNode(view, row, &health.notes);
  if (!view.configuration.next_voters.empty()) {
    health.notes.push_back("a change of the voters is under way");
  }
  if (JudgeAvailability(view, &health)) return health;
  health.survives = health.tolerance.Survives();
  const std::vector<std::string> missing = MissingNodes(view);
  if (health.survives == 0) {
    health.level = HealthLevel::kDegraded;
    const std::string down = IsDown(missing);
    health.headline = absl::StrCat("0 further failures tolerated: ", down, down.empty() ? "" : ", ",
                                   WhatIsLost(view, health.tolerance));
  } else {
    health.headline = Survives(health.survives);
    if (!missing.empty()) {
      health.level = HealthLevel::kDegraded;
      absl::StrAppend(&health.headline, "; ", IsDown(missing));
    }
  }
  if (!missing.empty()) {
    health.next = absl::StrCat("start ", missing.front(), " again, or replace it: kvctl add-node, ",
                               "then kvctl remove-node ", missing.front());
  }
  return health;
}

std::string StateWord(const ClusterView& view, const NodeRow& row) {
  const NodeId id = row.description.id;
  if (IsSilent(view, id)) return row.status.has_value() ? "silent" : "unreachable";
  const MemberReport* member = view.Member(id);
  if (!row.status.has_value()) return "unreachable";
  const GroupReport& group = row.status->group;
  if (group.role == Role::kPrimary) {
    if (&row != view.Primary()) return "deposed";
    return group.serving ? "serving" : "not serving";
  }
  if (group.role == Role::kWitness) return "voting";
  if (view.IsInSync(row)) return "in-sync";
  if (member != nullptr && member->sync_percent.has_value()) {
    return absl::StrFormat("%s %.0f %%", MemberStateName(member->state), *member->sync_percent);
  }
  if (group.role != Role::kReplica) return std::string(RoleName(group.role));
  return member != nullptr ? std::string(MemberStateName(member->state)) : "outside";
}

std::string Count(uint64_t count, absl::string_view singular) {
  if (count == 1) return absl::StrCat("1 ", singular);
  // One copy, two copies; one key, two keys.
  const bool changes = absl::EndsWith(singular, "y") && !absl::EndsWith(singular, "ey");
  if (changes) singular.remove_suffix(1);
  return absl::StrCat(count, " ", singular, changes ? "ies" : "s");
}

}  // namespace holdfast::kvctl
