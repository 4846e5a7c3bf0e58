#include "sim/bug_hunt.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "sim/child.h"
#include "sim/isolated_run.h"
#include "sim/planted_bugs.h"
#include "sim/world.h"

namespace holdfast {
namespace {

// What the search of one part found, in memory that both processes see.
struct Find {
  uint64_t seeds = 0;  // until it was seen, that one included
  uint64_t seed = 0;
  bool seen = false;
  char why[160] = "";
};

void Search(const PlantedBug& bug, const SeedRange& seeds, Find& find) {
  CHECK(PlantBug(bug.name));
  if (std::freopen("/dev/null", "w", stderr) == nullptr) return;
  for (uint64_t seed = seeds.first; seed <= seeds.last && !find.seen; ++seed) {
    find.seed = seed;
    ++find.seeds;
    const WorldResult result = RunWorld({.script = {.profile = bug.profile, .seed = seed}});
    if (result.ok()) continue;
    std::strncpy(find.why, result.violation.c_str(), sizeof find.why - 1);
    find.seen = true;
  }
}

// One row; returns whether the bug was seen.
bool Hunt(const PlantedBug& bug, const BugHuntOptions& options) {
  Find* finds = ShareMemory<Find>(options.parts);
  const uint64_t count = options.seeds.last - options.seeds.first + 1;
  std::vector<uint64_t> needed;
  const Find* first = nullptr;
  std::vector<pid_t> children;
  const auto await = [&](uint64_t part) {
    // A node that finds itself in an impossible state ends the process.
    if (WaitFor(children[part])) return;
    finds[part].seen = true;
    std::strncpy(finds[part].why, "CHECK: in the node", sizeof finds[part].why - 1);
  };
  for (uint64_t part = 0; part < options.parts; ++part) {
    if (part >= options.jobs) await(part - options.jobs);
    const SeedRange seeds{.first = options.seeds.first + count * part / options.parts,
                          .last = options.seeds.first + count * (part + 1) / options.parts - 1};
    children.push_back(
        StartChild([&bug, seeds, &find = finds[part]] { Search(bug, seeds, find); }));
  }
  for (uint64_t part = 0; part < options.parts; ++part) {
    if (part + options.jobs >= options.parts) await(part);
    const Find& find = finds[part];
    needed.push_back(find.seen ? find.seeds : count);
    if (find.seen && first == nullptr) first = &find;
  }
  std::sort(needed.begin(), needed.end());
  const std::string name(bug.name);
  const std::string profile(NameOf(bug.profile));
  if (first == nullptr) {
    std::printf("| %-36s | %-7s | %9s | %6s | %s |\n", name.c_str(), profile.c_str(), "-", "-",
                "NOT SEEN");
  } else {
    std::printf("| %-36s | %-7s | %9s | %6s | %s |\n", name.c_str(), profile.c_str(),
                absl::StrCat(first->seed).c_str(), absl::StrCat(needed[needed.size() / 2]).c_str(),
                KindOf(first->why).c_str());
  }
  std::fflush(stdout);
  return first != nullptr;
}

}  // namespace

bool HuntBugs(const BugHuntOptions& options) {
  std::printf("| %-36s | %-7s | %9s | %6s | %s |\n|---|---|---|---|---|\n", "bug", "profile",
              "first seed", "median", "seen as");
  bool all_seen = true;
  for (const PlantedBug& bug : PlantedBugs()) {
    if (options.profile && *options.profile != bug.profile) continue;
    if (bug.told && options.bug.empty()) continue;
    if (options.bug.empty() || options.bug == bug.name) all_seen &= Hunt(bug, options);
  }
  return all_seen;
}

}  // namespace holdfast
