#include "sim/check/history_file.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/status.h"
#include "net/resp/reply_parser.h"

namespace holdfast {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kStatesPerKeyMax = 5'000'000;

const Json* Find(const Json& object, const char* name, bool (Json::*is_wanted)() const) {
  const auto found = object.find(name);
  return found != object.end() && ((*found).*is_wanted)() ? &*found : nullptr;
}

absl::StatusOr<Operation> ParseOperation(const std::string& line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::InvalidArgumentError("not a JSON object");
  const Json* client = Find(json, "client", &Json::is_number_unsigned);
  const Json* connection = Find(json, "connection", &Json::is_number_unsigned);
  const Json* begin = Find(json, "begin", &Json::is_number_unsigned);
  const Json* command = Find(json, "command", &Json::is_array);
  if (!client || !connection || !begin || !command) {
    return absl::InvalidArgumentError("no client, connection, begin or command");
  }
  Operation operation{.client = client->get<uint32_t>(),
                      .connection = connection->get<uint32_t>(),
                      .begin = Nanos{begin->get<int64_t>()}};
  operation.commands.emplace_back();
  for (const Json& word : *command) {
    if (!word.is_string()) return absl::InvalidArgumentError("a command of other than strings");
    operation.commands[0].push_back(word.get<std::string>());
  }
  if (!Model::Knows(operation.commands[0])) {
    return absl::InvalidArgumentError("a command that the model does not know");
  }
  const Json* end = Find(json, "end", &Json::is_number_unsigned);
  const Json* reply = Find(json, "reply", &Json::is_string);
  if (!end || !reply) return operation;
  ASSIGN_OR_RETURN(operation.reply, ParseReply(reply->get<std::string>()));
  operation.outcome = OutcomeOf(operation.reply);
  if (operation.outcome != Operation::Outcome::kUnknown) operation.end = Nanos{end->get<int64_t>()};
  return operation;
}

// As it came over the wire. What one command of a record answers is no aggregate.
std::string WireText(const ReplyValue& reply) {
  switch (reply.kind) {
    case ReplyValue::Kind::kSimple:
      return absl::StrCat("+", reply.text, "\r\n");
    case ReplyValue::Kind::kError:
      return absl::StrCat("-", reply.text, "\r\n");
    case ReplyValue::Kind::kInteger:
      return absl::StrCat(":", reply.integer, "\r\n");
    case ReplyValue::Kind::kBulk:
      return absl::StrCat("$", reply.text.size(), "\r\n", reply.text, "\r\n");
    default:
      CHECK(reply.is_null());
      return "$-1\r\n";
  }
}

}  // namespace

absl::StatusOr<History> ReadHistory(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot open ", path));
  History history;
  for (std::string line; std::getline(file, line);) {
    absl::StatusOr<Operation> operation = ParseOperation(line);
    if (!operation.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", history.size() + 1, ": ", operation.status().message()));
    }
    operation->number = history.size();
    history.push_back(*std::move(operation));
  }
  return history;
}

std::string HistoryLine(const Operation& operation) {
  CHECK(operation.commands.size() == 1 && !operation.is_transaction);
  Json line = {{"client", operation.client},
               {"connection", operation.connection},
               {"begin", operation.begin.value},
               {"command", operation.commands[0]}};
  if (operation.end != kForever) {
    line["end"] = operation.end.value;
    line["reply"] = WireText(operation.reply);
  }
  return line.dump() + "\n";
}

LinearizabilityResult JudgeHistory(const History& history) {
  return CheckLinearizability(history, LogTimeBounds(), {.states_per_group_max = kStatesPerKeyMax});
}

}  // namespace holdfast
