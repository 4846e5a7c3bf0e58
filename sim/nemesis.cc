#include "sim/nemesis.h"

#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

constexpr Ratio kClassIsOn{1, 2};
// Of the steps of a wall clock; the others are of half a second.
constexpr Ratio kLongStep{1, 3};
constexpr Nanos kShortStepMax = Milliseconds(500);
constexpr Nanos kLongStepMax = Seconds(10);
constexpr int64_t kDriftPpmMax = 200;
constexpr int64_t kWildDriftPpmMax = 10'000;
constexpr Ratio kWildDrift{1, 10};
constexpr Nanos kPauseMax = Seconds(2);
constexpr Nanos kPartitionMean = Seconds(2);
constexpr Ratio kOneWay{2, 5};

}  // namespace

Nemesis::Nemesis(Kernel& kernel, SimNetwork& network, Target target, std::vector<HostId> clients)
    : kernel_(kernel),
      network_(network),
      target_(std::move(target)),
      clients_(std::move(clients)),
      actor_(kernel.AddActor()),
      own_drift_ppm_(target_.machine->clock().drift_ppm()) {
  constexpr Nanos kEvery[kFaults] = {Seconds(5), Seconds(8), Seconds(10), Seconds(5), Seconds(8)};
  for (uint64_t fault = 0; fault < kFaults; ++fault) {
    Class& one = classes_.emplace_back(Class{.draws = kernel.draws("nemesis", fault)});
    one.on = one.draws.Chance(kClassIsOn);
    one.every_mean = kEvery[fault];
  }
}

Nemesis::~Nemesis() { kernel_.NextIncarnation(actor_); }

void Nemesis::Activate() {
  active_ = true;
  for (int fault = 0; fault < kFaults; ++fault) {
    if (classes_[fault].on) Schedule(static_cast<Fault>(fault));
  }
}

void Nemesis::Deactivate() {
  active_ = false;
  for (HostId client : clients_) SetBlocked(client, false, 3);
  target_.clock_changes();
  target_.machine->clock().SetDrift(own_drift_ppm_);
  target_.clock_changes();
}

void Nemesis::Schedule(Fault fault) {
  Class& one = classes_[fault];
  kernel_.Schedule(one.draws.Exponential(one.every_mean), actor_, "nemesis", [this, fault] {
    if (!active_) return;
    ++strikes_;
    Strike(fault, classes_[fault].draws);
    Schedule(fault);
  });
}

void Nemesis::Strike(Fault fault, Draws& draws) {
  switch (fault) {
    case kWallStep:
      return StepWall(draws);
    case kDrift:
      return Drift(draws);
    case kPause:
      return Pause(draws);
    case kBreak:
      return Break(draws);
    case kPartition:
      return Partition(draws);
    case kFaults:
      break;
  }
}

void Nemesis::StepWall(Draws& draws) {
  const Nanos max = draws.Chance(kLongStep) ? kLongStepMax : kShortStepMax;
  const Nanos step = draws.Between(Nanos{-max.value}, max);
  kernel_.Note(actor_, absl::StrCat("wall clock steps by ", step.value, " ns"));
  target_.clock_changes();
  target_.machine->clock().StepWall(step);
  target_.clock_changes();
}

void Nemesis::Drift(Draws& draws) {
  const int64_t max = draws.Chance(kWildDrift) ? kWildDriftPpmMax : kDriftPpmMax;
  target_.clock_changes();
  target_.machine->clock().SetDrift(draws.Between(-max, max));
  target_.clock_changes();
}

void Nemesis::Pause(Draws& draws) {
  const Nanos length = draws.Between(Milliseconds(1), kPauseMax);
  kernel_.Note(actor_, absl::StrCat("node pauses for ", length.value, " ns"));
  target_.machine->Pause(length);
  target_.paused(kernel_.now() + length);
}

void Nemesis::Break(Draws& draws) {
  const std::vector<SocketId> open = network_.open_sockets();
  if (open.empty()) return;
  const SocketId victim = open[draws.Below(open.size())];
  kernel_.Note(actor_, absl::StrCat("connection of socket ", victim, " breaks"));
  network_.Break(victim);
  ++connections_broken_;
}

void Nemesis::Partition(Draws& draws) {
  const HostId client = clients_[draws.Below(clients_.size())];
  // 1: to the node, 2: from it, 3: both.
  const uint64_t directions = draws.Chance(kOneWay) ? 1 + draws.Below(2) : 3;
  kernel_.Note(actor_, absl::StrCat("host ", client.value, " is cut off, directions ", directions));
  SetBlocked(client, true, directions);
  kernel_.Schedule(draws.Exponential(kPartitionMean), actor_, "heal link",
                   [this, client] { SetBlocked(client, false, 3); });
}

void Nemesis::SetBlocked(HostId client, bool blocked, uint64_t directions) {
  const HostId node = target_.machine->host();
  if ((directions & 1) != 0) network_.SetLinkBlocked(client, node, blocked);
  if ((directions & 2) != 0) network_.SetLinkBlocked(node, client, blocked);
}

}  // namespace holdfast
