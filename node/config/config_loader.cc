#include "node/config/config_loader.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "net/base/check.h"
#include "net/base/limits.h"
#include "net/base/status.h"
#include "node/config/config_text.h"
#include "node/config/config_values.h"

namespace holdfast {
namespace {

constexpr absl::string_view kEnvironmentPrefix = "KV_";
constexpr absl::string_view kFlagPrefix = "--";

absl::Status ErrorAt(absl::string_view place, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", text));
}

std::string UnknownDirective(absl::string_view name) {
  const absl::string_view nearest = NearestDirectiveName(name);
  std::string text = absl::StrCat("unknown directive \"", name, "\"");
  if (!nearest.empty()) absl::StrAppend(&text, "; did you mean \"", nearest, "\"?");
  return text;
}

// Kubernetes tells every container about the services around it. For one that is called "kv" these
// are KV_SERVICE_HOST, KV_PORT_6379_TCP and others that name no directive, and KV_PORT, which does:
// KV_PORT=tcp://10.0.0.11:6379. No directive that ends so takes an address.
bool IsInjectedByKubernetes(absl::string_view variable, absl::string_view value) {
  if (!absl::EndsWith(variable, "_PORT")) return false;
  return absl::StartsWith(value, "tcp://") || absl::StartsWith(value, "udp://") ||
         absl::StartsWith(value, "sctp://");
}

}  // namespace

absl::StatusOr<Config> Config::Load(const ConfigInput& input) { return ConfigLoader(input).Load(); }

ConfigLoader::ConfigLoader(const ConfigInput& input)
    : input_(input), origins_(AllDirectives().size()) {}

absl::StatusOr<Config> ConfigLoader::Load() {
  const std::vector<std::string>& arguments = input_.arguments;
  if (!arguments.empty() && !absl::StartsWith(arguments[0], kFlagPrefix)) {
    config_.path_ = ResolvePath(input_.working_directory, arguments[0]);
    RETURN_IF_ERROR(LoadFiles(arguments[0], 0));
  }
  RETURN_IF_ERROR(LoadEnvironment());
  RETURN_IF_ERROR(LoadFlags());

  const Directive& dir = *FindDirective("dir");
  config_.Store(dir, ResolvePath(input_.working_directory, config_.settings_.dir));
  MapIoThreads();
  NoteWithoutEffect();
  return std::move(config_);
}

absl::Status ConfigLoader::LoadFiles(const std::string& pattern, int depth) {
  if (depth > limits::kConfigIncludeDepthMax) {
    return ErrorAt(pattern, absl::StrCat("more than ", limits::kConfigIncludeDepthMax,
                                         " files include one another"));
  }
  CHECK(input_.read_files != nullptr);
  ASSIGN_OR_RETURN(const std::vector<ConfigFile> files, input_.read_files(pattern));
  for (const ConfigFile& file : files) {
    if (++files_read_ > limits::kConfigFilesMax) {
      return ErrorAt(file.path,
                     absl::StrCat("more than ", limits::kConfigFilesMax, " files are included"));
    }
    RETURN_IF_ERROR(LoadText(file, depth));
  }
  return absl::OkStatus();
}

absl::Status ConfigLoader::LoadText(const ConfigFile& file, int depth) {
  size_t number = 0;
  for (absl::string_view text : SplitLines(file.text)) {
    const std::string place = absl::StrCat(file.path, ":", ++number);
    ConfigLine line;
    if (!line.Parse(text)) return ErrorAt(place, "unbalanced quotes");
    if (line.words.empty()) continue;
    const Words words = absl::MakeConstSpan(line.words).subspan(1);
    if (absl::EqualsIgnoreCase(line.words[0], "include")) {
      if (words.empty()) return ErrorAt(place, "include: wrong number of arguments");
      for (absl::string_view pattern : words) {
        const absl::Status included = LoadFiles(std::string(pattern), depth + 1);
        if (!included.ok()) return ErrorAt(place, absl::StrCat("include: ", included.message()));
      }
      continue;
    }
    RETURN_IF_ERROR(Apply({.source = Source::kFile,
                           .place = place,
                           .included = depth > 0,
                           .name = line.words[0],
                           .words = words}));
  }
  return absl::OkStatus();
}

absl::Status ConfigLoader::LoadEnvironment() {
  for (const auto& [variable, value] : input_.environment) {
    if (!absl::StartsWith(variable, kEnvironmentPrefix)) continue;
    const std::string name = absl::StrReplaceAll(
        absl::AsciiStrToLower(variable.substr(kEnvironmentPrefix.size())), {{"_", "-"}});
    const std::string place = absl::StrCat("environment ", variable);
    const Directive* directive = FindDirective(name);
    // Whoever started us may have variables of this prefix for other ends; a file or a flag may
    // not.
    if (directive == nullptr) {
      config_.notices_.push_back(absl::StrCat(place, ": ", UnknownDirective(name), " (ignored)"));
      continue;
    }
    if (IsInjectedByKubernetes(variable, value)) {
      config_.notices_.push_back(absl::StrCat(
          place, ": ignored: the address of a service that Kubernetes tells about, not a port"));
      continue;
    }
    // A directive with several words is spelled as in a file; any other is the text as it stands.
    ConfigLine line;
    if (!directive->is(kManyWords)) {
      line.words = {value};
    } else if (!line.Parse(value)) {
      return ErrorAt(place, "unbalanced quotes");
    }
    RETURN_IF_ERROR(
        Apply({.source = Source::kEnvironment, .place = place, .name = name, .words = line.words}));
  }
  return absl::OkStatus();
}

absl::Status ConfigLoader::LoadFlags() {
  const std::vector<std::string>& arguments = input_.arguments;
  size_t next = config_.path_.empty() ? 0 : 1;
  while (next < arguments.size()) {
    absl::string_view name = arguments[next++];
    if (!absl::ConsumePrefix(&name, kFlagPrefix)) {
      return ErrorAt("command line", absl::StrCat("unexpected argument \"", name, "\""));
    }
    std::vector<absl::string_view> words;
    while (next < arguments.size() && !absl::StartsWith(arguments[next], kFlagPrefix)) {
      words.push_back(arguments[next++]);
    }
    RETURN_IF_ERROR(
        Apply({.source = Source::kFlags, .place = "command line", .name = name, .words = words}));
  }
  return absl::OkStatus();
}

absl::Status ConfigLoader::Apply(const Statement& statement) {
  const Directive* directive = FindDirective(statement.name);
  if (directive == nullptr) return ErrorAt(statement.place, UnknownDirective(statement.name));
  const absl::Status applied = directive->is(kFileOnly) ? ApplyFileOnly(*directive, statement)
                                                        : ApplyValue(*directive, statement);
  if (!applied.ok()) {
    return ErrorAt(statement.place, absl::StrCat(directive->name, ": ", applied.message()));
  }
  origins_[IndexOf(*directive)] = {.source = statement.source, .place = statement.place};
  return absl::OkStatus();
}

absl::Status ConfigLoader::ApplyFileOnly(const Directive& directive, const Statement& statement) {
  if (directive.treatment == Treatment::kRefused) {
    return absl::InvalidArgumentError(directive.reason);
  }
  if (directive.treatment == Treatment::kAccepted) {
    config_.notices_.push_back(
        absl::StrCat(statement.place, ": ", directive.name, " has no effect: ", directive.reason));
    return absl::OkStatus();
  }
  if (directive.name != "rename-command") {
    return absl::InvalidArgumentError("belongs into a configuration file");
  }
  if (statement.words.size() != 2) return absl::InvalidArgumentError("wrong number of arguments");
  auto& renames = config_.settings_.rename_commands;
  if (origins_[IndexOf(directive)].source != statement.source) renames.clear();
  renames.emplace_back(statement.words[0], statement.words[1]);
  return absl::OkStatus();
}

absl::Status ConfigLoader::ApplyValue(const Directive& directive, const Statement& statement) {
  Config::Value& value = config_.values_[IndexOf(directive)];
  std::vector<absl::string_view> words;
  for (absl::string_view word : statement.words) {
    for (absl::string_view part : WordsOf(directive, word)) words.push_back(part);
  }
  const bool first_of_source = origins_[IndexOf(directive)].source != statement.source;
  const bool starts_afresh = directive.name == "save" && first_of_source;
  ASSIGN_OR_RETURN(
      std::string canonical,
      CheckedValue(directive, words, starts_afresh ? absl::string_view() : value.canonical));
  value.included |= statement.included;
  config_.Store(directive, std::move(canonical));
  return absl::OkStatus();
}

// A thread of Redis's that reads, parses and writes is a worker of ours, which executes as well.
void ConfigLoader::MapIoThreads() {
  const Directive& io_threads = *FindDirective("io-threads");
  const Directive& workers = *FindDirective("workers");
  const Origin& origin = origins_[IndexOf(io_threads)];
  if (origin.source == Source::kDefault) return;
  if (origins_[IndexOf(workers)].source != Source::kDefault) {
    config_.notices_.push_back(
        absl::StrCat(origin.place, ": io-threads has no effect: workers is set as well"));
    return;
  }
  const std::string threads = config_.values_[IndexOf(io_threads)].canonical;
  config_.Store(workers, threads);
  config_.notices_.push_back(
      absl::StrCat(origin.place, ": io-threads ", threads, " is taken as workers ", threads));
}

void ConfigLoader::NoteWithoutEffect() {
  for (const Directive& directive : AllDirectives()) {
    const Origin& origin = origins_[IndexOf(directive)];
    if (origin.source == Source::kDefault || directive.is(kFileOnly) ||
        directive.treatment != Treatment::kAccepted ||
        config_.values_[IndexOf(directive)].canonical == directive.default_value) {
      continue;
    }
    config_.notices_.push_back(
        absl::StrCat(origin.place, ": ", directive.name, " has no effect: ", directive.reason));
  }
}

}  // namespace holdfast
