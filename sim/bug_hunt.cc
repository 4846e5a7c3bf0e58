#include "sim/bug_hunt.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
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

// One row of the table, and what is known of it so far.
struct Row {
  const PlantedBug* bug = nullptr;
  Find* finds = nullptr;  // a part each
  uint64_t parts_left = 0;
};

class Hunt {
 public:
  explicit Hunt(const BugHuntOptions& options) : options_(options) {
    for (const PlantedBug& bug : PlantedBugs()) {
      if (options.profile && *options.profile != bug.profile) continue;
      if (bug.told && options.bug.empty()) continue;
      if (!options.bug.empty() && options.bug != bug.name) continue;
      rows_.push_back(
          {.bug = &bug, .finds = ShareMemory<Find>(options.parts), .parts_left = options.parts});
    }
  }

  // Searches part by part, so many at a time, and prints the rows in the order of the list.
  bool Run() {
    for (size_t row = 0; row < rows_.size(); ++row) {
      for (uint64_t part = 0; part < options_.parts; ++part) {
        if (children_.size() == options_.jobs) AwaitOne();
        Start(row, part);
      }
    }
    while (!children_.empty()) AwaitOne();
    return all_seen_;
  }

 private:
  struct Child {
    size_t row = 0;
    uint64_t part = 0;
  };

  uint64_t SeedsBefore(uint64_t part) const {
    return (options_.seeds.last - options_.seeds.first + 1) * part / options_.parts;
  }

  void Start(size_t row, uint64_t part) {
    const SeedRange seeds{.first = options_.seeds.first + SeedsBefore(part),
                          .last = options_.seeds.first + SeedsBefore(part + 1) - 1};
    const PlantedBug& bug = *rows_[row].bug;
    Find& find = rows_[row].finds[part];
    const pid_t child = StartChild([&bug, seeds, &find] { Search(bug, seeds, find); });
    children_[child] = {.row = row, .part = part};
  }

  void AwaitOne() {
    int status = 0;
    const pid_t ended = wait(&status);
    CHECK(children_.contains(ended));
    const Child child = children_[ended];
    children_.erase(ended);
    Row& row = rows_[child.row];
    if (status != 0) {
      // A node that finds itself in an impossible state ends the process.
      Find& find = row.finds[child.part];
      find.seen = true;
      std::strncpy(find.why, "CHECK: in the node", sizeof find.why - 1);
    }
    --row.parts_left;
    while (printed_ < rows_.size() && rows_[printed_].parts_left == 0) Print(rows_[printed_++]);
  }

  void Print(const Row& row) {
    std::vector<uint64_t> needed;
    const Find* first = nullptr;
    for (uint64_t part = 0; part < options_.parts; ++part) {
      const Find& find = row.finds[part];
      needed.push_back(find.seen ? find.seeds : SeedsBefore(part + 1) - SeedsBefore(part));
      if (find.seen && first == nullptr) first = &find;
    }
    std::sort(needed.begin(), needed.end());
    all_seen_ &= first != nullptr;
    const uint64_t median = needed[needed.size() / 2];
    std::printf("| %-36s | %-7s | %9s | %6s | %s |\n", std::string(row.bug->name).c_str(),
                std::string(NameOf(row.bug->profile)).c_str(),
                first == nullptr ? "-" : absl::StrCat(first->seed).c_str(),
                first == nullptr ? "-" : absl::StrCat(median).c_str(),
                first == nullptr ? "NOT SEEN" : KindOf(first->why).c_str());
    std::fflush(stdout);
  }

  const BugHuntOptions& options_;
  std::vector<Row> rows_;
  std::map<pid_t, Child> children_;
  size_t printed_ = 0;
  bool all_seen_ = true;
};

}  // namespace

bool HuntBugs(const BugHuntOptions& options) {
  std::printf("| %-36s | %-7s | %9s | %6s | %s |\n|---|---|---|---|---|\n", "bug", "profile",
              "first seed", "median", "seen as");
  return Hunt(options).Run();
}

}  // namespace holdfast
