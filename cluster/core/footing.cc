#include "cluster/core/footing.h"

#include "net/base/check.h"
#include "net/base/planted_bug.h"

namespace holdfast {
namespace {

bool IsSame(Identity left, Identity right) {
  const bool by_node = BUG("incarnation-ignored") || BUG("quick-restart-resumes-as-primary");
  return by_node ? left.node == right.node : left == right;
}

}  // namespace

bool Footing::IsSelf(Identity identity) const { return IsSame(identity, self); }

bool Footing::IsPrimary(Identity identity) const { return IsSame(identity, view.group.primary); }

bool Footing::IsPromoting() const {
  if (BUG("half-accepted-promotion-completed-late")) {
    // Forgets the proposal as soon as its outcome is unknown.
    if (register_use.stage != RegisterUse::Stage::kProposing) return false;
  }
  return register_use.proposal.has_value() && register_use.proposal->epoch > view.group.epoch;
}

size_t Footing::MinInSync() const {
  if (options.min_in_sync > 0) return static_cast<size_t>(options.min_in_sync);
  return view.data_nodes.size() >= 3 ? 2 : 1;
}

Nanos Footing::BackOff() const {
  if (BUG("duelling-promotions-without-back-off")) return {};
  const auto range = static_cast<uint64_t>(options.timing.back_off.value >> 8);
  return {static_cast<int64_t>((range * (random >> 8)) >> 16)};
}

bool Footing::operator==(const Footing& other) const { return Fields() == other.Fields(); }

void Turn::Suggest(GroupConfiguration group) {
  CHECK(base.register_use.stage == RegisterUse::Stage::kIdle);
  CHECK(!base.register_use.proposal.has_value());
  base.register_use.stage = RegisterUse::Stage::kProposing;
  base.register_use.proposal = group;
  Emit(Propose{base.view.version, std::move(group)});
}

void Turn::AskRegister() {
  RegisterUse& use = base.register_use;
  CHECK(use.stage == RegisterUse::Stage::kUnresolved);
  use.stage = RegisterUse::Stage::kResolving;
  Emit(ReadRegister{});
}

}  // namespace holdfast
