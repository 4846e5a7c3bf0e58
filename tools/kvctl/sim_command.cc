// kvctl sim run|replay|shrink|report: kvsim by the names of what one wants of it.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/kvctl/command.h"

namespace holdfast::kvctl {
namespace {

struct VerbText {
  absl::string_view name, summary, argument, argument_text;
};

const VerbText& TextOf(SimVerb verb) {
  static constexpr VerbText kTexts[] = {
      {"run", "Run many seeds [-- kvsim flags]", "seeds", "A..B, or how many"},
      {"replay", "Run one seed and print who did what when", "seed", "The seed"},
      {"shrink", "Make a seed that fails small", "seed", "The seed"},
      {"report", "Draw a seed as a page for a browser", "seed", "The seed"}};
  return kTexts[static_cast<size_t>(verb)];
}

class SimCommand : public Command {
 public:
  explicit SimCommand(SimVerb verb) : verb_(verb) {}

  CLI::App* Declare(CLI::App& app) override {
    const VerbText& text = TextOf(verb_);
    CLI::App* command = app.add_subcommand(std::string(text.name), std::string(text.summary));
    command->add_option(std::string(text.argument), subject_, std::string(text.argument_text))
        ->required();
    command->add_option("--profile", profile_, "single or cluster (default)");
    if (verb_ == SimVerb::kRun) {
      command->add_option("--jobs", jobs_, "How many at a time")->check(CLI::Range(1, 1024));
    } else {
      command->add_option("--bug", bug_, "With this planted bug");
    }
    if (verb_ == SimVerb::kReport || verb_ == SimVerb::kShrink) {
      command->add_option("--out", out_, "The file to write")->type_name("FILE");
    }
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    std::vector<std::string> words = {(self.parent_path() / "kvsim").string()};
    AppendArguments(&words);
    words.insert(words.end(), session.passthrough.begin(), session.passthrough.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    // From here on it is kvsim that runs, with its own exit codes and its own answer to Ctrl-C.
    execv(pointers[0], pointers.data());
    return Failure{.code = "NO_KVSIM",
                   .what = absl::StrCat("cannot run ", words[0]),
                   .why = std::strerror(errno),
                   .next = "build kvsim, beside kvctl"};
  }

 private:
  void AppendArguments(std::vector<std::string>* words) const {
    const auto add = [&](const std::string& flag, const std::string& value) {
      if (!value.empty()) words->insert(words->end(), {flag, value});
    };
    switch (verb_) {
      case SimVerb::kRun:
        add("--seeds",
            absl::StrContains(subject_, "..") ? subject_ : absl::StrCat("1..", subject_));
        break;
      case SimVerb::kReplay:
        add("--seed", subject_);
        words->push_back("--diagram");
        break;
      case SimVerb::kShrink:
        add("--shrink", subject_);
        add("--out", out_);
        break;
      case SimVerb::kReport:
        add("--seed", subject_);
        add("--trace", out_.empty() ? absl::StrCat("seed-", subject_, ".html") : out_);
        break;
    }
    add("--profile", profile_);
    add("--bug", bug_);
    if (jobs_ > 0) add("--jobs", absl::StrCat(jobs_));
  }

  const SimVerb verb_;
  std::string subject_, profile_, bug_, out_;
  int jobs_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeSimCommand(SimVerb verb) { return std::make_unique<SimCommand>(verb); }

}  // namespace holdfast::kvctl
