#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "sim/model_commands.h"

namespace holdfast {

namespace model_internal {

ReplyValue Ok() { return Simple("OK"); }
ReplyValue Null() { return {}; }
ReplyValue Integer(int64_t value) { return {.kind = ReplyValue::Kind::kInteger, .integer = value}; }
ReplyValue Bulk(std::string text) {
  return {.kind = ReplyValue::Kind::kBulk, .text = std::move(text)};
}
ReplyValue Simple(std::string text) {
  return {.kind = ReplyValue::Kind::kSimple, .text = std::move(text)};
}
ReplyValue Error(std::string text) {
  return {.kind = ReplyValue::Kind::kError, .text = std::move(text)};
}
ReplyValue Array(std::vector<ReplyValue> children) {
  return {.kind = ReplyValue::Kind::kArray, .children = std::move(children)};
}
ReplyValue WrongType() {
  return Error("WRONGTYPE Operation against a key holding the wrong kind of value");
}
std::string Upper(absl::string_view text) { return absl::AsciiStrToUpper(text); }

std::optional<int64_t> ParseNumber(const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  // Only the spelling that the number itself has: no leading zeros, no "-0".
  if (error != std::errc() || stop != end || absl::StrCat(value) != text) return std::nullopt;
  return value;
}

}  // namespace model_internal

using namespace model_internal;  // the makers of replies, of this room only

namespace {
ReplyValue NotAnInteger() { return Error("ERR value is not an integer or out of range"); }
ReplyValue SyntaxError() { return Error("ERR syntax error"); }
}  // namespace

const std::string& ModelCommands::Argument(const ModelCall& call, size_t index) {
  return call.command.at(index);
}

ModelCommands::Entry* ModelCommands::Find(ModelCall& call, const std::string& key) {
  auto found = call.model.entries_.find(key);
  return found == call.model.entries_.end() ? nullptr : &found->second;
}

void ModelCommands::Put(ModelCall& call, const std::string& key, Entry entry) {
  call.model.entries_[key] = std::move(entry);
}

void ModelCommands::PutText(ModelCall& call, const std::string& key, std::string text,
                            std::optional<Model::Window> deadline) {
  Put(call, key, {.text = std::move(text), .deadline = deadline});
}

Model::Window ModelCommands::DeadlineOf(const ModelCall& call, absl::string_view word,
                                        int64_t number) {
  const bool in_seconds = word == "EX" || word == "EXAT";
  const Millis amount{in_seconds ? number * 1000 : number};
  if (word == "EXAT" || word == "PXAT") return {amount, amount};
  return {call.now.earliest + amount, call.now.latest + amount};
}

ReplyValue ModelCommands::Append(ModelCall& call) {
  Entry* entry = Find(call, Argument(call, 1));
  if (entry != nullptr && entry->is_list) return WrongType();
  if (entry == nullptr) {
    PutText(call, Argument(call, 1), Argument(call, 2));
    entry = Find(call, Argument(call, 1));
  } else {
    entry->text += Argument(call, 2);
  }
  return Integer(static_cast<int64_t>(entry->text.size()));
}

ReplyValue ModelCommands::Get(ModelCall& call) {
  const Entry* entry = Find(call, Argument(call, 1));
  if (entry == nullptr) return Null();
  return entry->is_list ? WrongType() : Bulk(entry->text);
}

ReplyValue ModelCommands::GetDel(ModelCall& call) {
  ReplyValue reply = Get(call);
  if (!reply.is_error()) call.model.Erase(Argument(call, 1));
  return reply;
}

ReplyValue ModelCommands::GetEx(ModelCall& call) {
  ReplyValue reply = Get(call);
  Entry* entry = Find(call, Argument(call, 1));
  if (call.command.size() == 2 || entry == nullptr || entry->is_list) return reply;
  const std::string word = Upper(Argument(call, 2));
  if (word == "PERSIST") {
    entry->deadline.reset();
  } else {
    const auto number = ParseNumber(Argument(call, 3));
    if (!number) return NotAnInteger();
    entry->deadline = DeadlineOf(call, word, *number);
  }
  return reply;
}

ReplyValue ModelCommands::GetSet(ModelCall& call) {
  ReplyValue reply = Get(call);
  if (!reply.is_error()) PutText(call, Argument(call, 1), Argument(call, 2));
  return reply;
}

namespace {
ReplyValue AddTo(std::string& text, int64_t amount) {
  const auto value = ParseNumber(text);
  if (!value) return NotAnInteger();
  int64_t sum = 0;
  if (__builtin_add_overflow(*value, amount, &sum)) {
    return Error("ERR increment or decrement would overflow");
  }
  text = absl::StrCat(sum);
  return Integer(sum);
}
}  // namespace

ReplyValue ModelCommands::IncrBy(ModelCall& call) {
  const auto amount = ParseNumber(Argument(call, 2));
  if (!amount) return NotAnInteger();
  Entry* entry = Find(call, Argument(call, 1));
  if (entry == nullptr) {
    PutText(call, Argument(call, 1), absl::StrCat(*amount));
    return Integer(*amount);
  }
  return entry->is_list ? WrongType() : AddTo(entry->text, *amount);
}

ReplyValue ModelCommands::DecrBy(ModelCall& call) {
  const auto amount = ParseNumber(Argument(call, 2));
  if (!amount) return NotAnInteger();
  const Command opposite = {"INCRBY", Argument(call, 1), absl::StrCat(-*amount)};
  ModelCall incr{call.model, opposite, call.now};
  return IncrBy(incr);
}

ReplyValue ModelCommands::MGet(ModelCall& call) {
  std::vector<ReplyValue> values;
  for (size_t i = 1; i < call.command.size(); ++i) {
    const Entry* entry = Find(call, Argument(call, i));
    values.push_back(entry == nullptr || entry->is_list ? Null() : Bulk(entry->text));
  }
  return Array(std::move(values));
}

ReplyValue ModelCommands::MSet(ModelCall& call) {
  for (size_t i = 1; i + 1 < call.command.size(); i += 2) {
    PutText(call, Argument(call, i), Argument(call, i + 1));
  }
  return Ok();
}

ReplyValue ModelCommands::Set(ModelCall& call) {
  bool only_if_absent = false;
  bool only_if_present = false;
  bool get = false;
  bool keep = false;
  std::optional<Model::Window> deadline;
  for (size_t i = 3; i < call.command.size(); ++i) {
    const std::string word = Upper(Argument(call, i));
    if (word == "NX") {
      only_if_absent = true;
    } else if (word == "XX") {
      only_if_present = true;
    } else if (word == "GET") {
      get = true;
    } else if (word == "KEEPTTL") {
      keep = true;
    } else {
      if (i + 1 == call.command.size()) return SyntaxError();
      const auto number = ParseNumber(Argument(call, ++i));
      if (!number) return NotAnInteger();
      if (*number <= 0) return Error("ERR invalid expire time in 'set' command");
      deadline = DeadlineOf(call, word, *number);
    }
  }
  const Entry* old = Find(call, Argument(call, 1));
  if (get && old != nullptr && old->is_list) return WrongType();
  ReplyValue reply = get && old != nullptr ? Bulk(old->text) : get ? Null() : Ok();
  if ((only_if_absent && old != nullptr) || (only_if_present && old == nullptr)) {
    return get ? reply : Null();
  }
  if (keep && old != nullptr) deadline = old->deadline;
  PutText(call, Argument(call, 1), Argument(call, 2), deadline);
  return reply;
}

ReplyValue ModelCommands::SetNx(ModelCall& call) {
  if (Find(call, Argument(call, 1)) != nullptr) return Integer(0);
  PutText(call, Argument(call, 1), Argument(call, 2));
  return Integer(1);
}

ReplyValue ModelCommands::StrLen(ModelCall& call) {
  const Entry* entry = Find(call, Argument(call, 1));
  if (entry != nullptr && entry->is_list) return WrongType();
  return Integer(entry == nullptr ? 0 : static_cast<int64_t>(entry->text.size()));
}

}  // namespace holdfast
