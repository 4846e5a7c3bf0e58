// history_judge: was what real clients recorded linearizable? One argument, a file with a JSON
// object a line:
//
//   {"client": 1, "connection": 7, "begin": 12, "end": 34, "command": ["SET", "k", "5"],
//    "reply": "+OK\r\n"}
//
// Times are nanoseconds of one clock. Requests of a connection stand in the order they were sent.
// `end` and `reply` are missing if no reply came: the command may take effect once, at any time
// after its begin, or never.
//
// Exit codes: 0 linearizable, 1 not (what no order explains is on stdout), 2 no such history.

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "net/base/status.h"
#include "net/resp/reply_parser.h"
#include "sim/check/linearizability.h"

namespace holdfast {
namespace {

using Json = nlohmann::json;

// A key is read and written by few, so what a search needs is nearly linear; what it may need if
// many replies are missing is bounded here.
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

absl::StatusOr<History> ReadHistory(const char* path) {
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

int Judge(const char* path) {
  const absl::StatusOr<History> history = ReadHistory(path);
  if (!history.ok()) {
    std::fprintf(stderr, "history_judge: %s\n", history.status().ToString().c_str());
    return 2;
  }
  const LinearizabilityResult result =
      CheckLinearizability(*history, LogTimeBounds(), {.states_per_group_max = kStatesPerKeyMax});
  std::printf("%zu operations on %lu keys, %lu undecided, %lu states: %s\n", history->size(),
              result.groups, result.undecided_groups, result.states,
              result.ok() ? "linearizable" : "not linearizable");
  if (!result.ok()) std::printf("%s\n", result.violation.c_str());
  return result.ok() ? 0 : 1;
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: history_judge HISTORY\n");
    return 2;
  }
  return holdfast::Judge(argv[1]);
}
