// explore_group: every schedule of a small group with few departures from the ordinary course, or
// random schedules with more of them.
//
//   explore_group --departures 2 --seconds 60
//   explore_group --walks 100000 --seed 7 --busy 4
//   explore_group_planted --bug lease-never-ends
//   explore_group_planted --bugs            each bug that this scope can reach must be found
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "net/base/witness.h"
#include "tests/cluster/explorer/search.h"

namespace holdfast {

static std::string chosen_bug;

#ifdef HOLDFAST_PLANTED_BUGS
bool IsPlanted(absl::string_view bug) { return bug == chosen_bug; }
void WitnessAck(const AckWitness&) {}
#endif

namespace explorer {
namespace {

struct Arguments {
  Bounds bounds;
  SearchLimits limits;
  uint64_t walks = 0;
  uint64_t seed = 1;
  int busy = 3;
  bool all_bugs = false;
};

// What the scope reaches: a write lost, a stale read, two servers, or a member that lacks commits.
// Only what a bug needs is switched on, which is what makes random schedules meet it.
struct ReachableBug {
  absl::string_view name;
  Bounds bounds;
};
constexpr Bounds kEverything = {.ticks = 30, .writes = 12, .partitions = 2, .delays = 3};
constexpr Bounds kCrashes = {.ticks = 30, .writes = 12, .partitions = 0, .pauses = 0, .outages = 0};
constexpr Bounds kPartitions = {
    .ticks = 30, .writes = 12, .crashes = 0, .partitions = 2, .pauses = 0, .outages = 0};
constexpr Bounds kOutages = {.ticks = 30,
                             .writes = 12,
                             .crashes = 0,
                             .partitions = 2,
                             .pauses = 0,
                             .delays = 1,
                             .switchovers = 0};
constexpr ReachableBug kReachableBugs[] = {
    {"acknowledge-before-replicating", kPartitions},
    {"acknowledge-at-a-majority-of-the-in-sync-set", kPartitions},
    {"lease-never-ends", kPartitions},
    {"lease-counted-from-the-acks-arrival", kEverything},
    {"grace-shorter-than-lease", kPartitions},
    {"shrink-before-the-register-commits", kPartitions},
    {"grow-before-caught-up", kPartitions},
    {"old-set-instead-of-union-during-a-change", kOutages},
    {"incarnation-ignored", kCrashes},
    {"quick-restart-resumes-as-primary", kCrashes},
    {"former-member-elected", kPartitions},
    {"learner-promoted-mid-sync", kPartitions},
    {"partial-resync-by-offset-without-epoch", kPartitions},
    {"divergent-suffix-kept", kPartitions},
    {"deposed-primary-keeps-its-state", kPartitions},
    {"commit-jumps-a-gap", kPartitions},
    {"full-sync-of-a-member-in-the-set", kPartitions},
    {"ok-with-fewer-than-min-in-sync-acks-after-a-shrink", kPartitions},
};

SearchResult Run(const Arguments& arguments) {
  if (arguments.walks == 0) return Search(arguments.bounds, arguments.limits);
  return Wander(arguments.bounds, arguments.seed, arguments.walks, arguments.busy);
}

void Report(const Arguments& arguments, const SearchResult& result, double seconds) {
  if (arguments.walks != 0) {
    std::printf(
        "%llu walks, %llu steps, %.0f steps/s\n", static_cast<unsigned long long>(result.states),
        static_cast<unsigned long long>(result.steps), static_cast<double>(result.steps) / seconds);
  } else {
    std::printf(
        "%llu states in the last round, %llu steps, %.0f steps/s; complete up to %d of %d "
        "departures within %d ticks\n",
        static_cast<unsigned long long>(result.states),
        static_cast<unsigned long long>(result.steps), static_cast<double>(result.steps) / seconds,
        result.departures_complete, arguments.limits.departures, arguments.bounds.ticks);
  }
  if (result.violation.empty()) {
    std::printf("no violation\n");
    return;
  }
  const auto trace = Shrink(arguments.bounds, result.trace);
  std::printf("%s", Tell(arguments.bounds, trace).c_str());
}

// Random schedules first, with all members and with a learner, they are the quickest to stumble;
// then all schedules with two departures.
int FindBugs(Arguments arguments) {
  int missed = 0;
  for (const ReachableBug& bug : kReachableBugs) {
    chosen_bug = std::string(bug.name);
    arguments.bounds = bug.bounds;
    std::string verdict;
    uint64_t walks = 0;
    for (int round = 0; round < 20 && verdict.empty(); ++round) {
      arguments.bounds.members = round % 2 == 0 ? 3 : 2;
      const auto result =
          Wander(arguments.bounds, 1 + 1000 * static_cast<uint64_t>(round), 250, 2 + round % 5);
      walks += result.states;
      verdict = result.violation;
    }
    std::string where = absl::StrCat(walks, " walks");
    if (verdict.empty()) {
      const auto result = Search(bug.bounds, {.departures = 2, .states = 2'000'000, .seconds = 30});
      verdict = result.violation;
      where = absl::StrCat(result.states, " states");
    }
    std::printf("%-58s %14s  %s\n", chosen_bug.c_str(), where.c_str(),
                verdict.empty() ? "NOT FOUND" : verdict.c_str());
    std::fflush(stdout);
    missed += verdict.empty();
  }
  return missed == 0 ? 0 : 1;
}

bool Parse(int count, char** words, Arguments& arguments) {
  auto& bounds = arguments.bounds;
  for (int at = 1; at < count; ++at) {
    const absl::string_view word = words[at];
    if (word == "--bugs") {
      arguments.all_bugs = true;
      continue;
    }
    if (at + 1 == count) return false;
    const absl::string_view value = words[++at];
    if (word == "--bug") {
      chosen_bug = std::string(value);
      continue;
    }
    uint64_t number = 0;
    if (!absl::SimpleAtoi(value, &number)) return false;
    struct Knob {
      absl::string_view name;
      int* place;
    };
    const Knob knobs[] = {{"--ticks", &bounds.ticks},
                          {"--writes", &bounds.writes},
                          {"--crashes", &bounds.crashes},
                          {"--partitions", &bounds.partitions},
                          {"--pauses", &bounds.pauses},
                          {"--delays", &bounds.delays},
                          {"--outages", &bounds.outages},
                          {"--lost-outcomes", &bounds.lost_outcomes},
                          {"--switchovers", &bounds.switchovers},
                          {"--members", &bounds.members},
                          {"--departures", &arguments.limits.departures},
                          {"--busy", &arguments.busy}};
    bool known = false;
    for (const Knob& knob : knobs) {
      if (knob.name != word) continue;
      *knob.place = static_cast<int>(number);
      known = true;
    }
    if (word == "--states") arguments.limits.states = number, known = true;
    if (word == "--seconds") arguments.limits.seconds = static_cast<double>(number), known = true;
    if (word == "--walks") arguments.walks = number, known = true;
    if (word == "--seed") arguments.seed = number, known = true;
    if (!known) return false;
  }
  return true;
}

int Main(int count, char** words) {
  Arguments arguments;
  if (!Parse(count, words, arguments)) {
    std::fprintf(
        stderr,
        "explore_group [--departures K] [--states N] [--seconds S] [--ticks T] "
        "[--writes W] [--members M]\n"
        "  [--crashes|--partitions|--pauses|--delays|--outages|--lost-outcomes|--switchovers N]\n"
        "  [--walks N --seed S --busy K] [--bug NAME | --bugs]\n");
    return 2;
  }
  if (arguments.all_bugs) return FindBugs(arguments);
  const auto begin = std::chrono::steady_clock::now();
  const SearchResult result = Run(arguments);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  Report(arguments, result, took.count());
  return result.violation.empty() ? 0 : 1;
}

}  // namespace
}  // namespace explorer
}  // namespace holdfast

int main(int count, char** words) { return holdfast::explorer::Main(count, words); }
