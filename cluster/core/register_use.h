// A group's one conversation with the register.
//
//   idle --propose--> proposing --chosen, conflict--> idle
//                         |unknown
//                         v
//                     unresolved --read--> resolving --done--> idle
//
// 1. There is one operation at a time, so a read that ends after a proposal's unknown outcome also
//    began after it: that makes it the later full round which closes the proposal.
// 2. Nothing else closes a proposal; a newer version heard from a peer does not.
// 3. While a proposal is open it may be chosen at any moment, also long after its sender forgot it.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "cluster/core/configuration.h"
#include "net/base/types.h"

namespace holdfast {

struct RegisterUse {
  enum class Stage : uint8_t { kIdle, kProposing, kUnresolved, kResolving };
  Stage stage = Stage::kIdle;
  std::optional<GroupConfiguration> proposal;  // open, whatever the stage
  Nanos not_before;                            // back-off after a failure

  bool IsIdle(Nanos now) const { return stage == Stage::kIdle && now >= not_before; }
  bool operator==(const RegisterUse&) const = default;
  auto Fields() const { return std::tie(stage, proposal, not_before); }
};

}  // namespace holdfast
