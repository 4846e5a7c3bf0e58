// A registered in-sync member that is not the primary: the only kind that may become one unasked.
//
// 1. It promotes itself after hearing nothing for a grace, one stagger later per rank; at once when
//    the primary released the epoch to it; after its stagger alone when the primary is proved dead.
// 2. The set it proposes is the old one without the old primary, who stays only if it released.
#pragma once

#include <optional>
#include <tuple>

#include "cluster/core/following.h"

namespace holdfast {

struct Replica {
  Following following;
  std::optional<Nanos> primary_dead;  // since when we know

  void Tick(Turn& turn);
  void Released(Turn& turn, const Release& release);
  void Reported(Turn& turn, Identity from);

  bool operator==(const Replica&) const = default;
  auto Fields() const { return std::tie(following, primary_dead); }
};

}  // namespace holdfast
