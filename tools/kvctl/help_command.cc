// kvctl help [TOPIC], kvctl version.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "node/version.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/did_you_mean.h"
#include "tools/kvctl/table.h"

namespace holdfast::kvctl {
namespace {

constexpr char kExitCodes[] = "exit-codes";

class HelpCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    app_ = &app;
    CLI::App* command = app.add_subcommand("help", "Explain a command, or exit-codes");
    command->add_option("topic", topic_, "A command, or exit-codes");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    if (topic_.empty()) {
      // help() would speak of the command that was chosen, which is this one.
      session.Out(app_->get_formatter()->make_help(app_, "kvctl", CLI::AppFormatMode::Normal));
      return ExitCode::kOk;
    }
    if (topic_ == kExitCodes) return ShowExitCodes(session);
    std::vector<std::string> topics = {kExitCodes};
    for (const CLI::App* command : app_->get_subcommands({})) {
      if (command->get_name() == topic_) {
        session.Out(command->help("kvctl"));
        return ExitCode::kOk;
      }
      topics.push_back(command->get_name());
    }
    return UsageFailure(
        absl::StrCat("there is no help about \"", topic_, "\"", DidYouMean(topic_, topics)));
  }

 private:
  static Result<ExitCode> ShowExitCodes(const Session& session) {
    if (session.is_json()) {
      nlohmann::json codes = nlohmann::json::array();
      for (const ExitCodeMeaning& meaning : ExitCodeMeanings()) {
        codes.push_back(
            {{"exit", static_cast<int>(meaning.code)}, {"meaning", meaning.meaning.data()}});
      }
      session.OutJson({{"schema", "kvctl.exit-codes/v1"}, {"exit_codes", codes}});
      return ExitCode::kOk;
    }
    Table table({{"EXIT", Align::kRight}, {"MEANING"}});
    for (const ExitCodeMeaning& meaning : ExitCodeMeanings()) {
      table.AddRow({absl::StrCat(static_cast<int>(meaning.code)), std::string(meaning.meaning)});
    }
    session.Out(table.Render());
    return ExitCode::kOk;
  }

  const CLI::App* app_ = nullptr;
  std::string topic_;
};

class VersionCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    return app.add_subcommand("version", "Print the version of kvctl");
  }

  Result<ExitCode> Run(Session& session) override {
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.version/v1"}, {"version", kVersion}});
    } else {
      session.Out(absl::StrCat(kVersion, "\n"));
    }
    return ExitCode::kOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeHelpCommand() { return std::make_unique<HelpCommand>(); }
std::unique_ptr<Command> MakeVersionCommand() { return std::make_unique<VersionCommand>(); }

}  // namespace holdfast::kvctl
