#include "sim/model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "net/base/check.h"
#include "net/base/random.h"
#include "sim/hash.h"
#include "sim/model_commands.h"

namespace holdfast {
namespace {

constexpr ModelCommand kCommands[] = {
    {"APPEND", ModelCommands::Append, 1, 1, 1, false},
    {"COPY", ModelCommands::Copy, 1, 2, 1, false},
    {"DECRBY", ModelCommands::DecrBy, 1, 1, 1, false},
    {"DEL", ModelCommands::Del, 1, -1, 1, false},
    {"EXISTS", ModelCommands::Exists, 1, -1, 1, true},
    {"EXPIRE", ModelCommands::Expire, 1, 1, 1, false},
    {"EXPIREAT", ModelCommands::Expire, 1, 1, 1, false},
    {"EXPIRETIME", ModelCommands::Ttl, 1, 1, 1, true},
    {"FLUSHALL", ModelCommands::FlushAll, 0, 0, 1, false},
    {"GET", ModelCommands::Get, 1, 1, 1, true},
    {"GETDEL", ModelCommands::GetDel, 1, 1, 1, false},
    {"GETEX", ModelCommands::GetEx, 1, 1, 1, false},
    {"GETSET", ModelCommands::GetSet, 1, 1, 1, false},
    {"INCRBY", ModelCommands::IncrBy, 1, 1, 1, false},
    {"LINDEX", ModelCommands::LIndex, 1, 1, 1, true},
    {"LLEN", ModelCommands::LLen, 1, 1, 1, true},
    {"LMOVE", ModelCommands::LMove, 1, 2, 1, false},
    {"LPOP", ModelCommands::Pop, 1, 1, 1, false},
    {"LPUSH", ModelCommands::Push, 1, 1, 1, false},
    {"LRANGE", ModelCommands::LRange, 1, 1, 1, true},
    {"MGET", ModelCommands::MGet, 1, -1, 1, true},
    {"MSET", ModelCommands::MSet, 1, -1, 2, false},
    {"PERSIST", ModelCommands::Persist, 1, 1, 1, false},
    {"PEXPIRE", ModelCommands::Expire, 1, 1, 1, false},
    {"PEXPIREAT", ModelCommands::Expire, 1, 1, 1, false},
    {"PEXPIRETIME", ModelCommands::Ttl, 1, 1, 1, true},
    {"PTTL", ModelCommands::Ttl, 1, 1, 1, true},
    {"RENAME", ModelCommands::Rename, 1, 2, 1, false},
    {"RPOP", ModelCommands::Pop, 1, 1, 1, false},
    {"RPUSH", ModelCommands::Push, 1, 1, 1, false},
    {"SET", ModelCommands::Set, 1, 1, 1, false},
    {"SETNX", ModelCommands::SetNx, 1, 1, 1, false},
    {"STRLEN", ModelCommands::StrLen, 1, 1, 1, true},
    {"TTL", ModelCommands::Ttl, 1, 1, 1, true},
    {"TYPE", ModelCommands::Type, 1, 1, 1, true},
};

uint64_t HashEntry(const Model::Entry& entry, uint64_t hash) {
  hash = HashBytes(entry.text, hash + (entry.is_list ? 1 : 0));
  for (const std::string& element : entry.elements) hash = HashBytes(element, hash + 2);
  if (entry.deadline) {
    hash = MixBits(hash + static_cast<uint64_t>(entry.deadline->earliest.value));
    hash = MixBits(hash + static_cast<uint64_t>(entry.deadline->latest.value));
  }
  return hash;
}

absl::string_view FirstWord(absl::string_view text) { return text.substr(0, text.find(' ')); }

}  // namespace

const ModelCommand* FindModelCommand(const Command& command) {
  if (command.empty()) return nullptr;
  const std::string name = model_internal::Upper(command[0]);
  const auto* found = std::lower_bound(
      std::begin(kCommands), std::end(kCommands), name,
      [](const ModelCommand& row, const std::string& wanted) { return row.name < wanted; });
  return found != std::end(kCommands) && found->name == name ? found : nullptr;
}

ReplyValue Model::Execute(const Command& command, const Window& now) {
  const ModelCommand* found = FindModelCommand(command);
  CHECK(found != nullptr);
  range_.reset();
  ModelCall call{*this, command, now};
  return found->run(call);
}

bool Model::Accept(const Command& command, const Window& now, const ReplyValue& observed) {
  const ReplyValue expected = Execute(command, now);
  if (!range_) return SameReply(expected, observed);
  if (observed.kind != ReplyValue::Kind::kInteger) return false;
  const int64_t value = observed.integer;
  if (value < range_->low || value > range_->high) return false;
  // Seconds are rounded to the nearest, so each stands for a thousand milliseconds.
  Window told{{value}, {value}};
  if (range_->in_seconds) told = {{value * 1000 - 500}, {value * 1000 + 499}};
  if (!range_->absolute) told = {now.earliest + told.earliest, now.latest + told.latest};
  Window& deadline = *entries_.at(range_->key).deadline;
  deadline.earliest = std::max(deadline.earliest, told.earliest);
  deadline.latest = std::min(deadline.latest, told.latest);
  return deadline.earliest <= deadline.latest;
}

const Model::Entry* Model::Find(const std::string& key) const {
  auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void Model::EraseDue(Millis now) {
  std::erase_if(entries_, [now](const auto& item) {
    return item.second.deadline && item.second.deadline->latest <= now;
  });
}

void Model::EraseIfDue(const std::string& key, Millis now) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || !found->second.deadline) return;
  if (found->second.deadline->latest <= now) entries_.erase(found);
}

uint64_t Model::Hash() const {
  uint64_t hash = entries_.size();
  for (const auto& [key, entry] : entries_) hash = HashEntry(entry, HashBytes(key, hash));
  return hash;
}

uint64_t Model::HashOf(const std::string& key) const {
  const Entry* entry = Find(key);
  return entry == nullptr ? 0 : HashEntry(*entry, 1);
}

std::string Model::ToString() const {
  std::string text;
  for (const auto& [key, entry] : entries_) {
    absl::StrAppend(&text, "  ", key, " = ");
    if (entry.is_list) {
      absl::StrAppend(&text, "[");
      for (const std::string& element : entry.elements) {
        absl::StrAppend(&text, QuoteBytes(element), " ");
      }
      absl::StrAppend(&text, "]");
    } else {
      absl::StrAppend(&text, QuoteBytes(entry.text));
    }
    if (entry.deadline) {
      absl::StrAppend(&text, " until ", entry.deadline->earliest.value, "..",
                      entry.deadline->latest.value);
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::vector<std::string> Model::KeysOf(const Command& command) {
  std::vector<std::string> keys;
  const ModelCommand* found = FindModelCommand(command);
  if (found == nullptr || found->first_key == 0) return keys;
  const int count = static_cast<int>(command.size());
  const int last = found->last_key < 0 ? count + found->last_key : found->last_key;
  for (int i = found->first_key; i <= last && i < count; i += found->key_step) {
    keys.push_back(command[static_cast<size_t>(i)]);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

bool Model::IsRead(const Command& command) {
  const ModelCommand* found = FindModelCommand(command);
  return found != nullptr && found->is_read;
}

bool Model::Knows(const Command& command) { return FindModelCommand(command) != nullptr; }

bool Model::IsOfAllKeys(const Command& command) {
  const ModelCommand* found = FindModelCommand(command);
  return found != nullptr && found->first_key == 0;
}

bool SameReply(const ReplyValue& expected, const ReplyValue& observed) {
  if (expected.is_null() || observed.is_null()) return expected.is_null() && observed.is_null();
  if (expected.is_error() || observed.is_error()) {
    return expected.is_error() && observed.is_error() &&
           FirstWord(expected.text) == FirstWord(observed.text);
  }
  if (expected.kind != observed.kind || expected.children.size() != observed.children.size()) {
    return false;
  }
  for (size_t i = 0; i < expected.children.size(); ++i) {
    if (!SameReply(expected.children[i], observed.children[i])) return false;
  }
  return expected.text == observed.text && expected.integer == observed.integer;
}

}  // namespace holdfast
