#include "sim/planted_bugs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace holdfast {
namespace {

// The names in all hooks of the sources.
std::set<std::string> Hooks() {
  std::set<std::string> names;
  const std::string hook = "BUG(\"";
  for (const char* folder : {"net", "storage", "cluster", "node"}) {
    const std::filesystem::path root = std::filesystem::path(HOLDFAST_SOURCES) / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file() || entry.path().filename() == "planted_bug.h") continue;
      std::ifstream file(entry.path());
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      for (size_t at = text.find(hook); at != std::string::npos; at = text.find(hook, at)) {
        at += hook.size();
        names.insert(text.substr(at, text.find('"', at) - at));
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
