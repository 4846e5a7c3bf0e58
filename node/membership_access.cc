// What a request may do on this node, and where else it is to be asked.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/session.h"
#include "storage/types/key_slot.h"

namespace holdfast {

Access Membership::Look() const {
  Access access{.role = state().role.load(std::memory_order_acquire)};
  if (access.role != ServingRole::kLeading) {
    access.passes_on =
        access.role == ServingRole::kFollower ||
        (access.role == ServingRole::kOutside && state().passes_on.load(std::memory_order_relaxed));
    return access;
  }
  access.confirm = node_.settings().read_mode == ReadMode::kConfirm;
  const int64_t serve_until = state().serve_until.load(std::memory_order_acquire);
  access.beginning = serve_until <= 0;
  access.lease_good = access.confirm || node_.clock().Monotonic().value < serve_until;
  access.may_write = state().may_write.load(std::memory_order_acquire);
  return access;
}

bool Membership::TouchesData(const CommandSpec& spec, const Session& session) {
  if (spec.is(kWrite | kReadonly) || spec.keys.first != 0) return true;
  const auto& queue = session.transaction().queue;
  return spec.name == "exec" && std::any_of(queue.begin(), queue.end(), [](const auto& command) {
           return command.spec->is(kWrite | kReadonly);
         });
}

bool Membership::Writes(const CommandSpec& spec, const Session& session) {
  if (spec.is(kWrite)) return true;
  const auto& queue = session.transaction().queue;
  return spec.name == "exec" && std::any_of(queue.begin(), queue.end(), [](const auto& command) {
           return command.spec->is(kWrite);
         });
}

bool Membership::NeedsPrimary(const Access& access, const CommandSpec& spec,
                              const Session& session) {
  if (!TouchesData(spec, session)) return false;
  return access.role != ServingRole::kFollower || !session.readonly() || Writes(spec, session);
}

std::optional<std::string> Membership::Objection(const Access& access, const CommandSpec& spec,
                                                 Arguments arguments,
                                                 const Session& session) const {
  if (!TouchesData(spec, session)) return std::nullopt;
  switch (access.role) {
    case ServingRole::kLeading:
      if (!access.lease_good) {
        return "TRYAGAIN This node's lease has ended; it is renewed or another node takes over";
      }
      if (!access.may_write && Writes(spec, session)) {
        return "NOREPLICAS Not enough good replicas to write.";
      }
      return std::nullopt;
    case ServingRole::kDraining:
      return std::nullopt;
    case ServingRole::kOutside:
      if (access.passes_on) break;
      return driver_.Status().witness
                 ? "CLUSTERDOWN This node is a witness and holds no data"
                 : "CLUSTERDOWN This node is not part of a cluster yet; see kvctl create";
    case ServingRole::kFollower:
      break;
  }
  if (NeedsPrimary(access, spec, session)) {
    if (state().stuck.load(std::memory_order_relaxed)) return WhyNobodyLeads();
    return Redirection(spec, arguments, session);
  }
  const Nanos heard{state().heard_at.load(std::memory_order_acquire)};
  const Nanos silent = node_.clock().Monotonic() - heard;
  if (heard.value == 0 || read_time().value == 0 ||
      silent > Milliseconds(node_.settings().replica_max_staleness_ms)) {
    return "MASTERDOWN Nothing was heard of the primary for longer than replica-max-staleness";
  }
  if (!state().readable.load(std::memory_order_acquire)) {
    return "MASTERDOWN This node's data is not known to be committed; it is being brought in line";
  }
  return std::nullopt;
}

// Where a client that can find its way is to ask instead, if there is a key to say so about.
std::optional<std::string> Membership::Redirection(const CommandSpec& spec, Arguments arguments,
                                                   const Session& session) const {
  const Redirects redirects = node_.settings().redirects;
  const bool finds_its_way = session.asked_for_map() || session.readonly();
  if (redirects == Redirects::kForward || (redirects == Redirects::kAuto && !finds_its_way)) {
    return std::nullopt;
  }
  std::optional<Slot> slot;
  ExtractKeys(spec, arguments, [&](absl::string_view key) {
    if (!slot) slot = KeySlot(key);
  });
  if (!slot) return std::nullopt;
  const ClusterStatus status = driver_.Status();
  for (const NodeDescription& node : status.configuration.nodes) {
    if (node.id != status.group.primary.node || node.id == status.self.node) continue;
    return absl::StrCat("MOVED ", slot->value, " ", node.host, ":", node.client_port);
  }
  return std::nullopt;
}

// Why nobody leads whom requests could be passed on to.
std::string Membership::WhyNobodyLeads() const {
  const ClusterStatus status = driver_.Status();
  if (status.group.condition == GroupCondition::kLost) {
    return absl::StrCat("CLUSTERDOWN The group is LOST: ", status.group.reason);
  }
  if (status.group.condition == GroupCondition::kWaiting) {
    return absl::StrCat("CLUSTERDOWN The group is WAITING: ", status.group.reason);
  }
  return "CLUSTERDOWN No primary is known at the moment";
}

}  // namespace holdfast
