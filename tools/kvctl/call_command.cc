// kvctl call [--primary|--replicas|--all] COMMAND...: one command to some nodes, as redis-cli
// would.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/ask_nodes.h"
#include "tools/kvctl/command.h"

namespace holdfast::kvctl {
namespace {

using Json = nlohmann::json;

Json ValueJson(const ReplyValue& value) {
  switch (value.kind) {
    case ReplyValue::Kind::kInteger:
      return value.integer;
    case ReplyValue::Kind::kNull:
    case ReplyValue::Kind::kNullArray:
      return nullptr;
    case ReplyValue::Kind::kArray: {
      Json list = Json::array();
      for (const ReplyValue& child : value.children) list.push_back(ValueJson(child));
      return list;
    }
    default:
      return value.text;
  }
}

class CallCommand : public Command {
 public:
  CLI::App* Declare(CLI::App& app) override {
    CLI::App* command =
        app.add_subcommand("call", "Send a command to nodes [-- words that look like options]");
    CLI::Option* primary = command->add_flag("--primary", primary_, "To the primary (default)");
    CLI::Option* replicas = command->add_flag("--replicas", replicas_, "To all but the primary");
    command->add_flag("--all", all_, "To every node")->excludes(primary)->excludes(replicas);
    replicas->excludes(primary);
    command->add_option("word", words_, "The command and its arguments")->expected(0, -1);
    return command;
  }

  Result<ExitCode> Run(Session& session) override {
    std::vector<std::string> words = words_;
    words.insert(words.end(), session.passthrough.begin(), session.passthrough.end());
    if (words.empty()) return UsageFailure("a command is missing", "kvctl call --all PING");
    Result<ClusterView> view = Gather(session);
    if (!view.ok()) return view.failure();
    const NodeRow* primary = view->Primary();
    std::vector<const NodeRow*> rows;
    for (const NodeRow& row : view->rows) {
      const bool wanted = all_ || (replicas_ ? &row != primary : &row == primary);
      if (wanted && row.description.client_port != 0) rows.push_back(&row);
    }
    if (rows.empty()) {
      return Failure{.exit = ExitCode::kUnavailable,
                     .code = "NO_PRIMARY",
                     .what = "there is no node to call",
                     .next = "kvctl status; kvctl call --all calls whoever answers"};
    }
    Result<std::vector<NodeReply>> replies = AskRows(session, rows, words);
    if (!replies.ok()) return replies.failure();
    Json all = Json::object();
    for (const NodeReply& reply : *replies) {
      const std::string& name = reply.row->description.name;
      all[name] = ValueJson(reply.value);
      if (session.is_json()) continue;
      session.Out(rows.size() == 1 ? absl::StrCat(reply.value.ToString(), "\n")
                                   : absl::StrCat(name, "  ", reply.value.ToString(), "\n"));
    }
    if (session.is_json()) session.OutJson({{"schema", "kvctl.call/v1"}, {"replies", all}});
    // Who did not answer was told of.
    return replies->size() == rows.size() ? ExitCode::kOk : ExitCode::kFailed;
  }

 private:
  bool primary_ = false, replicas_ = false, all_ = false;
  std::vector<std::string> words_;
};

}  // namespace

std::unique_ptr<Command> MakeCallCommand() { return std::make_unique<CallCommand>(); }

}  // namespace holdfast::kvctl
