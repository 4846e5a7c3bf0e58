#include "sim/workload.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace holdfast {

Workload::Workload(const Kernel& kernel, const WorkloadProfile& profile,
                   const LogTimeBounds& bounds, uint64_t entity)
    : kernel_(kernel),
      profile_(profile),
      bounds_(bounds),
      entity_(entity),
      draws_(kernel.draws("workload", entity)) {}

Operation Workload::Next() {
  const uint64_t tag = draws_.Below(static_cast<uint64_t>(profile_.tags));
  Operation operation;
  operation.is_transaction = draws_.Chance(profile_.transaction);
  const int64_t count = operation.is_transaction ? draws_.Between(1, 4) : 1;
  for (int64_t i = 0; i < count; ++i) operation.commands.push_back(Next(tag));
  return operation;
}

Operation Workload::NextRead() {
  const uint64_t tag = draws_.Below(static_cast<uint64_t>(profile_.tags));
  Operation operation;
  while (operation.commands.empty()) {
    Command command = Next(tag);
    if (Model::IsRead(command)) operation.commands.push_back(std::move(command));
  }
  return operation;
}

std::vector<std::string> Workload::AllKeys(const WorkloadProfile& profile) {
  std::vector<std::string> keys;
  for (int tag = 0; tag < profile.tags; ++tag) {
    for (int index = 0; index < profile.keys_per_tag; ++index) {
      keys.push_back(KeyName(static_cast<uint64_t>(tag), static_cast<uint64_t>(index)));
    }
  }
  return keys;
}

Operation Workload::Ballast(int64_t keys) {
  Command command = {"MSET"};
  for (int64_t i = 0; i < keys; ++i) {
    command.push_back(absl::StrCat("{ballast}", i));
    command.push_back(absl::StrCat(i));
  }
  Operation operation;
  operation.commands.push_back(std::move(command));
  return operation;
}

Operation Workload::CountBallast(int64_t keys) {
  Command command = {"EXISTS"};
  for (int64_t i = 0; i < keys; ++i) command.push_back(absl::StrCat("{ballast}", i));
  Operation operation;
  operation.commands.push_back(std::move(command));
  return operation;
}

Operation Workload::FlushAll() {
  Operation operation;
  operation.commands.push_back({"FLUSHALL"});
  return operation;
}

std::string Workload::KeyName(uint64_t tag, uint64_t index) {
  return absl::StrCat("{t", tag, "}", index);
}

std::string Workload::Key(uint64_t tag, bool list) {
  if (draws_.Chance(profile_.other_type)) list = !list;
  const uint64_t index = draws_.Below(static_cast<uint64_t>(profile_.keys_per_tag)) & ~uint64_t{1};
  const bool has_odd_one = index + 1 < static_cast<uint64_t>(profile_.keys_per_tag);
  return KeyName(tag, index + (list && has_odd_one ? 1 : 0));
}

std::string Workload::AnyKey(uint64_t tag) {
  return KeyName(tag, draws_.Below(static_cast<uint64_t>(profile_.keys_per_tag)));
}

std::string Workload::Value() {
  const uint64_t number = next_value_++;
  // One in four is a number, so that INCRBY has something to count.
  if (draws_.Chance({1, 4})) return absl::StrCat(number * 100 + entity_);
  return absl::StrCat("v", entity_, ".", number);
}

std::string Workload::Ttl() {
  // Each power of two is as likely as the next: short ones and long ones.
  const int64_t power = int64_t{1} << draws_.Below(13);
  return absl::StrCat(std::min(profile_.ttl_max_ms, draws_.Between(power, 2 * power - 1)));
}

std::string Workload::Deadline() {
  const int64_t from_now = draws_.Between(-10, profile_.ttl_max_ms);
  return absl::StrCat(std::max<int64_t>(1, bounds_.Earliest(kernel_.now()).value + from_now));
}

Command Workload::Next(uint64_t tag) {
  const uint64_t kind = draws_.Below(10);
  if (kind < 4) return StringCommand(tag);
  return kind < 6 ? ListCommand(tag) : KeyCommand(tag);
}

Command Workload::StringCommand(uint64_t tag) {
  const std::string key = Key(tag, false);
  switch (draws_.Below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return SetCommand(key);
    case 4:
    case 5:
      return {"GET", key};
    case 6:
      return GetExCommand(key);
    case 7:
      return {"GETDEL", key};
    case 8:
      return {"APPEND", key, absl::StrCat(draws_.Below(10))};
    case 9:
      return {"INCRBY", key, absl::StrCat(draws_.Between(-5, 5))};
    case 10:
      return {"STRLEN", key};
    case 11:
      return {"MGET", key, Key(tag, false), AnyKey(tag)};
    case 12:
      return {"MSET", key, Value(), Key(tag, false), Value()};
    default:
      return {"GETSET", key, Value()};
  }
}

Command Workload::SetCommand(const std::string& key) {
  Command command = {"SET", key, Value()};
  if (draws_.Chance({1, 5})) command.push_back(draws_.Chance({1, 2}) ? "NX" : "XX");
  if (draws_.Chance({1, 5})) command.push_back("GET");
  if (!draws_.Chance(profile_.with_deadline)) {
    if (draws_.Chance({1, 4})) command.push_back("KEEPTTL");
    return command;
  }
  if (draws_.Chance({1, 5})) {
    command.insert(command.end(), {"PXAT", Deadline()});
  } else {
    command.insert(command.end(), {"PX", Ttl()});
  }
  return command;
}

Command Workload::GetExCommand(const std::string& key) {
  switch (draws_.Below(4)) {
    case 0:
      return {"GETEX", key};
    case 1:
      return {"GETEX", key, "PERSIST"};
    case 2:
      return {"GETEX", key, "PXAT", Deadline()};
    default:
      return {"GETEX", key, "PX", Ttl()};
  }
}

Command Workload::ListCommand(uint64_t tag) {
  const std::string key = Key(tag, true);
  const auto side = [this] { return draws_.Chance({1, 2}) ? "LEFT" : "RIGHT"; };
  switch (draws_.Below(9)) {
    case 0:
    case 1:
      return {"LPUSH", key, Value()};
    case 2:
    case 3:
      return {"RPUSH", key, Value(), Value()};
    case 4:
      return {draws_.Chance({1, 2}) ? "LPOP" : "RPOP", key};
    case 5:
      return {draws_.Chance({1, 2}) ? "LPOP" : "RPOP", key, absl::StrCat(draws_.Between(1, 4))};
    case 6:
      return {"LLEN", key};
    case 7:
      return {"LRANGE", key, "0", absl::StrCat(draws_.Between(-2, 4))};
    default:
      return {"LMOVE", key, Key(tag, true), side(), side()};
  }
}

Command Workload::KeyCommand(uint64_t tag) {
  const std::string key = AnyKey(tag);
  switch (draws_.Below(18)) {
    case 0:
      return {"DEL", key};
    case 1:
      return {"EXISTS", key, AnyKey(tag)};
    case 2:
    case 3:
    case 4:
      return {"PEXPIRE", key, Ttl()};
    case 5:
      return {"PEXPIREAT", key, Deadline()};
    case 6:
    case 7:
      return {"PERSIST", key};
    case 8:
    case 9:
    case 10:
      return {"PTTL", key};
    case 11:
      return {"PEXPIRETIME", key};
    case 12:
      return {"TTL", key};
    case 13:
    case 14:
      return {"RENAME", key, AnyKey(tag)};
    case 15: {
      std::string to = AnyKey(tag);
      if (to == key) return {"TYPE", key};
      return {"COPY", key, to, "REPLACE"};
    }
    case 16:
      return {"TYPE", key};
    default:
      return {"GET", key};
  }
}

}  // namespace holdfast
