// Draws a seed's faults (sim/fault.h).
#include <algorithm>
#include <optional>
#include <tuple>

#include "sim/fault.h"

namespace holdfast {
namespace {

constexpr Nanos kShortStepMax = Milliseconds(500);
constexpr Nanos kLongStepMax = Seconds(10);
constexpr Ratio kLongStep{1, 3};
constexpr int64_t kDriftPpmMax = 200;
constexpr int64_t kWildDriftPpmMax = 10'000;
constexpr Ratio kWildDrift{1, 10};
constexpr Nanos kPauseMax = Seconds(2);
// Longer than any operation on the register takes, and than whoever is cut off stays a member.
constexpr Nanos kLongPauseMax = Seconds(6);
constexpr Ratio kLongPause{1, 4};
constexpr Nanos kCutMean = Seconds(2);
constexpr Ratio kOneWay{2, 5};
constexpr Ratio kHalf{1, 2};
constexpr Nanos kLingerMax = Seconds(3);
constexpr Nanos kSlowLinkMean = Milliseconds(20);
constexpr Nanos kVerySlowLinkMax = Milliseconds(400);
constexpr Ratio kVerySlowLink{1, 3};
// Half of what is down comes back within half a lease.
constexpr Nanos kQuickRestartMax = Milliseconds(500);
constexpr Nanos kRestartMean = Seconds(3);
constexpr uint64_t kOperatorCommands = 9;
constexpr int64_t kSwitchovers = 3;  // of them, the first ones
constexpr int64_t kSwapTwice = 5;
// The rarer a moment is, and the more is undecided then, the more often a fault waits for it.
constexpr Vulnerable kMoments[] = {
    Vulnerable::kSync,         Vulnerable::kReconfiguration, Vulnerable::kReconfiguration,
    Vulnerable::kSnapshot,     Vulnerable::kSnapshot,        Vulnerable::kPromotion,
    Vulnerable::kPromotion,    Vulnerable::kPromotion,       Vulnerable::kHandover,
    Vulnerable::kHandover,     Vulnerable::kRelease,         Vulnerable::kRelease,
    Vulnerable::kRelease,      Vulnerable::kPromise,         Vulnerable::kVote,
    Vulnerable::kVote,         Vulnerable::kVoters,          Vulnerable::kVoters,
    Vulnerable::kAsksForVotes, Vulnerable::kAsksForVotes,    Vulnerable::kChosen,
    Vulnerable::kChosen};
// A fault that waited for its moment strikes in the middle of what goes on then, or a little later.
constexpr Nanos kInstantMax = Microseconds(300);
constexpr Nanos kAtOnceMax = Milliseconds(3);
constexpr Nanos kSoonMax = Milliseconds(40);
constexpr Nanos kSecondBlowMax = Seconds(3);

// A class of faults: how often, in which seeds, and whether it needs a cluster.
struct ClassRow {
  absl::string_view name;
  Nanos every_mean;
  Ratio seeds;
  bool cluster_only;
  void (*draw)(Draws& draws, const Knobs& knobs, Fault& fault);
};

int64_t Machines(const Knobs& knobs) { return knobs.nodes + knobs.witnesses; }
int64_t AnyNode(Draws& draws, const Knobs& knobs) {
  return static_cast<int64_t>(draws.Below(static_cast<uint64_t>(Machines(knobs))));
}
int64_t Directions(Draws& draws) {
  return draws.Chance(kOneWay) ? 1 + static_cast<int64_t>(draws.Below(2)) : 3;
}

void DrawWallStep(Draws& draws, const Knobs& knobs, Fault& fault) {
  fault.kind = FaultKind::kWallStep;
  fault.node = AnyNode(draws, knobs);
  const Nanos max = draws.Chance(kLongStep) ? kLongStepMax : kShortStepMax;
  fault.amount = draws.Between(-max.value, max.value);
}

void DrawDrift(Draws& draws, const Knobs& knobs, Fault& fault) {
  fault.kind = FaultKind::kDrift;
  fault.node = AnyNode(draws, knobs);
  // Leases bear one per cent between two clocks, so in a cluster each may have a half of that.
  const int64_t wild = Machines(knobs) > 1 ? kWildDriftPpmMax / 2 : kWildDriftPpmMax;
  const int64_t max = draws.Chance(kWildDrift) ? wild : kDriftPpmMax;
  fault.amount = draws.Between(-max, max);
}

void DrawPause(Draws& draws, const Knobs& knobs, Fault& fault) {
  fault.kind = FaultKind::kPause;
  fault.node = AnyNode(draws, knobs);
  fault.length =
      draws.Between(Milliseconds(1), draws.Chance(kLongPause) ? kLongPauseMax : kPauseMax);
}

void DrawConnection(Draws& draws, const Knobs&, Fault& fault) {
  // A break every five seconds, a black hole every thirty, late bytes every twenty.
  const uint64_t which = draws.Below(17);
  fault.kind = which < 12   ? FaultKind::kBreak
               : which < 14 ? FaultKind::kBlackHole
                            : FaultKind::kLinger;
  fault.pick = static_cast<int64_t>(draws.Next() >> 2);
  fault.length = draws.Between(Milliseconds(100), kLingerMax);
}

void DrawGarble(Draws& draws, const Knobs&, Fault& fault) {
  fault.kind = FaultKind::kGarble;
  fault.pick = static_cast<int64_t>(draws.Next() >> 2);
  fault.amount = static_cast<int64_t>(draws.Next() >> 2);
}

void DrawSlowLink(Draws& draws, const Knobs& knobs, Fault& fault) {
  fault.kind = FaultKind::kSlowLink;
  fault.node = AnyNode(draws, knobs);
  fault.amount = draws.Chance(kVerySlowLink) ? draws.Between(Nanos{}, kVerySlowLinkMax).value
                                             : draws.Exponential(kSlowLinkMean).value;
  fault.length = draws.Exponential(Seconds(5));
  // Everything that it sends, or what it sends to one other.
  if (draws.Chance(kHalf)) fault.mask = int64_t{1} << AnyNode(draws, knobs);
}

void DrawClientCut(Draws& draws, const Knobs& knobs, Fault& fault) {
  fault.kind = FaultKind::kClientCut;
  fault.node = static_cast<int64_t>(draws.Below(static_cast<uint64_t>(knobs.clients)));
  fault.directions = Directions(draws);
  fault.length = draws.Exponential(kCutMean);
}

void DrawPartition(Draws& draws, const Knobs& knobs, Fault& fault) {
  const uint64_t shape = draws.Below(100);
  fault.kind = shape < 35   ? FaultKind::kIsolate
               : shape < 60 ? FaultKind::kSplit
               : shape < 75 ? FaultKind::kBridge
               : shape < 83 ? FaultKind::kRing
               : shape < 92 ? FaultKind::kVotersOnly
                            : FaultKind::kScatter;
  fault.node = AnyNode(draws, knobs);
  fault.mask = static_cast<int64_t>(1 + draws.Below((uint64_t{1} << Machines(knobs)) - 1));
  fault.directions = Directions(draws);
  fault.length = draws.Exponential(kCutMean);
}

void DrawSwizzle(Draws& draws, const Knobs& knobs, Fault& fault) {
  fault.kind = FaultKind::kSwizzle;
  fault.mask = static_cast<int64_t>(1 + draws.Below((uint64_t{1} << Machines(knobs)) - 1));
  fault.length = draws.Between(Milliseconds(200), Seconds(4));
  fault.pick = static_cast<int64_t>(draws.Next() >> 2);
}

void DrawCrash(Draws& draws, const Knobs& knobs, Fault& fault) {
  fault.kind = FaultKind::kCrash;
  fault.node = AnyNode(draws, knobs);
  const uint64_t how = draws.Below(10);
  fault.amount = how == 0 ? (draws.Chance({1, 2}) ? 2 : 3) : how < 5 ? 1 : 0;
  fault.length = draws.Chance({2, 5}) ? draws.Between(Nanos{}, kQuickRestartMax)
                                      : draws.Exponential(kRestartMean);
  // Most wait for a moment at which it matters.
  if (draws.Chance({3, 5})) {
    fault.moment = kMoments[draws.Below(std::size(kMoments))];
    fault.delay = draws.Between(Nanos{}, kAtOnceMax);
  }
}

// Shorter than a lease, or longer than any operation on the register.
Nanos CutAtMoment(Draws& draws) {
  return draws.Chance(kHalf) ? draws.Between(Milliseconds(50), Seconds(1))
                             : draws.Between(Seconds(1), kLongPauseMax);
}

// Something that hits whoever is in the middle of a change, or somebody else just then.
void DrawAtMoment(Draws& draws, const Knobs& knobs, Fault& fault) {
  const uint64_t kind = draws.Below(16);
  if (kind < 3) {
    DrawCrash(draws, knobs, fault);
  } else if (kind < 5) {
    DrawPause(draws, knobs, fault);
  } else if (kind < 10) {
    fault.kind = kind < 9 ? FaultKind::kIsolate : FaultKind::kScatter;
    fault.node = AnyNode(draws, knobs);
    fault.directions = kind < 9 ? Directions(draws) : fault.directions;
    fault.length = CutAtMoment(draws);
  } else if (kind < 11) {
    fault.kind = FaultKind::kSyncError;
    fault.node = AnyNode(draws, knobs);
    fault.amount = static_cast<int64_t>(draws.Below(2));
    fault.length = draws.Exponential(Seconds(1));
  } else if (kind < 12) {
    DrawSlowLink(draws, knobs, fault);
  } else if (kind < 13) {
    fault.kind = FaultKind::kBlackHole;
    fault.pick = static_cast<int64_t>(draws.Next() >> 2);
  } else {
    fault.kind = FaultKind::kBreak;
    fault.node = AnyNode(draws, knobs);
    fault.amount = 1;
  }
  constexpr MomentOf kMomentsOf[] = {MomentOf::kSelf, MomentOf::kOther, MomentOf::kAnyone,
                                     MomentOf::kWhoever, MomentOf::kWhoever};
  fault.moment = kMoments[draws.Below(std::size(kMoments))];
  fault.moment_of = static_cast<int64_t>(kMomentsOf[draws.Below(std::size(kMomentsOf))]);
  // While a message is on its way, while a disk syncs, or while others act on it.
  constexpr Nanos kDelays[] = {kInstantMax, kAtOnceMax, kSoonMax};
  fault.delay = draws.Between(Nanos{}, kDelays[draws.Below(std::size(kDelays))]);
}

void DrawPowerLoss(Draws& draws, const Knobs&, Fault& fault) {
  fault.kind = FaultKind::kPowerLoss;
  fault.length = draws.Between(Nanos{}, Seconds(2));
}

void DrawOperator(Draws& draws, const Knobs& knobs, Fault& fault) {
  fault.kind = FaultKind::kOperator;
  fault.node = AnyNode(draws, knobs);
  fault.amount = static_cast<int64_t>(draws.Below(kOperatorCommands));
}

// Whoever is to take over is gone as soon as it is asked to, or nobody hears anybody.
void DrawFailedHandover(Draws& draws, Fault& companion) {
  constexpr FaultKind kKinds[] = {FaultKind::kCrash, FaultKind::kIsolate, FaultKind::kScatter};
  companion.kind = kKinds[draws.Below(std::size(kKinds))];
  companion.length = draws.Between(Milliseconds(500), Seconds(4));
  companion.moment = Vulnerable::kRelease;
  companion.moment_of = static_cast<int64_t>(MomentOf::kOther);
  companion.delay = draws.Between(Nanos{}, kAtOnceMax);
}

// Who was hit in the middle of a change is hit again while the others get over it.
void DrawSecondBlow(Draws& draws, const Knobs& knobs, const Fault& fault, Fault& companion) {
  const uint64_t kind = draws.Below(4);
  if (kind < 1) {
    DrawCrash(draws, knobs, companion);
  } else if (kind < 2) {
    DrawPause(draws, knobs, companion);
  } else {
    companion.kind = kind < 3 ? FaultKind::kIsolate : FaultKind::kScatter;
    companion.length = CutAtMoment(draws);
  }
  companion.node = fault.node;
  companion.moment = fault.moment;
  companion.moment_of = fault.moment_of;
  companion.delay = draws.Between(kAtOnceMax, kSecondBlowMax);
}

// Some faults do not come alone.
std::optional<Fault> DrawCompanion(const Fault& fault, const Knobs& knobs, uint64_t seed) {
  constexpr int64_t kCompanions = 250;  // ids of a class and phase from here on
  Draws draws(seed, "companion", static_cast<uint64_t>(fault.id));
  if (!draws.Chance(kHalf)) return std::nullopt;
  Fault companion{
      .id = fault.id + kCompanions, .phase = fault.phase, .at = fault.at, .node = fault.node};
  if (fault.kind == FaultKind::kOperator && fault.amount < kSwitchovers) {
    DrawFailedHandover(draws, companion);
  } else if (fault.kind == FaultKind::kOperator && fault.amount == kSwapTwice) {
    // What was said before arrives when all is as it was.
    DrawSlowLink(draws, knobs, companion);
  } else if (fault.moment) {
    DrawSecondBlow(draws, knobs, fault, companion);
  } else {
    return std::nullopt;
  }
  return companion;
}

constexpr ClassRow kClasses[] = {
    {"wall steps", Seconds(5), kHalf, false, DrawWallStep},
    {"drift", Seconds(8), kHalf, false, DrawDrift},
    {"pauses", Seconds(10), kHalf, false, DrawPause},
    {"connections", Seconds(3), kHalf, false, DrawConnection},
    {"clients cut off", Seconds(8), kHalf, false, DrawClientCut},
    {"slow links", Seconds(15), kHalf, true, DrawSlowLink},
    {"partitions", Seconds(8), kHalf, true, DrawPartition},
    {"swizzle", Seconds(10), {3, 10}, true, DrawSwizzle},
    {"crashes", Seconds(7), kHalf, true, DrawCrash},
    {"power loss", Seconds(20), {3, 100}, true, DrawPowerLoss},
    {"operator", Seconds(6), kHalf, true, DrawOperator},
    {"garbled bytes", Seconds(1), {1, 4}, true, DrawGarble},
    {"at moments", Seconds(3), kHalf, true, DrawAtMoment},
};

// How much more often faults of the class that a seed stresses come.
constexpr int64_t kStress = 4;

}  // namespace

int64_t DrawFaultClasses(Draws draws, Profile profile) {
  int64_t classes = 0;
  for (size_t i = 0; i < std::size(kClasses); ++i) {
    const bool on = draws.Chance(kClasses[i].seeds);
    // A restart takes its time from the wall clock, which is trusted there.
    const bool bends_clocks = kClasses[i].draw == DrawWallStep || kClasses[i].draw == DrawDrift;
    const bool fits = profile == Profile::kCluster ||
                      (profile == Profile::kSingle ? !kClasses[i].cluster_only : !bends_clocks);
    if (on && fits) classes |= int64_t{1} << i;
  }
  return classes;
}

int64_t DrawStressedClass(Draws draws, int64_t classes) {
  if (!draws.Chance(kHalf)) return 0;
  const uint64_t row = draws.Below(std::size(kClasses));
  return (classes >> row & 1) != 0 ? static_cast<int64_t>(row) + 1 : 0;
}

std::vector<Fault> PlanFaults(uint64_t seed, const Knobs& knobs) {
  std::vector<Fault> faults;
  for (size_t row = 0; row < std::size(kClasses); ++row) {
    if ((knobs.fault_classes >> row & 1) == 0) continue;
    for (int64_t phase = 0; phase < 2; ++phase) {
      Draws rhythm(seed, "fault rhythm", row * 2 + static_cast<uint64_t>(phase));
      const bool stressed = knobs.stressed_class == static_cast<int64_t>(row) + 1;
      const Nanos mean{kClasses[row].every_mean.value / (stressed ? kStress : 1)};
      Nanos at = rhythm.Exponential(mean);
      for (uint64_t nth = 0; at < ChaosLength(knobs); ++nth) {
        // Each fault draws for itself, so that none depends on what the one before needed.
        Fault fault{
            .id = static_cast<int64_t>(row * 1000 + static_cast<uint64_t>(phase) * 500 + nth),
            .phase = phase,
            .at = at};
        Draws draws(seed, "fault", static_cast<uint64_t>(fault.id));
        kClasses[row].draw(draws, knobs, fault);
        faults.push_back(fault);
        if (const auto companion = DrawCompanion(fault, knobs, seed)) faults.push_back(*companion);
        at += rhythm.Exponential(mean);
      }
    }
  }
  std::sort(faults.begin(), faults.end(), [](const Fault& left, const Fault& right) {
    return std::tuple(left.phase, left.at, left.id) < std::tuple(right.phase, right.at, right.id);
  });
  return faults;
}

}  // namespace holdfast
