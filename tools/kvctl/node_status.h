// NodeStatus: what one node says of itself, of its group and of the cluster: the answer to
// `HOLDFAST STATUS`, a JSON object with the schema "holdfast.status/v1".
//
// It is that node's belief. Others may know better; ClusterView puts the beliefs side by side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cluster/core/configuration.h"
#include "cluster/core/identity.h"
#include "tools/kvctl/failure.h"

namespace holdfast::kvctl {

enum class Role { kNone, kPrimary, kReplica, kLearner, kWaiting, kLost, kWitness };
enum class MemberState { kInSync, kJoining, kLearner, kSilent };

absl::string_view RoleName(Role role);
absl::string_view MemberStateName(MemberState state);

// A member as the reporting node sees it.
struct MemberReport {
  Identity identity;
  MemberState state = MemberState::kSilent;
  Lsn acked;
  std::optional<double> last_heard_ms;
  std::optional<double> sync_percent;  // of a snapshot that is under way
};

struct GroupReport {
  Role role = Role::kNone;
  bool serving = false;
  Epoch epoch;
  Lsn tail, committed, applied;
  std::string why;  // it does not serve, or is what it is
  std::optional<double> lease_margin_ms;
  uint64_t held_replies = 0;
  uint64_t oldest_uncommitted_ms = 0;
  uint64_t min_in_sync = 1;
  bool open_change = false;
  std::vector<MemberReport> members;
};

struct RegisterReport {
  bool open = false;  // an operation of unknown outcome
  std::string why;
};

struct NodeStatus {
  Identity identity;
  std::string name;
  std::string address;       // for clients
  std::string peer_address;  // for nodes
  std::string version;
  bool witness = false;
  uint64_t uptime_seconds = 0;
  uint64_t keys = 0;
  std::optional<ClusterConfiguration> configuration;
  GroupReport group;
  RegisterReport config_register;
};

// The failure's `why` names the first field that is missing or wrong.
Result<NodeStatus> ParseNodeStatus(absl::string_view json);

}  // namespace holdfast::kvctl
