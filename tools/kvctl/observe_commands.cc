// kvctl top, slowlog, clients, logs: what the nodes are doing, side by side.
#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tools/kvctl/ask_nodes.h"
#include "tools/kvctl/health.h"
#include "tools/kvctl/table.h"
#include "tools/kvctl/view_command.h"

namespace holdfast::kvctl {
namespace {

using Json = nlohmann::json;

uint64_t InfoCount(const std::string& info, absl::string_view name) {
  uint64_t count = 0;
  return absl::SimpleAtoi(InfoField(info, name), &count) ? count : 0;
}

class TopCommand : public ViewCommand {
 public:
  TopCommand() : ViewCommand("top", "Load, memory and clients of every node") {}

 private:
  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    Result<std::vector<NodeReply>> replies = AskNodes(session, view, {"INFO"});
    if (!replies.ok()) return replies.failure();
    Table table({{"NODE"},
                 {"STATE"},
                 {"OPS/S", Align::kRight},
                 {"CLIENTS", Align::kRight},
                 {"MEMORY", Align::kRight},
                 {"KEYS", Align::kRight},
                 {"HITS", Align::kRight},
                 {"EVICTED", Align::kRight},
                 {"HELD", Align::kRight},
                 {"TAIL", Align::kRight}});
    Json nodes = Json::array();
    for (const NodeReply& reply : *replies) {
      const std::string& info = reply.value.text;
      const NodeStatus& status = *reply.row->status;
      const uint64_t hits = InfoCount(info, "keyspace_hits");
      const uint64_t reads = hits + InfoCount(info, "keyspace_misses");
      const std::string state = StateWord(view, *reply.row);
      nodes.push_back({{"node", status.name},
                       {"state", state},
                       {"ops_per_second", InfoCount(info, "instantaneous_ops_per_sec")},
                       {"clients", InfoCount(info, "connected_clients")},
                       {"used_memory", InfoCount(info, "used_memory")},
                       {"maxmemory", InfoCount(info, "maxmemory")},
                       {"keys", status.keys},
                       {"keyspace_hits", hits},
                       {"keyspace_reads", reads},
                       {"evicted_keys", InfoCount(info, "evicted_keys")},
                       {"held_replies", status.group.held_replies},
                       {"tail", status.group.tail.value}});
      const Json& node = nodes.back();
      const uint64_t limit = node["maxmemory"].get<uint64_t>();
      table.AddRow({status.name, state, absl::StrCat(node["ops_per_second"].get<uint64_t>()),
                    absl::StrCat(node["clients"].get<uint64_t>()),
                    BytesText(node["used_memory"].get<uint64_t>()) +
                        (limit == 0 ? "" : " of " + BytesText(limit)),
                    absl::StrCat(status.keys),
                    reads == 0 ? "-"
                               : absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(hits) /
                                                                static_cast<double>(reads)),
                    absl::StrCat(node["evicted_keys"].get<uint64_t>()),
                    absl::StrCat(status.group.held_replies),
                    absl::StrCat(status.group.tail.value)});
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.top/v1"}, {"nodes", nodes}}, indent);
    } else {
      session.Out(table.Render());
    }
    return ExitCode::kOk;
  }
};

class SlowlogCommand : public ViewCommand {
 public:
  SlowlogCommand() : ViewCommand("slowlog", "The slowest commands of all nodes, newest first") {}

 private:
  struct Slow {
    int64_t unix_seconds = 0, microseconds = 0;
    std::string node, client, command;
  };

  void DeclareMore(CLI::App* command) override {
    command->add_option("--limit", limit_, "So many of each node (default 20)")
        ->check(CLI::Range(1, 100'000))
        ->type_name("COUNT");
  }

  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    Result<std::vector<NodeReply>> replies =
        AskNodes(session, view, {"SLOWLOG", "GET", absl::StrCat(limit_)});
    if (!replies.ok()) return replies.failure();
    std::vector<Slow> all;
    for (const NodeReply& reply : *replies) {
      for (const ReplyValue& entry : reply.value.children) {
        if (entry.children.size() < 5) continue;
        std::vector<std::string> words;
        for (const ReplyValue& word : entry.children[3].children) words.push_back(word.text);
        all.push_back({entry.children[1].integer, entry.children[2].integer,
                       reply.row->description.name, entry.children[4].text,
                       absl::StrJoin(words, " ")});
      }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Slow& a, const Slow& b) { return a.unix_seconds > b.unix_seconds; });
    Table table({{"WHEN"}, {"NODE"}, {"TOOK", Align::kRight}, {"CLIENT"}, {"COMMAND"}});
    Json entries = Json::array();
    for (const Slow& slow : all) {
      entries.push_back({{"at", Rfc3339(slow.unix_seconds * 1000)},
                         {"node", slow.node},
                         {"took_us", slow.microseconds},
                         {"client", slow.client},
                         {"command", slow.command}});
      table.AddRow({TimeText(slow.unix_seconds * 1000), slow.node,
                    absl::StrFormat("%.3f ms", static_cast<double>(slow.microseconds) / 1000),
                    slow.client, slow.command});
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.slowlog/v1"}, {"entries", entries}}, indent);
    } else {
      session.Out(table.Render());
    }
    return ExitCode::kOk;
  }

  int limit_ = 20;
};

class ClientsCommand : public ViewCommand {
 public:
  ClientsCommand() : ViewCommand("clients", "Who is connected to which node") {}

 private:
  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    Result<std::vector<NodeReply>> replies = AskNodes(session, view, {"CLIENT", "LIST"});
    if (!replies.ok()) return replies.failure();
    Table table({{"NODE"},
                 {"ID", Align::kRight},
                 {"ADDRESS"},
                 {"NAME"},
                 {"USER"},
                 {"AGE", Align::kRight},
                 {"IDLE", Align::kRight},
                 {"COMMAND"}});
    Json clients = Json::array();
    for (const NodeReply& reply : *replies) {
      for (absl::string_view line : absl::StrSplit(reply.value.text, '\n', absl::SkipEmpty())) {
        Json client = {{"node", reply.row->description.name}};
        for (absl::string_view field : absl::StrSplit(line, ' ', absl::SkipEmpty())) {
          const std::pair<std::string, std::string> pair =
              absl::StrSplit(field, absl::MaxSplits('=', 1));
          client[pair.first] = pair.second;
        }
        const auto of = [&](const char* name) {
          return client.contains(name) ? client[name].get<std::string>() : std::string();
        };
        table.AddRow({of("node"), of("id"), of("addr"), of("name"), of("user"), of("age") + " s",
                      of("idle") + " s", of("cmd")});
        clients.push_back(std::move(client));
      }
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.clients/v1"}, {"clients", clients}}, indent);
    } else {
      session.Out(table.Render());
    }
    return ExitCode::kOk;
  }
};

// Nodes on this machine only: their log files can be read.
class LogsCommand : public ViewCommand {
 public:
  LogsCommand() : ViewCommand("logs", "The last lines of the logs of nodes on this machine") {}

 private:
  void DeclareMore(CLI::App* command) override {
    command->add_option("node", names_, "Only of these")->expected(0, -1);
    command->add_option("--lines", lines_, "So many of each (default 20)")
        ->check(CLI::Range(1, 100'000))
        ->type_name("COUNT");
    command->add_option("--grep", grep_, "Only lines that contain this")->type_name("TEXT");
  }

  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    std::vector<const NodeRow*> rows;
    for (const std::string& name : names_) {
      Result<const NodeRow*> row = NamedNode(view, name);
      if (!row.ok()) return row.failure();
      rows.push_back(*row);
    }
    for (const NodeRow& row : view.rows) {
      if (names_.empty() && row.description.client_port != 0) rows.push_back(&row);
    }
    Result<std::vector<NodeReply>> replies = AskRows(session, rows, {"CONFIG", "GET", "[dl]*"});
    if (!replies.ok()) return replies.failure();
    Json logs = Json::array();
    size_t read = 0;
    for (const NodeReply& reply : *replies) {
      const std::string& name = reply.row->description.name;
      const std::string path = PathOf(reply.value);
      std::ifstream file(path);
      if (!IsHere(*reply.row) || !file) {
        session.Note(absl::StrCat("warning: the log of ", name, WhereItIs(*reply.row, path), "\n"));
        continue;
      }
      ++read;
      for (const std::string& line : LastLines(file)) {
        logs.push_back({{"node", name}, {"line", line}});
        if (!session.is_json()) session.Out(absl::StrCat(name, "  ", line, "\n"));
      }
    }
    if (session.is_json()) session.OutJson({{"schema", "kvctl.logs/v1"}, {"lines", logs}}, indent);
    if (read > 0) return ExitCode::kOk;
    return Failure{
        .code = "NO_LOG",
        .what = "no log can be read from here",
        .why = "the nodes are on other machines, or write their logs elsewhere",
        .next =
            "what the warnings say, where they say it; kvctl events tells from here what "
            "happened"};
  }

  // What to do to see it.
  std::string WhereItIs(const NodeRow& row, const std::string& path) const {
    if (IsHere(row)) {
      return absl::StrCat(" cannot be read at ", path,
                          ": under systemd it is in journalctl -u holdfast");
    }
    return absl::StrCat(" is not on this machine; on ", row.description.host, ": tail -n ", lines_,
                        " ", path, ", or under systemd journalctl -u holdfast");
  }

  // The log's file, or where kvctl dev up lets the output go.
  static std::string PathOf(const ReplyValue& pairs) {
    std::string directory, file;
    for (size_t i = 0; i + 1 < pairs.children.size(); i += 2) {
      if (pairs.children[i].text == "dir") directory = pairs.children[i + 1].text;
      if (pairs.children[i].text == "logfile") file = pairs.children[i + 1].text;
    }
    if (file.empty()) file = "kvnode.log";
    return (std::filesystem::path(directory) / file).string();
  }

  static bool IsHere(const NodeRow& row) {
    const std::string& host = row.description.host;
    return absl::StartsWith(host, "127.") || host == "localhost" || host == "::1";
  }

  std::deque<std::string> LastLines(std::ifstream& file) const {
    std::deque<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      if (!grep_.empty() && !absl::StrContains(line, grep_)) continue;
      lines.push_back(line);
      if (lines.size() > lines_) lines.pop_front();
    }
    return lines;
  }

  std::vector<std::string> names_;
  size_t lines_ = 20;
  std::string grep_;
};

}  // namespace

std::unique_ptr<Command> MakeTopCommand() { return std::make_unique<TopCommand>(); }
std::unique_ptr<Command> MakeSlowlogCommand() { return std::make_unique<SlowlogCommand>(); }
std::unique_ptr<Command> MakeClientsCommand() { return std::make_unique<ClientsCommand>(); }
std::unique_ptr<Command> MakeLogsCommand() { return std::make_unique<LogsCommand>(); }

}  // namespace holdfast::kvctl
