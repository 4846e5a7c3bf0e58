// Fault: one thing that goes wrong, decided before the run begins.
//
//   fault 12 at 3.250000000 crash node 2 for 0.700000000 amount 1 when promotion
//
// A seed's faults are a list, drawn class by class from sub-streams of their own, each class with a
// rhythm of its own. The list is data: it can be printed, kept, and shortened without touching what
// else a seed decides. Who exactly is hit may be left to the moment (`pick`), and a fault may wait
// for a vulnerable moment of its node or of another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/types.h"
#include "net/base/witness.h"
#include "sim/draws.h"
#include "sim/knobs.h"

namespace holdfast {

enum class FaultKind : uint8_t {
  kWallStep,    // node's wall clock jumps by `amount` ns
  kDrift,       // node's clocks run off by `amount` ppm
  kPause,       // node stands still for `length`
  kBreak,       // a connection breaks; its ends learn soon, late or never; `amount` 1: all that
                // node has with other nodes
  kBlackHole,   // a connection carries nothing any more, and nobody learns
  kLinger,      // a connection's sender loses it; what it had sent arrives up to `length` later
  kGarble,      // a bit of what is sent next between two nodes is flipped, and TCP does not notice
  kSlowLink,    // what node sends (to those in `mask`; 0: to all) takes `amount` ns longer
  kClientCut,   // a client is cut off
  kIsolate,     // node is cut off from all other nodes
  kSplit,       // the nodes in `mask` are cut off from the others
  kBridge,      // as split, but node talks to both sides
  kRing,        // each node talks to its two neighbours only
  kVotersOnly,  // node is cut off from nodes that hold data, and reaches witnesses and clients
  kSwizzle,     // links of the nodes in `mask` stop one by one and go on in another order
  kCrash,       // node's process (amount 0) or machine (1) ends, or its disk is lost too (2), or
                // only what it remembers as a voter (3)
  kPowerLoss,   // all machines at once
  kOperator,    // an operator's command, number `amount` (sim/group_life.h)
  kSyncError,   // the next sync of node's disk fails, so that it has to stop; then as a crash
  kScatter,     // all nodes are cut off from each other
};
inline constexpr int kFaultKinds = static_cast<int>(FaultKind::kScatter) + 1;
// The operator's command that is a client's too: its reply is judged as any other.
inline constexpr int64_t kFlushAll = 8;
// Whose vulnerable moment a fault waits for. With kWhoever it strikes whoever's moment that is.
enum class MomentOf : int64_t { kSelf, kOther, kAnyone, kWhoever };

struct Fault {
  int64_t id = 0;
  // Which stretch of chaos, and when in it.
  int64_t phase = 0;
  Nanos at{};
  FaultKind kind = FaultKind::kBreak;
  int64_t node = 0;
  int64_t mask = 0;
  // Of a cut: 1 to the node, 2 from it, 3 both.
  int64_t directions = 3;
  Nanos length{};
  int64_t amount = 0;
  int64_t pick = 0;
  // The fault waits for such a moment until the phase ends, and then for `delay`.
  std::optional<Vulnerable> moment;
  int64_t moment_of = 0;  // a MomentOf
  Nanos delay{};

  std::string ToString() const;
  bool operator==(const Fault&) const = default;
};

// Reads what ToString wrote.
absl::StatusOr<Fault> ParseFault(absl::string_view line);

// The classes that are on, a bit per class: each with probability one half, some less often.
int64_t DrawFaultClasses(Draws draws, Profile profile);
// One of those that comes much more often in this seed, counted from 1; 0: none.
int64_t DrawStressedClass(Draws draws, int64_t classes);
// All faults of a seed, by phase and time.
std::vector<Fault> PlanFaults(uint64_t seed, const Knobs& knobs);
// How long each of the two stretches of chaos is.
Nanos ChaosLength(const Knobs& knobs);

absl::string_view NameOf(Vulnerable moment);

}  // namespace holdfast
