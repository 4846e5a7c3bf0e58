// The register under any schedule: messages lost, late, reordered and repeated, voters and
// proposers that crash, voters that lose their disk, sets of voters replaced by others.
#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "tests/cluster/register/register_world.h"

namespace holdfast {
namespace {

using Kind = RegisterStep::Kind;

constexpr int kNodes = 5;

// A sorted, non-empty set of nodes.
rc::Gen<std::vector<NodeId>> AnyVoters() {
  return rc::gen::map(rc::gen::inRange(1, 1 << kNodes), [](int bits) {
    std::vector<NodeId> voters;
    for (uint64_t node = 1; node <= kNodes; ++node) {
      if ((bits >> (node - 1)) & 1) voters.push_back({node});
    }
    return voters;
  });
}

rc::Gen<RegisterStep> AnyStep() {
  return rc::gen::apply(
      [](Kind kind, std::vector<NodeId> voters) {
        return RegisterStep{kind, std::move(voters)};
      },
      rc::gen::weightedElement<Kind>(
          {{2, Kind::kRead}, {4, Kind::kChange}, {2, Kind::kBegin}, {2, Kind::kFinish}}),
      AnyVoters());
}

RegisterScope AnyScope(int wipes) {
  RegisterScope scope = {.nodes = kNodes,
                         .voters = *AnyVoters(),
                         .duplicate = true,
                         .gossip = true,
                         .crashes = 3,
                         .wipes = wipes,
                         .proposer_crashes = 2};
  const int proposers = *rc::gen::inRange(1, 4);
  for (int i = 0; i < proposers; ++i) {
    const auto steps =
        *rc::gen::resize(16, rc::gen::container<std::vector<RegisterStep>>(AnyStep()));
    scope.scripts.push_back(steps);
    scope.retries.push_back(4);
  }
  return scope;
}

// Which of the events a number stands for. Three of four times the world simply goes on: a schedule
// of nothing but trouble gets nowhere.
const RegisterEvent& Pick(const std::vector<RegisterEvent>& events, uint16_t number) {
  std::vector<const RegisterEvent*> usual;
  for (const RegisterEvent& event : events) {
    const bool goes_on = event.kind == RegisterEvent::Kind::kDeliver ||
                         event.kind == RegisterEvent::Kind::kStart ||
                         event.kind == RegisterEvent::Kind::kLearn;
    if (goes_on) usual.push_back(&event);
  }
  const size_t choice = number / 4;
  if (number % 4 == 0 || usual.empty()) return events[choice % events.size()];
  return *usual[choice % usual.size()];
}

using Picks = std::vector<uint16_t>;
rc::Gen<Picks> AnyPicks() { return rc::gen::resize(600, rc::gen::arbitrary<Picks>()); }

// Runs a schedule and says what went wrong; `told` gets the events.
std::string Play(RegisterWorld& world, const Picks& picks, std::vector<std::string>& told) {
  for (uint16_t pick : picks) {
    const std::vector<RegisterEvent> events = world.Enabled();
    if (events.empty()) break;
    const RegisterEvent event = Pick(events, pick);
    told.push_back(world.Describe(event));
    world.Apply(event);
    if (!world.violation().empty()) break;
  }
  return world.violation();
}

void LogSchedule(const RegisterWorld& world, const std::vector<std::string>& told) {
  for (const std::string& line : told) RC_LOG() << line << "\n";
  RC_LOG() << world.violation() << "\n";
}

RC_GTEST_PROP(RegisterProperty, OneChainAndNothingUnchosen, ()) {
  const RegisterScope scope = AnyScope(*rc::gen::inRange(0, 3));
  RegisterWorld world(scope);
  std::vector<std::string> told;
  const std::string violation = Play(world, *AnyPicks(), told);
  LogSchedule(world, told);
  RC_ASSERT(violation.empty());
}

RC_GTEST_PROP(RegisterProperty, OperationsEndOnceMessagesArrive, ()) {
  const RegisterScope scope = AnyScope(0);
  RegisterWorld world(scope);
  std::vector<std::string> told;
  RC_ASSERT(Play(world, *AnyPicks(), told).empty());
  const bool settled = world.Settle();
  LogSchedule(world, told);
  RC_ASSERT(settled);
  RC_ASSERT(world.violation().empty());
}

}  // namespace
}  // namespace holdfast
