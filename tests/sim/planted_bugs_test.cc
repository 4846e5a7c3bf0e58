#include "sim/planted_bugs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace holdfast {
namespace {

// The names in all hooks of the sources.
std::set<std::string> Hooks() {
  std::set<std::string> names;
  const std::regex hook("BUG\\(\"([^\"]*)\"\\)");
  for (const char* folder : {"net", "storage", "cluster", "node"}) {
    const std::filesystem::path root = std::filesystem::path(HOLDFAST_SOURCES) / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file() || entry.path().filename() == "planted_bug.h") continue;
      std::ifstream file(entry.path());
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      for (std::sregex_iterator it(text.begin(), text.end(), hook), end; it != end; ++it) {
        names.insert((*it)[1]);
      }
    }
  }
  return names;
}

TEST(PlantedBugs, EveryHookIsListedAndEveryBugHasAHook) {
  std::set<std::string> listed;
  for (const PlantedBug& bug : PlantedBugs()) {
    EXPECT_TRUE(listed.insert(std::string(bug.name)).second) << "listed twice: " << bug.name;
    EXPECT_FALSE(bug.mistake.empty());
  }
  EXPECT_EQ(listed, Hooks());
}

TEST(PlantedBugs, OnlyTheChosenOneIsPlanted) {
  EXPECT_FALSE(PlantBug("no-such-bug"));
  EXPECT_TRUE(PlantBug("expired-served"));
  EXPECT_TRUE(PlantBug("lease-never-ends"));
}

}  // namespace
}  // namespace holdfast
