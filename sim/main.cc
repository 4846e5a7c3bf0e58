// kvsim: runs the nodes in the simulator, seed by seed.
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sim/bug_hunt.h"
#include "sim/gate.h"
#include "sim/isolated_run.h"
#include "sim/marks.h"
#include "sim/planted_bugs.h"
#include "sim/run_seeds.h"
#include "sim/shrink.h"
#include "sim/story_page.h"
#include "sim/world.h"

namespace holdfast {
namespace {

constexpr char kUsage[] =
    "usage: kvsim --seed N                 run one seed\n"
    "       kvsim --script FILE            run what a file says\n"
    "       kvsim --seeds A..B [--jobs N]  run many\n"
    "       kvsim --shrink N [--out FILE]  make a red seed small\n"
    "       kvsim --gate A..B              run each seed three times and compare\n"
    "       kvsim bugs [A..B] [--jobs N]   how many seeds it takes to see each planted bug\n"
    "       kvsim marks A..B               which rare branches the seeds reach\n"
    "\n"
    "  --profile single|cluster|disk   what is run\n"
    "  --bug NAME                 with this planted bug\n"
    "  --parts N                  of the range that is searched for bugs, each until its first "
    "find\n"
    "  --expect-red               succeed if the run is red (one run)\n"
    "  --diagram                  print who did what when (one run)\n"
    "  --trace FILE               the same as an HTML page\n"
    "  --io-trace                 print every event and every byte received (one run)\n"
    "\n"
    "A seed that fails is printed as the command that repeats it, and the exit code is 1.\n";

// As many as the rarest finds need.
constexpr SeedRange kHuntedSeeds{.first = 1, .last = 3000};

struct Flags {
  enum class Action { kNone, kOne, kMany, kGate, kBugs, kMarks, kShrink };
  Action action = Action::kNone;
  SeedRange seeds{.first = 1, .last = 500};
  std::string script_path;
  std::optional<Profile> profile;
  uint64_t jobs = 1;
  uint64_t parts = 1;
  std::string bug;
  std::string out_path;
  std::string page_path;
  bool diagram = false;
  bool expect_red = false;
  bool hash_only = false;  // print the trace hash and nothing else, for the gate
  bool io_trace = false;

  Profile ChosenProfile() const { return profile.value_or(Profile::kCluster); }
};

bool WriteFile(const std::string& path, const std::string& contents) {
  std::ofstream file(path);
  file << contents;
  file.close();
  if (!file) std::fprintf(stderr, "kvsim: cannot write %s\n", path.c_str());
  return file.good();
}

absl::StatusOr<Script> ChosenScript(const Flags& flags) {
  if (flags.script_path.empty()) {
    return Script{.profile = flags.ChosenProfile(), .seed = flags.seeds.first};
  }
  std::ifstream file(flags.script_path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", flags.script_path));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return ParseScript(text);
}

void PrintResult(const Script& script, const WorldResult& result) {
  std::printf("seed %" PRIu64 " (%s): %.1f simulated s, %" PRIu64 " events, %" PRIu64
              " operations, %" PRIu64 " faults, %" PRIu64 " replayed, %" PRIu64
              " groups of keys (%" PRIu64 " undecided), trace %016" PRIx64 "\n",
              script.seed, std::string(NameOf(script.profile)).c_str(),
              static_cast<double>(result.simulated.value) / 1e9, result.events, result.operations,
              result.faults, result.replayed, result.groups, result.undecided_groups,
              result.trace_hash);
  if (!result.undecided.empty()) std::printf("undecided: %s", result.undecided.c_str());
}

int RunOne(const Flags& flags) {
  const absl::StatusOr<Script> script = ChosenScript(flags);
  if (!script.ok()) {
    std::fprintf(stderr, "kvsim: %s\n", std::string(script.status().message()).c_str());
    return 2;
  }
  if (flags.expect_red) {
    // In a process of its own: a node that finds itself in an impossible state ends it.
    const std::string violation = RunIsolated(*script, /*record=*/false).violation;
    std::printf("%s\n", violation.empty() ? "green" : violation.c_str());
    return violation.empty() ? 1 : 0;
  }
  const Knobs knobs = script->AllKnobs();
  Story story(static_cast<int>(knobs.nodes + knobs.witnesses));
  const bool tells = flags.diagram || !flags.page_path.empty();
  const WorldResult result = RunWorld({.script = *script,
                                       .trace = flags.io_trace ? stdout : nullptr,
                                       .story = tells ? &story : nullptr});
  if (flags.hash_only) {
    std::printf("%016" PRIx64 "\n", result.trace_hash);
    return 0;
  }
  if (flags.diagram) std::fputs(story.Diagram().c_str(), stdout);
  if (!flags.page_path.empty() &&
      !WriteFile(flags.page_path, StoryPage(story, absl::StrCat("seed ", script->seed)))) {
    return 2;
  }
  PrintResult(*script, result);
  if (result.ok()) {
    std::printf("green\n");
    return 0;
  }
  std::printf("%s\n", result.violation.c_str());
  if (flags.script_path.empty()) {
    PrintRed(script->seed, {.profile = script->profile, .bug = flags.bug}, result.violation);
  }
  return 1;
}

int RunShrink(const Flags& flags) {
  const absl::StatusOr<Script> script = ChosenScript(flags);
  if (!script.ok()) return 2;
  const ShrinkResult small = Shrink(*script);
  if (small.violation.empty()) {
    std::printf("green: nothing to shrink\n");
    return 0;
  }
  const std::string first_line = small.violation.substr(0, small.violation.find('\n'));
  std::string text = absl::StrCat("# ", first_line, "\n");
  if (!flags.bug.empty()) absl::StrAppend(&text, "# planted: ", flags.bug, "\n");
  absl::StrAppend(&text, small.script.ToString());
  if (flags.out_path.empty()) {
    std::fputs(text.c_str(), stdout);
  } else if (!WriteFile(flags.out_path, text)) {
    return 2;
  }
  std::printf("%zu faults, %zu operations left after %" PRIu64 " runs\n",
              small.script.faults->size(),
              small.script.operations ? small.script.operations->size() : 0, small.runs);
  return 1;
}

bool ParseRange(absl::string_view text, SeedRange& seeds) {
  const std::vector<absl::string_view> ends = absl::StrSplit(text, "..");
  return ends.size() == 2 && absl::SimpleAtoi(ends[0], &seeds.first) &&
         absl::SimpleAtoi(ends[1], &seeds.last) && seeds.first <= seeds.last;
}

// A flag that says what to do, and its value.
bool ReadAction(absl::string_view flag, absl::string_view value, Flags& flags) {
  using Action = Flags::Action;
  if (flag == "--seed" || flag == "--shrink") {
    flags.action = flag == "--seed" ? Action::kOne : Action::kShrink;
    return absl::SimpleAtoi(value, &flags.seeds.first);
  }
  if (flag == "--script") {
    if (flags.action == Action::kNone) flags.action = Action::kOne;
    flags.script_path = std::string(value);
    return true;
  }
  flags.action = flag == "--seeds"  ? Action::kMany
                 : flag == "--gate" ? Action::kGate
                 : flag == "marks"  ? Action::kMarks
                                    : Action::kNone;
  return flags.action != Action::kNone && ParseRange(value, flags.seeds);
}

// Reads the flag at words[i] and steps over its value, if it has one.
bool ReadFlag(const std::vector<absl::string_view>& words, size_t& i, Flags& flags) {
  const absl::string_view flag = words[i];
  if (flag == "--io-trace") return flags.io_trace = true;
  if (flag == "--hash") return flags.hash_only = true;
  if (flag == "--diagram") return flags.diagram = true;
  if (flag == "--expect-red") return flags.expect_red = true;
  if (flag == "bugs") {
    flags.action = Flags::Action::kBugs;
    flags.seeds = kHuntedSeeds;
    if (i + 1 < words.size() && ParseRange(words[i + 1], flags.seeds)) ++i;
    return true;
  }
  if (i + 1 == words.size()) return false;
  const absl::string_view value = words[++i];
  if (flag == "--jobs") return absl::SimpleAtoi(value, &flags.jobs) && flags.jobs > 0;
  if (flag == "--parts") return absl::SimpleAtoi(value, &flags.parts) && flags.parts > 0;
  if (flag == "--profile") {
    flags.profile = ProfileNamed(value);
    return flags.profile.has_value();
  }
  if (std::string* text = flag == "--bug"     ? &flags.bug
                          : flag == "--out"   ? &flags.out_path
                          : flag == "--trace" ? &flags.page_path
                                              : nullptr) {
    *text = std::string(value);
    return true;
  }
  return ReadAction(flag, value, flags);
}

int Act(const Flags& flags) {
  const Profile profile = flags.ChosenProfile();
  switch (flags.action) {
    case Flags::Action::kOne:
      return RunOne(flags);
    case Flags::Action::kShrink:
      return RunShrink(flags);
    case Flags::Action::kMany:
      return RunSeeds(
                 {.seeds = flags.seeds, .profile = profile, .jobs = flags.jobs, .bug = flags.bug})
                 ? 0
                 : 1;
    case Flags::Action::kGate:
      return RunGate(flags.seeds, profile) ? 0 : 1;
    case Flags::Action::kBugs:
      return HuntBugs({.seeds = flags.seeds,
                       .parts = flags.parts,
                       .jobs = flags.jobs,
                       .profile = flags.profile,
                       .bug = flags.bug})
                 ? 0
                 : 1;
    case Flags::Action::kMarks:
      return PrintMarks(flags.seeds, profile) ? 0 : 1;
    case Flags::Action::kNone:
      break;
  }
  std::fputs(kUsage, stderr);
  return 2;
}

int Main(const std::vector<absl::string_view>& words) {
  Flags flags;
  for (size_t i = 0; i < words.size(); ++i) {
    if (ReadFlag(words, i, flags)) continue;
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (!flags.bug.empty() && !PlantBug(flags.bug)) {
    std::fprintf(stderr, "kvsim: there is no planted bug \"%s\"; kvsim bugs names them\n",
                 flags.bug.c_str());
    return 2;
  }
  return Act(flags);
}

}  // namespace
}  // namespace holdfast

int main(int argument_count, char** arguments) {
  return holdfast::Main(std::vector<absl::string_view>(arguments + 1, arguments + argument_count));
}
