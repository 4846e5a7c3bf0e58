#include "node/health.h"

#include "absl/strings/str_cat.h"
#include "node/commands/cluster.h"
#include "node/membership.h"
#include "node/node.h"

namespace holdfast {
namespace {

// What the node is, for those that it turns away.
Health Not(absl::string_view what, const ClusterStatus& status) {
  return {.text = absl::StrCat("not ", what, ": this node is ", RoleWord(status),
                               status.group.reason.empty() ? "" : ", ", status.group.reason)};
}

}  // namespace

Health PrimaryHealth(Node& node) {
  if (node.membership() == nullptr) return {true, "primary: it stands alone"};
  const ClusterStatus status = node.membership()->driver().Status();
  if (status.serving) return {true, absl::StrCat("primary of epoch ", status.group.epoch.value)};
  return Not("the primary", status);
}

Health ReplicaHealth(Node& node, std::optional<Millis> lag_max) {
  if (node.membership() == nullptr) return {.text = "not a replica: it stands alone"};
  const ClusterStatus status = node.membership()->driver().Status();
  const ServingState& state = node.membership()->state();
  if (status.group.role == GroupRole::kPrimary || !state.readable.load()) {
    return Not("a replica that can be read", status);
  }
  const Millis lag = ToMillis(node.clock().Monotonic() - Nanos{state.heard_at.load()});
  if (state.heard_at.load() == 0) return {.text = "the primary has not been heard yet"};
  if (lag_max && lag > *lag_max) {
    return {.text =
                absl::StrCat("the primary was heard ", lag.value, " ms ago, not ", lag_max->value)};
  }
  return {true, absl::StrCat("replica, ", lag.value, " ms behind")};
}

Health Readiness(Node& node) {
  if (node.membership() == nullptr) return {true, "ready: it stands alone"};
  Health health = PrimaryHealth(node);
  if (health.good) return health;
  health = ReplicaHealth(node, node.membership()->staleness_max());
  if (!health.good) health.text = absl::StrCat("not ready: ", health.text);
  return health;
}

}  // namespace holdfast
