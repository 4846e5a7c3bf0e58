// kvctl config get, set, diff, explain: what the nodes are told to do, side by side.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "node/config/directive.h"
#include "tools/kvctl/ask_nodes.h"
#include "tools/kvctl/change.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/did_you_mean.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/plan.h"
#include "tools/kvctl/table.h"

namespace holdfast::kvctl {
namespace {

using Json = nlohmann::json;

// A node's own place: these differ between nodes by their nature.
constexpr absl::string_view kPlaces[] = {"bind",
                                         "cluster-announce-bus-port",
                                         "cluster-announce-hostname",
                                         "cluster-announce-ip",
                                         "cluster-announce-port",
                                         "cluster-config-file",
                                         "cluster-port",
                                         "dir",
                                         "http-port",
                                         "logfile",
                                         "pidfile",
                                         "port",
                                         "sentinel-port",
                                         "unixsocket"};

struct Settings {
  std::vector<const NodeRow*> rows;                                // who answered
  std::map<std::string, std::map<std::string, std::string>> keys;  // key -> node -> value
};

Result<Settings> ReadSettings(const Session& session, const ClusterView& view,
                              const std::string& pattern) {
  Result<std::vector<NodeReply>> replies = AskNodes(session, view, {"CONFIG", "GET", pattern});
  if (!replies.ok()) return replies.failure();
  Settings settings;
  for (const NodeReply& reply : *replies) {
    settings.rows.push_back(reply.row);
    const std::vector<ReplyValue>& words = reply.value.children;
    for (size_t i = 0; i + 1 < words.size(); i += 2) {
      settings.keys[words[i].text][reply.row->description.name] = words[i + 1].text;
    }
  }
  return settings;
}

bool Differs(const std::map<std::string, std::string>& values) {
  return std::any_of(values.begin(), values.end(),
                     [&](const auto& pair) { return pair.second != values.begin()->second; });
}

Failure UnknownSetting(const std::string& name) {
  const absl::string_view nearest = NearestDirectiveName(name);
  return {.exit = ExitCode::kUsage,
          .code = "UNKNOWN_SETTING",
          .what = absl::StrCat(
              "unknown setting \"", name, "\"",
              nearest.empty() ? std::string() : absl::StrCat(". Did you mean \"", nearest, "\"?")),
          .next = "kvctl config get '*' lists all of them",
          .effect = "nothing was changed"};
}

void Print(const Session& session, const Settings& settings, const std::string& schema) {
  std::vector<Column> columns = {{"KEY"}};
  for (const NodeRow* row : settings.rows) columns.push_back({row->description.name});
  Table table(columns);
  Json keys = Json::object();
  for (const auto& [key, values] : settings.keys) {
    std::vector<std::string> cells = {key};
    for (const NodeRow* row : settings.rows) {
      const auto found = values.find(row->description.name);
      cells.push_back(found == values.end() ? "-" : found->second.empty() ? "\"\"" : found->second);
    }
    table.AddRow(cells);
    keys[key] = values;
  }
  if (session.is_json()) {
    session.OutJson({{"schema", schema}, {"settings", keys}});
  } else {
    session.Out(table.Render());
  }
}

class ConfigGetCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("get", "Show settings of all nodes");
    command->add_option("key", pattern_, "A key, or a pattern")->required();
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    Result<Settings> settings = ReadSettings(session, *view, pattern_);
    if (!settings.ok()) return settings.failure();
    if (settings->keys.empty()) return UnknownSetting(pattern_);
    Print(session, *settings, "kvctl.config-get/v1");
    return ExitCode::kOk;
  }

 private:
  std::string pattern_;
};

class ConfigDiffCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("diff", "Show settings that differ between nodes");
    command->add_flag("--all", all_, "Also those that are a node's own, as its port");
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    Result<Settings> settings = ReadSettings(session, *view, "*");
    if (!settings.ok()) return settings.failure();
    std::erase_if(settings->keys, [&](const auto& pair) {
      const bool own = std::count(std::begin(kPlaces), std::end(kPlaces), pair.first) > 0;
      return !Differs(pair.second) || (own && !all_);
    });
    if (settings->keys.empty() && !session.is_json()) {
      session.Note(
          absl::StrCat("no differences between ", Count(settings->rows.size(), "node"), "\n"));
      return ExitCode::kOk;
    }
    Print(session, *settings, "kvctl.config-diff/v1");
    return ExitCode::kOk;
  }

 private:
  bool all_ = false;
};

class ConfigSetCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("set", "Change a setting of all running nodes");
    command->add_option("key", key_, "The setting")->required();
    command->add_option("value", value_, "Its new value")->required();
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    Result<Settings> before = ReadSettings(session, *view, key_);
    if (!before.ok()) return before.failure();
    if (before->keys.empty()) return UnknownSetting(key_);
    const Plan plan = MakePlan(*view, *before);
    Result<Consent> consent = AskForConsent(session, plan);
    if (!consent.ok()) return consent.failure();
    if (*consent == Consent::kDryRun) return ExitCode::kOk;
    std::vector<std::string> done;
    for (const NodeRow* row : before->rows) {
      Done set =
          Carry(session, {.what = absl::StrCat("setting ", key_, " on ", row->description.name),
                          .to = ClientEndpoint(row->description),
                          .words = {"CONFIG", "SET", key_, value_}});
      if (!set.ok()) {
        Failure failure = set.failure();
        if (!done.empty())
          failure.effect = absl::StrCat("it is set on ", absl::StrJoin(done, ", "));
        return failure;
      }
      done.push_back(row->description.name);
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.config-set/v1"},
                       {"key", key_},
                       {"value", value_},
                       {"nodes", done},
                       {"plan", plan.Id()}});
    } else {
      session.Out(
          absl::StrCat("done: ", key_, " is ", value_, " on ", absl::StrJoin(done, " "), "\n"));
    }
    session.Note("  until a restart: put it into the nodes' configuration files as well\n");
    return ExitCode::kOk;
  }

 private:
  Plan MakePlan(const ClusterView& view, Settings& before) const {
    std::vector<std::string> steps;
    auto& values = before.keys.begin()->second;
    for (const NodeRow* row : before.rows) {
      const std::string& name = row->description.name;
      steps.push_back(absl::StrCat(name, "  ", values[name], " -> ", value_));
    }
    return {.version = view.configuration.version,
            .summary = absl::StrCat(key_, " becomes ", value_),
            .steps = std::move(steps),
            .subject = key_};
  }

  std::string key_, value_;
};

class ConfigExplainCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command = app.add_subcommand("explain", "Tell what kind of setting a key is");
    command->add_option("key", key_, "The setting")->required();
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    const Directive* directive = FindDirective(key_);
    if (directive == nullptr) return UnknownSetting(key_);
    const Json facts = {{"schema", "kvctl.config-explain/v1"},
                        {"name", std::string(directive->name)},
                        {"older_name", std::string(directive->alias)},
                        {"type", TypeText(*directive)},
                        {"default", std::string(directive->default_value)},
                        {"live", !directive->is(kImmutable | kFileOnly)},
                        {"effect", EffectText(*directive)}};
    if (session.is_json()) {
      session.OutJson(facts);
      return ExitCode::kOk;
    }
    Table table({{""}, {""}});
    for (const char* name : {"name", "older_name", "type", "default", "live", "effect"}) {
      const Json& fact = facts[name];
      const std::string text = fact.is_boolean()
                                   ? (fact.get<bool>() ? "yes, by config set" : "no: a restart")
                                   : fact.get<std::string>();
      if (!text.empty()) table.AddRow({name, text});
    }
    const std::string text = table.Render();
    // The empty heading is not a line of its own.
    session.Out(text.substr(text.find('\n') + 1));
    return ExitCode::kOk;
  }

 private:
  static std::string TypeText(const Directive& directive) {
    switch (directive.kind) {
      case ValueKind::kBool:
        return "yes or no";
      case ValueKind::kInteger:
      case ValueKind::kOctal:
        return absl::StrCat("a number from ", directive.range.lowest, " to ",
                            directive.range.highest);
      case ValueKind::kMemory:
        return "bytes, with units as 512mb";
      case ValueKind::kMemoryOrPercent:
        return "bytes, with units, or a share as 5%";
      case ValueKind::kChoice:
        return absl::StrCat("one of ", absl::StrJoin(directive.choices, ", "));
      case ValueKind::kString:
      case ValueKind::kFunction:
        break;
    }
    return "text";
  }

  static std::string EffectText(const Directive& directive) {
    const std::string reason(directive.reason);
    switch (directive.treatment) {
      case Treatment::kHonoured:
        return "what Redis documents, or its own";
      case Treatment::kMapped:
        return absl::StrCat("translated: ", reason);
      case Treatment::kAccepted:
        return absl::StrCat("accepted and without effect: ", reason);
      case Treatment::kRefused:
        break;
    }
    return absl::StrCat("any value but the default is refused: ", reason);
  }

  std::string key_;
};

}  // namespace

std::unique_ptr<Command> MakeConfigGetCommand() { return std::make_unique<ConfigGetCommand>(); }
std::unique_ptr<Command> MakeConfigSetCommand() { return std::make_unique<ConfigSetCommand>(); }
std::unique_ptr<Command> MakeConfigDiffCommand() { return std::make_unique<ConfigDiffCommand>(); }
std::unique_ptr<Command> MakeConfigExplainCommand() {
  return std::make_unique<ConfigExplainCommand>();
}

}  // namespace holdfast::kvctl
