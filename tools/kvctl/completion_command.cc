// kvctl completion bash|zsh|fish: a script for the shell, made by walking the commands that there
// are. Names that only the cluster knows are asked for when they are needed: kvctl __complete.
//
// The shells are given a table of lines, "<command words>|<what may follow>"; what stands for
// something dynamic begins with an at-sign.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "node/config/directive.h"
#include "tools/kvctl/cluster_view.h"
#include "tools/kvctl/command.h"

namespace holdfast::kvctl {
namespace {

constexpr char kBash[] = R"sh(# kvctl completion bash > /etc/bash_completion.d/kvctl
_kvctl_table='%TABLE%'
_kvctl() {
  local word=${COMP_WORDS[COMP_CWORD]} path='' i line words='' w
  for ((i = 1; i < COMP_CWORD; ++i)); do
    w=${COMP_WORDS[i]}
    [[ $w == -* ]] && continue
    while IFS= read -r line; do
      [[ ${line%%|*} == "${path:+$path }$w" ]] && { path=${path:+$path }$w; break; }
    done <<<"$_kvctl_table"
  done
  while IFS= read -r line; do
    [[ ${line%%|*} == "$path" ]] && words=${line#*|}
  done <<<"$_kvctl_table"
  for w in $words; do
    [[ $w == @* ]] && words+=" $(kvctl __complete "${w#@}" 2>/dev/null)"
  done
  COMPREPLY=($(compgen -W "${words//@+([a-z-])/}" -- "$word"))
}
shopt -s extglob
complete -o default -F _kvctl kvctl
)sh";

constexpr char kZsh[] = R"sh(#compdef kvctl
# kvctl completion zsh > "${fpath[1]}/_kvctl"
autoload -U +X bashcompinit && bashcompinit
)sh";

constexpr char kFish[] = R"sh(# kvctl completion fish > ~/.config/fish/completions/kvctl.fish
set -g _kvctl_table '%TABLE%'
function _kvctl
  set -l path ''
  for w in (commandline -opc)[2..-1]
    string match -q -- '-*' $w; and continue
    for line in (string split \n -- $_kvctl_table)
      if test (string split -m1 '|' -- $line)[1] = (string trim -- "$path $w")
        set path (string trim -- "$path $w")
        break
      end
    end
  end
  for line in (string split \n -- $_kvctl_table)
    set -l parts (string split -m1 '|' -- $line)
    test "$parts[1]" = "$path"; or continue
    for w in (string split ' ' -- $parts[2])
      if string match -q '@*' -- $w
        kvctl __complete (string sub -s 2 -- $w) 2>/dev/null
      else
        echo $w
      end
    end
  end
end
complete -c kvctl -f -a '(_kvctl)'
)sh";

// What an argument of this name stands for, if the cluster or the table of settings knows it.
std::string Dynamic(const CLI::Option& option) {
  const std::string name = option.get_name();
  if (option.get_type_name() == "NODE" || name == "node") return "@nodes";
  return name == "key" ? "@config-keys" : "";
}

void AppendOptions(const CLI::App& app, std::vector<std::string>* words) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words->push_back("--" + name);
  }
}

void AppendDynamic(const CLI::App& app, std::vector<std::string>* words) {
  for (const CLI::Option* option : app.get_options()) {
    if (const std::string dynamic = Dynamic(*option); !dynamic.empty()) words->push_back(dynamic);
  }
}

bool IsHidden(const CLI::App& app) { return app.get_name().rfind("__", 0) == 0; }

void AppendTable(const CLI::App& app, const std::string& path,
                 const std::vector<std::string>& global, std::string* table) {
  std::vector<std::string> words;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!IsHidden(*command)) words.push_back(command->get_name());
  }
  AppendOptions(app, &words);
  if (!path.empty()) {
    AppendDynamic(app, &words);
    words.insert(words.end(), global.begin(), global.end());
  }
  // A few options of the whole are those of a command as well.
  const std::set<std::string> sorted(words.begin(), words.end());
  absl::StrAppend(table, table->empty() ? "" : "\n", path, "|", absl::StrJoin(sorted, " "));
  for (const CLI::App* command : app.get_subcommands({})) {
    if (IsHidden(*command)) continue;
    AppendTable(*command, path.empty() ? command->get_name() : path + " " + command->get_name(),
                global, table);
  }
}

class CompletionCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    app_ = &app;
    CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
    command->add_option("shell", shell_, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    std::vector<std::string> global;
    AppendOptions(*app_, &global);
    std::string table;
    AppendTable(*app_, "", global, &table);
    const std::string script = shell_ == "fish"  ? kFish
                               : shell_ == "zsh" ? absl::StrCat(kZsh, kBash)
                                                 : kBash;
    session.Out(absl::StrReplaceAll(script, {{"%TABLE%", table}}));
    return ExitCode::kOk;
  }

 private:
  const CLI::App* app_ = nullptr;
  std::string shell_;
};

// For the scripts above.
class CompleteCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("__complete", "Names for completion scripts");
    // Not in the list of commands.
    command->group("");
    command->add_option("what", what_, "nodes or config-keys")->required();
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    if (what_ == "config-keys") {
      for (const Directive& directive : AllDirectives()) {
        if (!directive.is(kFileOnly)) session.Out(absl::StrCat(directive.name, "\n"));
      }
      return ExitCode::kOk;
    }
    if (what_ != "nodes") return UsageFailure("nodes or config-keys can be completed");
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    for (const std::string& name : view->Names()) session.Out(name + "\n");
    return ExitCode::kOk;
  }

 private:
  std::string what_;
};

}  // namespace

std::unique_ptr<Command> MakeCompletionCommand() { return std::make_unique<CompletionCommand>(); }
std::unique_ptr<Command> MakeCompleteCommand() { return std::make_unique<CompleteCommand>(); }

}  // namespace holdfast::kvctl
