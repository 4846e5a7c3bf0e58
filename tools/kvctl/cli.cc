#include "tools/kvctl/cli.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/version.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/did_you_mean.h"

namespace holdfast::kvctl {
namespace {

constexpr char kFooter[] =
    "Any one node that answers is enough: the others are found through it.\n"
    "Environment: KVCTL_ENDPOINTS (host:port,...), KVCTL_PASSWORD or REDISCLI_AUTH, NO_COLOR.\n"
    "Data goes to stdout, the rest to stderr; what exits mean: kvctl help exit-codes";

void DeclareGlobalOptions(CLI::App& app, GlobalOptions* options) {
  app.add_option("-e,--endpoint", options->endpoints, "A node to ask (default 127.0.0.1:6379)")
      ->type_name("HOST:PORT")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false)
      ->delimiter(',');
  app.add_option("--user", options->user, "The user to log in as")->type_name("NAME");
  app.add_option("--password-file", options->password_file,
                 "A file with the password on its first line; - is stdin")
      ->type_name("FILE");
  app.add_option("--timeout", options->timeout, "How long to wait for answers (default 5s)")
      ->type_name("SPAN");
  static const std::map<std::string, OutputFormat> kFormats = {{"table", OutputFormat::kTable},
                                                               {"wide", OutputFormat::kWide},
                                                               {"json", OutputFormat::kJson}};
  app.add_option("-o,--output", options->output, "table, wide or json")
      ->type_name("FORMAT")
      ->transform(CLI::CheckedTransformer(kFormats).description(""));
  app.add_flag("-q,--quiet", options->quiet, "No progress, no hints");
  app.add_flag("-v,--verbose", options->verbose, "Tell what is asked of whom");
  app.add_flag("--no-color", options->no_color, "No colours");
  app.add_flag("--no-input", options->no_input, "Never ask; refuse instead");
  app.add_flag("-y,--yes", options->yes, "Confirm a change that can be taken back");
  app.add_option("--confirm", options->confirm, "Confirm a change that costs redundancy")
      ->type_name("NODE");
  app.add_option("--confirm-data-loss", options->confirm_data_loss,
                 "Confirm a change that can lose acknowledged writes")
      ->type_name("CLUSTER");
  app.add_flag("--dry-run", options->dry_run, "Print the plan, change nothing");
  app.add_option("--plan", options->plan, "Go on only if this is still the plan")->type_name("ID");
}

// The parser, its commands, and what they fill.
struct CommandLine {
  struct Entry {
    std::unique_ptr<Command> command;
    CLI::App* chosen_by;
  };

  CommandLine() : app("Looks after a Holdfast cluster.", "kvctl") {
    app.footer(kFooter);
    app.set_version_flag("--version", kVersion);
    // Options may stand behind the command; leftovers are explained here, not by the parser.
    app.fallthrough();
    app.allow_extras();
    // One command: a second one's name is an argument, as in "help status".
    app.require_subcommand(0, 1);
    DeclareGlobalOptions(app, &session.options);
    Add(app, MakeCreateCommand());
    AddReading();
    AddChanging();
    CLI::App* dev = app.add_subcommand("dev", "Clusters on this machine, for development");
    Add(*dev, MakeDevUpCommand());
    Add(*dev, MakeDevDownCommand());
    Add(*dev, MakeFailoverDemoCommand());
    CLI::App* sim = app.add_subcommand("sim", "Runs of the simulator, kvsim");
    for (const SimVerb verb :
         {SimVerb::kRun, SimVerb::kReplay, SimVerb::kShrink, SimVerb::kReport}) {
      Add(*sim, MakeSimCommand(verb));
    }
    Add(app, MakeCallCommand());
    Add(app, MakeCompletionCommand());
    Add(app, MakeCompleteCommand());
    Add(app, MakeHelpCommand());
    Add(app, MakeVersionCommand());
  }

  void AddReading() {
    Add(app, MakeStatusCommand());
    Add(app, MakeNodesCommand());
    Add(app, MakeTopologyCommand());
    Add(app, MakeHealthCommand());
    Add(app, MakeDoctorCommand());
    Add(app, MakeWaitCommand());
    Add(app, MakeHistoryCommand());
    Add(app, MakeEventsCommand());
    Add(app, MakeLogsCommand());
    Add(app, MakeTopCommand());
    Add(app, MakeSlowlogCommand());
    Add(app, MakeClientsCommand());
    Add(app, MakeVerifyCommand());
  }

  void AddChanging() {
    Add(app, MakeSwitchoverCommand());
    Add(app, MakeFailoverCommand());
    Add(app, MakeAddNodeCommand());
    Add(app, MakeRemoveNodeCommand());
    Add(app, MakeReplaceNodeCommand());
    CLI::App* config = app.add_subcommand("config", "What the nodes are told to do");
    Add(*config, MakeConfigGetCommand());
    Add(*config, MakeConfigSetCommand());
    Add(*config, MakeConfigDiffCommand());
    Add(*config, MakeConfigExplainCommand());
    Add(app, MakeRecoverCommand());
    Add(app, MakeDestroyCommand());
  }

  void Add(CLI::App& parent, std::unique_ptr<Command> command) {
    CLI::App* chosen_by = command->Declare(parent);
    entries.push_back({std::move(command), chosen_by});
  }

  Command* Chosen() {
    for (const Entry& entry : entries) {
      if (entry.chosen_by->parsed()) return entry.command.get();
    }
    return nullptr;
  }

  CLI::App app;
  Session session;
  std::vector<Entry> entries;
};

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

void AppendOptionNames(const CLI::App& app, std::vector<std::string>* names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names->push_back("--" + name);
  }
}

Failure UnknownWord(const CLI::App& app, const std::string& word) {
  // The innermost command that was recognised.
  const CLI::App* inner = &app;
  std::vector<std::string> options;
  AppendOptionNames(*inner, &options);
  while (!inner->get_subcommands().empty()) {
    inner = inner->get_subcommands().front();
    AppendOptionNames(*inner, &options);
  }
  const std::string help = inner == &app
                               ? "kvctl help"
                               : absl::StrCat("kvctl help ", app.get_subcommands()[0]->get_name());
  if (absl::StartsWith(word, "-")) {
    const std::string name = word.substr(0, word.find('='));
    return UsageFailure(absl::StrCat("unknown option \"", name, "\"", DidYouMean(name, options)),
                        help);
  }
  const std::vector<std::string> commands = CommandNames(*inner);
  if (commands.empty()) {
    return UsageFailure(absl::StrCat("unexpected argument \"", word, "\""), help);
  }
  return UsageFailure(absl::StrCat("unknown command \"", word, "\"", DidYouMean(word, commands)),
                      help);
}

// Words behind "--" are not kvctl's.
std::vector<std::string> CutPassthrough(std::vector<std::string>* words) {
  const auto separator = std::find(words->begin(), words->end(), "--");
  if (separator == words->end()) return {};
  std::vector<std::string> passthrough(separator + 1, words->end());
  words->erase(separator, words->end());
  return passthrough;
}

bool WantsJson(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "-ojson" || words[i] == "--output=json") return true;
    if ((words[i] == "-o" || words[i] == "--output") && i + 1 < words.size() &&
        words[i + 1] == "json") {
      return true;
    }
  }
  return false;
}

// What is left to do after parsing: nothing if help was asked for and printed.
Result<Command*> Parse(CommandLine* line, std::vector<std::string> words) {
  line->session.passthrough = CutPassthrough(&words);
  // Complaints about the rest of the line follow the format that it asks for.
  if (WantsJson(words)) line->session.options.output = OutputFormat::kJson;
  std::reverse(words.begin(), words.end());
  std::string complaint;
  try {
    line->app.parse(words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      line->app.exit(error);
      return nullptr;
    }
    complaint = error.what();
  }
  const std::vector<std::string> leftovers = line->app.remaining(true);
  if (!leftovers.empty()) return UnknownWord(line->app, leftovers.front());
  if (!complaint.empty()) return UsageFailure(complaint);
  Command* chosen = line->Chosen();
  if (chosen == nullptr) {
    const auto subcommands = line->app.get_subcommands();
    return UsageFailure("a command is missing",
                        subcommands.empty()
                            ? "kvctl help"
                            : absl::StrCat("kvctl help ", subcommands[0]->get_name()));
  }
  const std::string first = line->app.get_subcommands()[0]->get_name();
  if (!line->session.passthrough.empty() && first != "dev" && first != "call" && first != "sim") {
    return UsageFailure("only dev, sim and call take words behind \"--\"");
  }
  return chosen;
}

}  // namespace

ExitCode RunCommandLine(std::vector<std::string> words) {
  CommandLine line;
  const auto fail = [&](const Failure& failure) {
    line.session.Report(failure);
    return failure.exit;
  };
  Result<Command*> command = Parse(&line, std::move(words));
  if (!command.ok()) return fail(command.failure());
  if (*command == nullptr) return ExitCode::kOk;
  Done prepared = line.session.Prepare();
  if (!prepared.ok()) return fail(prepared.failure());
  Result<ExitCode> done = (*command)->Run(line.session);
  return done.ok() ? *done : fail(done.failure());
}

}  // namespace holdfast::kvctl
