// group_story: plays stories about a replication group (story.h).
//
//   group_story FILE...               each must come out as it says
//   group_story --tell FILE           with what happened below each line
//   group_story_planted FILE...       with each planted bug that it names, it must fail
//   group_story_planted --tell --bug NAME FILE
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/base/witness.h"
#include "tests/scenarios/group/story.h"

namespace holdfast {

static std::string chosen_bug;

#ifdef HOLDFAST_PLANTED_BUGS
bool IsPlanted(absl::string_view bug) { return bug == chosen_bug; }
void WitnessAck(const AckWitness&) {}
#endif

namespace stage {
namespace {

#ifdef HOLDFAST_PLANTED_BUGS
constexpr bool kPlanted = true;
#else
constexpr bool kPlanted = false;
#endif

absl::Status PlayOnce(const Story& story, bool tell) {
  StoryPlayer player;
  absl::Status status = player.Play(story);
  if (tell) std::printf("%s", player.trace().c_str());
  return status;
}

bool PlayWithEachBug(const std::string& path, const Story& story) {
  bool good = true;
  for (const std::string& bug : story.bugs) {
    chosen_bug = bug;
    const absl::Status status = PlayOnce(story, false);
    good &= !status.ok();
    const std::string why = status.ok() ? "SURVIVED" : std::string(status.message());
    std::printf("%s with %s: %s\n", path.c_str(), bug.c_str(), why.c_str());
  }
  chosen_bug.clear();
  return good;
}

bool PlayFile(const std::string& path, bool tell) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Story story = ReadStory(text);
  if (story.bugs.empty()) {
    std::fprintf(stderr, "%s: names no planted bug that it would not survive\n", path.c_str());
    return false;
  }
  if (kPlanted && chosen_bug.empty()) return PlayWithEachBug(path, story);
  const absl::Status status = PlayOnce(story, tell);
  if (!status.ok()) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), std::string(status.message()).c_str());
  }
  return status.ok();
}

int Main(int count, char** words) {
  bool tell = false;
  bool good = true;
  int files = 0;
  for (int at = 1; at < count; ++at) {
    const absl::string_view word = words[at];
    if (word == "--tell") {
      tell = true;
    } else if (word == "--bug" && at + 1 < count) {
      chosen_bug = words[++at];
    } else {
      ++files;
      good &= PlayFile(words[at], tell);
    }
  }
  if (files == 0) {
    std::fprintf(stderr, "group_story [--tell] [--bug NAME] FILE...\n");
    return 2;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace stage
}  // namespace holdfast

int main(int count, char** words) { return holdfast::stage::Main(count, words); }
