#include "sim/marks.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "net/base/mark.h"
#include "sim/world.h"

namespace holdfast {

bool PrintMarks(const SeedRange& seeds, Profile profile) {
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    RunWorld({.script = {.profile = profile, .seed = seed}});
  }
  std::vector<const Mark*> marks;
  for (const Mark* mark = Mark::first(); mark != nullptr; mark = mark->next()) {
    marks.push_back(mark);
  }
  std::sort(marks.begin(), marks.end(), [](const Mark* left, const Mark* right) {
    return std::tuple(left->passed(), left->name()) < std::tuple(right->passed(), right->name());
  });
  bool all_passed = true;
  for (const Mark* mark : marks) {
    all_passed &= mark->passed() > 0;
    const std::string name(mark->name());
    if (mark->passed() == 0) {
      std::printf("NEVER       %s\n", name.c_str());
    } else {
      std::printf("%10" PRIu64 "  %s\n", mark->passed(), name.c_str());
    }
  }
  return all_passed;
}

}  // namespace holdfast
