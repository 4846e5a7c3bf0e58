// Every schedule of the register at small scope: depth first, each state once.
//
//   explore_register             all scopes, without mistakes: nothing may go wrong
//   explore_register --bugs      each planted bug: some schedule must go wrong (planted build only)
//   explore_register --bug NAME  that one; prints the schedule
//
// A scope is explored to its end; its size is part of the test, so that one which has shrunk to
// nothing is seen.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "net/base/check.h"
#include "tests/cluster/register/register_world.h"

namespace holdfast {
namespace {

using Step = RegisterStep;
using Kind = RegisterStep::Kind;

constexpr size_t kStatesMax = 1'000'000;  // of one scope

const std::vector<NodeId> kOld = {{1}, {2}, {3}};

struct Story {
  RegisterScope scope;
  // Brings the world to where the exploration begins; none: at the beginning.
  void (*begin)(RegisterWorld&) = nullptr;
  size_t states_min = 1000;  // fewer are no exploration
};

// Node 1 has proposed a joint value, which one voter accepted, and does not know what became of it.
void HalfAcceptedJointValue(RegisterWorld& world) {
  world.Apply({RegisterEvent::Kind::kStart, 0});
  for (uint64_t voter : {1, 2, 4, 1}) world.DeliverTo({voter});
  world.LoseRequests();
  world.Apply({RegisterEvent::Kind::kGiveUp, 0});
}

// Node 1 has had its joint value chosen, and is gone; the others have heard of it.
void OrphanedJointValue(RegisterWorld& world) {
  world.Apply({RegisterEvent::Kind::kStart, 0});
  for (uint64_t voter : {1, 2, 4, 1, 2, 4}) world.DeliverTo({voter});
  world.LoseRequests();
  for (size_t heir : {1, 2}) world.Apply({RegisterEvent::Kind::kLearn, heir});
}

std::vector<Story> Stories() {
  return {
      {.scope = {.name = "two changes and a crash",
                 .voters = kOld,
                 .scripts = {{{Kind::kChange}}, {{Kind::kChange}, {Kind::kRead}}},
                 .retries = {0, 0},
                 .reduced = true,
                 .crashes = 1}},
      {.scope = {.name = "two changes, tried again",
                 .voters = kOld,
                 .scripts = {{{Kind::kChange}}, {{Kind::kChange}}},
                 .retries = {1, 1},
                 .reduced = true}},
      {.scope = {.name = "a change read while it is made",
                 .voters = kOld,
                 .scripts = {{{Kind::kChange}}, {{Kind::kRead}, {Kind::kRead}}},
                 .retries = {0, 0},
                 .reduced = true}},
      {.scope = {.name = "an amnesiac",
                 .voters = kOld,
                 .scripts = {{{Kind::kChange}}, {{Kind::kChange}, {Kind::kRead}}},
                 .retries = {0, 0},
                 .reduced = true,
                 .wipes = 1}},
      {.scope = {.name = "voters replaced",
                 .nodes = 4,
                 .voters = kOld,
                 .scripts = {{{Kind::kBegin, {{4}}}, {Kind::kFinish}}, {{Kind::kChange}}},
                 .retries = {0, 0},
                 .reduced = true}},
      {.scope = {.name = "half-accepted joint value",
                 .nodes = 4,
                 .voters = kOld,
                 .scripts = {{{Kind::kBegin, {{4}}}, {Kind::kFinish}}, {{Kind::kChange}}},
                 .retries = {1, 0},
                 .reduced = true,
                 .guess = true},
       .begin = HalfAcceptedJointValue},
      {.scope = {.name = "two heirs of a joint value",
                 .nodes = 4,
                 .voters = kOld,
                 .scripts = {{{Kind::kBegin, {{4}}}}, {{Kind::kFinish}}, {{Kind::kFinish}}},
                 .retries = {0, 0, 0},
                 .reduced = true},
       .begin = OrphanedJointValue},
  };
}

class Explorer {
 public:
  explicit Explorer(const Story& story) : story_(story) {}

  // False as soon as something goes wrong.
  bool Run() {
    RegisterWorld world(story_.scope);
    if (story_.begin != nullptr) story_.begin(world);
    return Visit(world);
  }

  size_t states() const { return visited_.size(); }
  size_t depth() const { return depth_; }
  bool complete() const { return complete_; }
  const std::string& violation() const { return violation_; }
  const std::vector<std::string>& schedule() const { return schedule_; }

 private:
  bool Visit(const RegisterWorld& world) {
    if (!world.violation().empty()) {
      violation_ = world.violation();
      return false;
    }
    if (visited_.size() == kStatesMax) {
      complete_ = false;
      return true;
    }
    if (!visited_.insert(world.Hash()).second) return true;
    ++height_;
    depth_ = std::max(depth_, height_);
    for (const RegisterEvent& event : world.Enabled()) {
      RegisterWorld next = world;
      next.Apply(event);
      if (Visit(next)) continue;
      schedule_.insert(schedule_.begin(), world.Describe(event));
      return false;
    }
    --height_;
    return true;
  }

  const Story& story_;
  absl::flat_hash_set<uint64_t> visited_;
  size_t height_ = 0;
  size_t depth_ = 0;
  bool complete_ = true;
  std::string violation_;
  std::vector<std::string> schedule_;
};

void PrintSchedule(const Explorer& explorer) {
  for (const std::string& line : explorer.schedule()) absl::PrintF("    %s\n", line);
  absl::PrintF("  %s\n", explorer.violation());
}

bool ExploreClean() {
  bool green = true;
  for (const Story& story : Stories()) {
    Explorer explorer(story);
    const bool held = explorer.Run();
    const bool whole = explorer.complete() && explorer.states() >= story.states_min;
    absl::PrintF("%-32s %8d states, longest schedule %d: %s\n", story.scope.name, explorer.states(),
                 explorer.depth(),
                 !held   ? "VIOLATED"
                 : whole ? "holds"
                         : "NOT EXPLORED TO ITS END");
    if (!held) PrintSchedule(explorer);
    green = green && held && whole;
  }
  return green;
}

#ifdef HOLDFAST_PLANTED_BUGS

absl::string_view planted_bug;

constexpr absl::string_view kBugs[] = {
    "promise-not-persisted", "accept-not-persisted",           "one-round-register-read-trusted",
    "amnesiac-voter-votes",  "new-voters-before-joint-chosen", "stale-cas-accepted",
};

bool Catch(absl::string_view bug, bool show) {
  planted_bug = bug;
  for (const Story& story : Stories()) {
    Explorer explorer(story);
    if (explorer.Run()) continue;
    absl::PrintF("%-32s caught by \"%s\" after %d states\n", bug, story.scope.name,
                 explorer.states());
    if (show) PrintSchedule(explorer);
    return true;
  }
  absl::PrintF("%-32s NOT CAUGHT\n", bug);
  return false;
}

bool CatchAll() {
  bool all = true;
  for (absl::string_view bug : kBugs) all = Catch(bug, false) && all;
  return all;
}

#endif

}  // namespace

#ifdef HOLDFAST_PLANTED_BUGS
bool IsPlanted(absl::string_view bug) { return bug == planted_bug; }
#endif

}  // namespace holdfast

int main(int argc, char** argv) {
#ifdef HOLDFAST_PLANTED_BUGS
  if (argc == 2 && std::strcmp(argv[1], "--bugs") == 0) return holdfast::CatchAll() ? 0 : 1;
  if (argc == 3 && std::strcmp(argv[1], "--bug") == 0) {
    return holdfast::Catch(argv[2], true) ? 0 : 1;
  }
#endif
  if (argc != 1) {
    std::fprintf(stderr, "usage: %s%s\n", argv[0], argc > 0 ? " [--bugs | --bug NAME]" : "");
    return 2;
  }
  return holdfast::ExploreClean() ? 0 : 1;
}
