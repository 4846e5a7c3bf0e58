#include <algorithm>

#include "sim/model_commands.h"

namespace holdfast {

using namespace model_internal;  // the makers of replies, of this room only

ReplyValue ModelCommands::Copy(ModelCall& call) {
  const Entry* from = Find(call, Argument(call, 1));
  const bool replace = call.command.size() > 3 && Upper(Argument(call, 3)) == "REPLACE";
  if (Argument(call, 1) == Argument(call, 2)) {
    return Error("ERR source and destination objects are the same");
  }
  if (from == nullptr || (!replace && Find(call, Argument(call, 2)) != nullptr)) return Integer(0);
  Put(call, Argument(call, 2), Entry(*from));
  return Integer(1);
}

ReplyValue ModelCommands::Del(ModelCall& call) {
  int64_t count = 0;
  for (size_t i = 1; i < call.command.size(); ++i) {
    if (Find(call, Argument(call, i)) == nullptr) continue;
    call.model.Erase(Argument(call, i));
    ++count;
  }
  return Integer(count);
}

ReplyValue ModelCommands::Exists(ModelCall& call) {
  int64_t count = 0;
  for (size_t i = 1; i < call.command.size(); ++i) {
    count += Find(call, Argument(call, i)) != nullptr;
  }
  return Integer(count);
}

ReplyValue ModelCommands::Expire(ModelCall& call) {
  const std::string name = Upper(Argument(call, 0));
  const auto number = ParseNumber(Argument(call, 2));
  if (!number) return Error("ERR value is not an integer or out of range");
  Entry* entry = Find(call, Argument(call, 1));
  if (entry == nullptr) return Integer(0);
  const char* word = name == "EXPIRE"     ? "EX"
                     : name == "PEXPIRE"  ? "PX"
                     : name == "EXPIREAT" ? "EXAT"
                                          : "PXAT";
  const Model::Window deadline = DeadlineOf(call, word, *number);
  const std::string option = call.command.size() > 3 ? Upper(Argument(call, 3)) : "";
  if ((option == "NX" && entry->deadline) || (option == "XX" && !entry->deadline)) {
    return Integer(0);
  }
  entry->deadline = deadline;
  return Integer(1);
}

ReplyValue ModelCommands::FlushAll(ModelCall& call) {
  call.model.EraseAll();
  return Ok();
}

ReplyValue ModelCommands::Persist(ModelCall& call) {
  Entry* entry = Find(call, Argument(call, 1));
  if (entry == nullptr || !entry->deadline) return Integer(0);
  entry->deadline.reset();
  return Integer(1);
}

ReplyValue ModelCommands::Rename(ModelCall& call) {
  const Entry* from = Find(call, Argument(call, 1));
  if (from == nullptr) return Error("ERR no such key");
  if (Argument(call, 1) == Argument(call, 2)) return Ok();
  Put(call, Argument(call, 2), Entry(*from));
  call.model.Erase(Argument(call, 1));
  return Ok();
}

ReplyValue ModelCommands::Ttl(ModelCall& call) {
  const std::string name = Upper(Argument(call, 0));
  const Entry* entry = Find(call, Argument(call, 1));
  if (entry == nullptr) return Integer(-2);
  if (!entry->deadline) return Integer(-1);
  Model::Range range{.key = Argument(call, 1),
                     .in_seconds = name == "TTL" || name == "EXPIRETIME",
                     .absolute = name == "PEXPIRETIME" || name == "EXPIRETIME"};
  range.low = entry->deadline->earliest.value;
  range.high = entry->deadline->latest.value;
  if (!range.absolute) {
    // A key that is there has some time left.
    range.low = std::max<int64_t>(1, range.low - call.now.latest.value);
    range.high -= call.now.earliest.value;
  }
  if (range.in_seconds) {
    range.low = (range.low + 500) / 1000;
    range.high = (range.high + 500) / 1000;
  }
  call.model.range_ = range;
  return Integer(range.low);
}

ReplyValue ModelCommands::Type(ModelCall& call) {
  const Entry* entry = Find(call, Argument(call, 1));
  return Simple(entry == nullptr ? "none" : entry->is_list ? "list" : "string");
}

}  // namespace holdfast
