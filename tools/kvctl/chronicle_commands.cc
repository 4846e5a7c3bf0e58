// kvctl history, events: what happened to the cluster, as its nodes saw it.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "tools/kvctl/ask_nodes.h"
#include "tools/kvctl/json_fields.h"
#include "tools/kvctl/table.h"
#include "tools/kvctl/view_command.h"

namespace holdfast::kvctl {
namespace {

using Json = nlohmann::json;

constexpr char kUnknown[] = "-";

// The list of objects that a node answered; a node that answers something else is left out and told
// of.
std::vector<Json> ObjectsOf(const Session& session, const NodeReply& reply) {
  const Json json = Json::parse(reply.value.text, nullptr, /*allow_exceptions=*/false);
  std::vector<Json> objects;
  bool fits = json.is_array();
  for (size_t i = 0; fits && i < json.size(); ++i) {
    fits = json[i].is_object();
    objects.push_back(json[i]);
  }
  if (fits) return objects;
  session.Note(
      absl::StrCat("warning: ", reply.row->description.name,
                   " answers something that cannot be read; is it of the same release?\n"));
  return {};
}

uint64_t CountIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<uint64_t>() : 0;
}

std::string TextIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string OrUnknown(std::string text) { return text.empty() ? kUnknown : text; }

class HistoryCommand : public ViewCommand {
 public:
  HistoryCommand() : ViewCommand("history", "Who led when, and why it changed") {}

 private:
  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    Result<std::vector<NodeReply>> replies = AskNodes(session, view, {"HOLDFAST", "HISTORY"});
    if (!replies.ok()) return replies.failure();
    // Of an epoch that several know the one counts that says how long it took.
    std::map<uint64_t, Json, std::greater<>> epochs;
    for (const NodeReply& reply : *replies) {
      for (Json& entry : ObjectsOf(session, reply)) {
        Json& known = epochs[CountIn(entry, "epoch")];
        if (known.is_null() || !known.contains("unavailable_ms") ||
            known["unavailable_ms"].is_null()) {
          known = std::move(entry);
        }
      }
    }
    if (session.is_json()) {
      Json list = Json::array();
      for (const auto& [epoch, entry] : epochs) list.push_back(entry);
      session.OutJson({{"schema", "kvctl.history/v1"}, {"epochs", list}}, indent);
      return ExitCode::kOk;
    }
    Table table({{"EPOCH", Align::kRight},
                 {"WHEN"},
                 {"KIND"},
                 {"FROM"},
                 {"TO"},
                 {"UNAVAILABLE", Align::kRight},
                 {"REASON"}});
    for (const auto& [epoch, entry] : epochs) {
      const bool timed = entry.contains("unavailable_ms") && entry["unavailable_ms"].is_number();
      table.AddRow({absl::StrCat(epoch), TimeText(static_cast<int64_t>(CountIn(entry, "at_ms"))),
                    OrUnknown(TextIn(entry, "kind")), OrUnknown(TextIn(entry, "from")),
                    OrUnknown(TextIn(entry, "to")),
                    timed ? absl::StrCat(CountIn(entry, "unavailable_ms"), " ms") : kUnknown,
                    TextIn(entry, "reason")});
    }
    session.Out(table.Render());
    return ExitCode::kOk;
  }
};

class EventsCommand : public ViewCommand {
 public:
  EventsCommand() : ViewCommand("events", "What all nodes saw happen, in the order of the log") {}

 private:
  void DeclareMore(CLI::App* command) override {
    command->add_option("--epoch", epoch_, "Of this epoch only")->type_name("EPOCH");
    command->add_option("--limit", limit_, "The newest so many (default 100)")
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("COUNT");
  }

  Result<ExitCode> Show(const Session& session, const ClusterView& view, int indent) override {
    Result<std::vector<NodeReply>> replies = AskNodes(session, view, {"HOLDFAST", "EVENTS"});
    if (!replies.ok()) return replies.failure();
    std::vector<Json> events;
    for (const NodeReply& reply : *replies) {
      for (Json& event : ObjectsOf(session, reply)) {
        if (epoch_ == 0 || CountIn(event, "epoch") == epoch_) events.push_back(std::move(event));
      }
    }
    // Clocks of nodes differ; epochs and the log do not.
    std::stable_sort(events.begin(), events.end(), [](const Json& a, const Json& b) {
      const auto place = [](const Json& event) {
        return std::tuple(CountIn(event, "epoch"), CountIn(event, "lsn"), CountIn(event, "at_ms"));
      };
      return place(a) < place(b);
    });
    if (events.size() > limit_) {
      events.erase(events.begin(), events.end() - static_cast<ptrdiff_t>(limit_));
    }
    if (session.is_json()) {
      session.OutJson({{"schema", "kvctl.events/v1"}, {"events", events}}, indent);
      return ExitCode::kOk;
    }
    Table table({{"WHEN"},
                 {"NODE"},
                 {"EPOCH", Align::kRight},
                 {"LSN", Align::kRight},
                 {"EVENT"},
                 {"DETAIL"}});
    for (const Json& event : events) {
      const auto at = static_cast<int64_t>(CountIn(event, "at_ms"));
      table.AddRow({Rfc3339(at), OrUnknown(TextIn(event, "node")),
                    absl::StrCat(CountIn(event, "epoch")), absl::StrCat(CountIn(event, "lsn")),
                    TextIn(event, "event"), TextIn(event, "detail")});
    }
    session.Out(table.Render());
    return ExitCode::kOk;
  }

  uint64_t epoch_ = 0;
  size_t limit_ = 100;
};

}  // namespace

std::unique_ptr<Command> MakeHistoryCommand() { return std::make_unique<HistoryCommand>(); }
std::unique_ptr<Command> MakeEventsCommand() { return std::make_unique<EventsCommand>(); }

}  // namespace holdfast::kvctl
