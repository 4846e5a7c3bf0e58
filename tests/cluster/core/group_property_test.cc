// The group under any course of events: links that lose, delay and repeat, crashes with and without
// a disk, pauses, a register that forgets and delays, operators. The stage judges every step; in
// the end, with everything healed, somebody must lead or the group must say that it is lost.
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "tests/cluster/stage/stage.h"

namespace holdfast::stage {
namespace {

enum class Act : uint8_t {
  kPass,
  kAppend,
  kDrop,
  kHold,
  kRelease,
  kRepeat,
  kBreak,
  kHeal,
  kCrash,
  kStart,
  kPause,
  kResume,
  kTreat,
  kCarryOut,
  kSwitchOver,
  kShutDown,
  kConfirm,
  kTrim,
};

struct Command {
  Act act = Act::kPass;
  int a = 1;  // a node, or the beginning of a link
  int b = 2;  // another one
  int number = 0;
};

// Whole links, or what travels by a connection of its own.
constexpr absl::string_view kKinds[] = {"", "", "Records", "Snapshot", "HeartbeatAck", "Heartbeat"};
constexpr Nanos kSpans[] = {kTurn, Milliseconds(100), Milliseconds(350), Milliseconds(1100)};

rc::Gen<Command> AnyCommand(int nodes) {
  return rc::gen::apply(
      [](Act act, int a, int b, int number) {
        return Command{act, a, b == a ? a + 1 : b, number};
      },
      rc::gen::weightedElement<Act>({{16, Act::kPass},
                                     {10, Act::kAppend},
                                     {4, Act::kDrop},
                                     {4, Act::kHold},
                                     {5, Act::kRelease},
                                     {1, Act::kRepeat},
                                     {3, Act::kBreak},
                                     {3, Act::kHeal},
                                     {3, Act::kCrash},
                                     {4, Act::kStart},
                                     {2, Act::kPause},
                                     {3, Act::kResume},
                                     {4, Act::kTreat},
                                     {3, Act::kCarryOut},
                                     {3, Act::kSwitchOver},
                                     {1, Act::kShutDown},
                                     {2, Act::kConfirm},
                                     {1, Act::kTrim}}),
      rc::gen::inRange(1, nodes), rc::gen::inRange(1, nodes + 1), rc::gen::inRange(0, 60));
}

std::string Describe(const Command& command) {
  constexpr absl::string_view kNames[] = {
      "pass",  "append",    "drop",        "hold",      "release", "repeat",
      "break", "heal",      "crash",       "start",     "pause",   "resume",
      "treat", "carry out", "switch over", "shut down", "confirm", "trim"};
  return absl::StrCat(kNames[static_cast<size_t>(command.act)], " ", command.a, " ", command.b, " ",
                      command.number);
}

class Course {
 public:
  Course(int nodes, std::vector<int> in_sync, uint64_t seed)
      : stage_({.nodes = nodes, .in_sync = std::move(in_sync), .seed = seed}) {}

  void Take(const Command& command) {
    const auto number = static_cast<size_t>(command.number);
    const absl::string_view kind = kKinds[number % std::size(kKinds)];
    const Link link = number % 2 == 0 ? Link{command.a, command.b} : Link{command.b, command.a};
    switch (command.act) {
      case Act::kPass:
        return stage_.Pass(kSpans[number % std::size(kSpans)]);
      case Act::kDrop:
        return stage_.Drop(link, kind);
      case Act::kHold:
        return stage_.Hold(link, kind);
      case Act::kRelease:
        return stage_.Release(link, kind);
      case Act::kRepeat:
        stage_.Repeat(link, "Records");
        return;
      case Act::kBreak:
        return stage_.Break(command.a, command.b);
      case Act::kHeal:
        return stage_.Heal();
      case Act::kCarryOut:
        return stage_.CarryOutDelayed();
      default:
        return TakeAtNode(link.first, command);
    }
  }

  // Everything heals, everybody runs; who was told to end has ended, and is started again.
  void Heal() {
    for (int node = 1; node <= stage_.size(); ++node) {
      stage_.SetPaused(node, false);
      if (ending_.count(node) != 0 && stage_.node(node).group) stage_.Crash(node);
      if (!stage_.node(node).group) stage_.Start(node, Remains::kLog);
    }
    stage_.CarryOutDelayed();
    stage_.Heal();
    stage_.Pass(Seconds(8));
  }
  bool IsSettled() const {
    if (stage_.chosen().group.status == GroupStatus::kLost) return true;
    int serving = 0;
    for (int node = 1; node <= stage_.size(); ++node) serving += stage_.Serves(node);
    return serving == 1;
  }
  Stage& stage() { return stage_; }

 private:
  void TakeAtNode(int node, const Command& command) {
    const StageNode& actor = stage_.node(node);
    if (!actor.group) {
      if (command.act != Act::kStart) return;
      return stage_.Start(node, static_cast<Remains>(command.number % 3));
    }
    const auto request = ++requests_;
    if (command.act == Act::kCrash) {
      stage_.Crash(node);
      ending_.erase(node);
    } else if (command.act == Act::kPause || command.act == Act::kResume) {
      stage_.SetPaused(node, command.act == Act::kPause);
    } else if (command.act == Act::kTreat) {
      stage_.Treat(node, static_cast<Treatment>(command.number % 5));
    } else if (command.act == Act::kTrim) {
      stage_.Trim(node, actor.group->commit());
    } else if (command.act == Act::kAppend) {
      for (int leader = 1; leader <= stage_.size(); ++leader) {
        if (stage_.writes() < kWritesMax) stage_.Append(leader);
      }
    } else if (actor.paused) {
      return;
    } else if (command.act == Act::kSwitchOver) {
      stage_.Give(node, Switchover{.request = request});
    } else if (command.act == Act::kShutDown) {
      stage_.Give(node, Shutdown{request});
      ending_.insert(node);
    } else if (command.act == Act::kConfirm) {
      stage_.Give(node, ConfirmRead{request});
    }
  }

  Stage stage_;
  uint64_t requests_ = 0;
  std::set<int> ending_;
};

using Commands = std::vector<Command>;

void Play(Course& course, const Commands& commands) {
  for (const Command& command : commands) {
    course.Take(command);
    for (const std::string& told : course.stage().TakeTold()) RC_LOG() << "    " << told << "\n";
    RC_LOG() << Describe(command) << "\n";
    if (!course.stage().violation().empty()) break;
  }
  RC_LOG() << course.stage().violation() << "\n";
}

Commands AnyCommands(int nodes) {
  return *rc::gen::resize(120, rc::gen::container<Commands>(AnyCommand(nodes)));
}

std::vector<int> AnySet(int nodes) {
  std::vector<int> set = {1};
  for (int node = 2; node <= nodes; ++node) {
    if (*rc::gen::weightedElement<bool>({{3, true}, {1, false}})) set.push_back(node);
  }
  return set;
}

RC_GTEST_PROP(GroupProperty, NothingAcknowledgedIsEverMissing, ()) {
  const int nodes = *rc::gen::inRange(2, 5);
  Course course(nodes, AnySet(nodes), *rc::gen::arbitrary<uint64_t>());
  Play(course, AnyCommands(nodes));
  RC_ASSERT(course.stage().violation().empty());
}

RC_GTEST_PROP(GroupProperty, OnceHealedSomebodyLeadsOrTheGroupIsLost, ()) {
  const int nodes = *rc::gen::inRange(2, 5);
  Course course(nodes, AnySet(nodes), *rc::gen::arbitrary<uint64_t>());
  Play(course, AnyCommands(nodes));
  RC_ASSERT(course.stage().violation().empty());
  course.Heal();
  for (const std::string& told : course.stage().TakeTold()) RC_LOG() << "    " << told << "\n";
  RC_LOG() << course.stage().violation() << "\n";
  RC_ASSERT(course.stage().violation().empty());
  RC_ASSERT(course.IsSettled());
}

}  // namespace
}  // namespace holdfast::stage
